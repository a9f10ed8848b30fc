//! Which hierarchy of control groups tells containers apart, and the control groups in it.

use std::{
    collections::HashMap,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use super::files::{attributes, link, read_or_empty};
use crate::event::Text;

/// Version 1 controllers by preference. Runtimes put every container into all of the first five;
/// systemd leaves some of them at a coarser level for its own services.
const CONTROLLERS: [&str; 8] = [
    "pids", "memory", "cpu", "cpuacct", "devices", "freezer", "blkio", "cpuset",
];

/// How many of [`CONTROLLERS`] are better than version 2 where both are mounted: a hierarchy of
/// version 2 beside them is systemd's own and knows no containers.
const BEFORE_UNIFIED: usize = 5;

/// Control groups that a scan keeps: ten times what a node of 500 pods has.
const CGROUPS_MAX: usize = 65_536;

/// Bytes read of a list of mounts: nodes with many volumes have thousands of lines.
const MOUNTS_MAX: u64 = 16 * 1024 * 1024;

/// Bytes read of `/proc/PID/cgroup`: a line per hierarchy, each at most a path.
const CGROUP_FILE_MAX: u64 = 64 * 1024;

/// Bytes read of a list of the processes in a control group: 100,000 of them.
const PROCS_MAX: u64 = 1024 * 1024;

/// The hierarchy that tells containers apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// The version 1 controller whose hierarchy it is (`pids`), `None` for version 2.
    pub controller: Option<String>,
    /// Directory at which its root is visible.
    pub mount: PathBuf,
    /// Path of the control group that the sensor sees as `/`, absolute; empty when that is the
    /// true root. Paths in `/proc/PID/cgroup` are relative to it.
    pub base: Vec<u8>,
}

impl Hierarchy {
    /// Finds the hierarchy, seen through process 1 where that is permitted: the sensor's own mount
    /// may show only its own container. `None` when no control groups are mounted.
    #[must_use]
    pub fn detect(proc_root: &Path) -> Option<Hierarchy> {
        let mut hierarchy = ["1", "self"]
            .iter()
            .find_map(|pid| visible_to(proc_root, pid))?;
        if hierarchy
            .path_in(&cgroup_file(proc_root, "1"))
            .is_some_and(|path| climbs(&path))
        {
            hierarchy.base = hierarchy.own_base(proc_root).unwrap_or_default();
        }
        Some(hierarchy)
    }

    /// The path of this hierarchy in the text of a `/proc/PID/cgroup`, absolute where that is
    /// possible.
    #[must_use]
    pub fn path_in(&self, cgroup_file: &[u8]) -> Option<Vec<u8>> {
        let path = cgroup_file.split(|byte| *byte == b'\n').find_map(|line| {
            let mut parts = line.splitn(3, |byte| *byte == b':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            self.is_named(controllers).then_some(path)
        })?;
        Some(if self.base.is_empty() {
            path.to_vec()
        } else {
            resolve(&self.base, path)
        })
    }

    /// The kernfs id of a control group: the inode number of its directory. 0 when unknown.
    #[must_use]
    pub fn id_of(&self, path: &[u8]) -> u64 {
        if climbs(path) {
            return 0;
        }
        attributes(&directory_of(&self.mount, path)).map_or(0, |found| found.stx_ino)
    }

    /// Absolute path of the control group that the sensor sees as `/`. No file says it: the sensor
    /// looks for itself in all of them.
    fn own_base(&self, proc_root: &Path) -> Option<Vec<u8>> {
        let pid = link(&proc_root.join("self"));
        let seen = self.path_in(&cgroup_file(proc_root, "self"))?;
        let holds_sensor = |path: &Text| {
            let list = directory_of(&self.mount, path.as_bytes()).join("cgroup.procs");
            read_or_empty(&list, PROCS_MAX)
                .split(|byte| *byte == b'\n')
                .any(|line| line == pid)
        };
        let path = scan(&self.mount).into_values().find(holds_sensor)?;
        let below = if seen == b"/" { &[][..] } else { &seen };
        path.as_bytes().strip_suffix(below).map(<[u8]>::to_vec)
    }

    /// Whether a line of `/proc/PID/cgroup` with these controllers is about this hierarchy.
    fn is_named(&self, controllers: &[u8]) -> bool {
        match &self.controller {
            Some(name) => controllers
                .split(|byte| *byte == b',')
                .any(|one| one == name.as_bytes()),
            None => controllers.is_empty(),
        }
    }
}

/// Text of `/proc/PID/cgroup`.
pub(super) fn cgroup_file(proc_root: &Path, pid: &str) -> Vec<u8> {
    read_or_empty(&proc_root.join(pid).join("cgroup"), CGROUP_FILE_MAX)
}

/// All control groups below `mount`: path (from there, `/` first) by kernfs id. At most
/// 65,536; more are left out with a warning, and found later, when a process is in them.
#[must_use]
pub fn scan(mount: &Path) -> HashMap<u64, Text> {
    scan_up_to(CGROUPS_MAX, mount)
}

fn scan_up_to(limit: usize, mount: &Path) -> HashMap<u64, Text> {
    let mut found = HashMap::new();
    let mut waiting = Vec::new();
    if let Some(root) = attributes(mount) {
        found.insert(root.stx_ino, Text::from("/"));
        waiting.push(Vec::new());
    }
    while let Some(parent) = waiting.pop() {
        for (id, path) in children(mount, &parent) {
            if found.len() >= limit {
                tracing::warn!(limit, "more control groups than the limit");
                return found;
            }
            found.insert(id, Text::from(path.as_slice()));
            waiting.push(path);
        }
    }
    found
}

/// Directory of the control group at `path` in the hierarchy mounted at `mount`.
fn directory_of(mount: &Path, path: &[u8]) -> PathBuf {
    mount.join(std::ffi::OsStr::from_bytes(
        path.strip_prefix(b"/").unwrap_or(path),
    ))
}

/// Control groups directly below the one at `parent`, which is relative to `mount`.
fn children(mount: &Path, parent: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let Ok(entries) = directory_of(mount, parent).read_dir() else {
        return Vec::new();
    };
    let directories = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    directories
        .filter_map(|entry| {
            let id = attributes(&entry.path())?.stx_ino;
            let name = entry.file_name().into_vec();
            Some((id, [parent, b"/", &name].concat()))
        })
        .collect()
}

/// Where version 2 is mounted, as seen through process 1 where that is permitted. Programs that
/// attach to a control group attach to this root.
#[must_use]
pub fn unified_mount(proc_root: &Path) -> Option<PathBuf> {
    ["1", "self"]
        .iter()
        .map(|pid| proc_root.join(pid))
        .find_map(|process| {
            let mounts = mounts_of(&process);
            let unified = mounts.iter().find(|mount| mount.controllers.is_none())?;
            let mount = below_root(&process, &unified.point)?;
            mount.is_dir().then_some(mount)
        })
}

/// The mounts of hierarchies that a process sees.
fn mounts_of(process: &Path) -> Vec<Mount> {
    let text = read_or_empty(&process.join("mountinfo"), MOUNTS_MAX);
    text.split(|byte| *byte == b'\n')
        .filter_map(Mount::parse)
        .collect()
}

/// A mount point of a process, as this process can reach it.
fn below_root(process: &Path, point: &[u8]) -> Option<PathBuf> {
    let point = std::ffi::OsString::from_vec(point.to_vec());
    Some(
        process
            .join("root")
            .join(Path::new(&point).strip_prefix("/").ok()?),
    )
}

/// The best hierarchy among the mounts of process `pid`.
fn visible_to(proc_root: &Path, pid: &str) -> Option<Hierarchy> {
    let process = proc_root.join(pid);
    let mounts = mounts_of(&process);
    let version_1 = |name: &&str| {
        let mount = mounts.iter().find(|mount| mount.has_controller(name))?;
        Some((Some((*name).to_owned()), mount))
    };
    let (best, rest) = CONTROLLERS.split_at(BEFORE_UNIFIED);
    let (controller, mount) = best
        .iter()
        .find_map(version_1)
        .or_else(|| {
            Some((
                None,
                mounts.iter().find(|mount| mount.controllers.is_none())?,
            ))
        })
        .or_else(|| rest.iter().find_map(version_1))?;
    let mount = below_root(&process, &mount.point)?;
    mount.is_dir().then_some(Hierarchy {
        controller,
        mount,
        base: Vec::new(),
    })
}

/// A mount of a hierarchy of control groups.
struct Mount {
    /// Where it is.
    point: Vec<u8>,
    /// Options that name controllers (and others); `None` for version 2.
    controllers: Option<Vec<u8>>,
}

impl Mount {
    /// Parses one line of `mountinfo`; `None` for other file systems.
    fn parse(line: &[u8]) -> Option<Mount> {
        let mut words = line.split(|byte| *byte == b' ');
        let point = unescape(words.nth(4)?);
        let mut words = words.skip_while(|word| *word != b"-").skip(1);
        let kind = words.next()?;
        let controllers = match kind {
            b"cgroup" => Some(words.nth(1)?.to_vec()),
            b"cgroup2" => None,
            _ => return None,
        };
        Some(Mount { point, controllers })
    }

    fn has_controller(&self, name: &str) -> bool {
        self.controllers.as_ref().is_some_and(|options| {
            options
                .split(|byte| *byte == b',')
                .any(|option| option == name.as_bytes())
        })
    }
}

/// Undoes the octal escapes (`\040`) of `mountinfo`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let octal = (*first == b'\\')
            .then(|| std::str::from_utf8(after.get(..3)?).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octal {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// Whether a path leads above the root it is relative to.
fn climbs(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/')
        .any(|component| component == b"..")
}

/// The absolute path of `path`, which is relative to `base`.
fn resolve(base: &[u8], path: &[u8]) -> Vec<u8> {
    let mut components: Vec<&[u8]> = Vec::new();
    for component in base
        .split(|byte| *byte == b'/')
        .chain(path.split(|byte| *byte == b'/'))
    {
        match component {
            b"" | b"." => {}
            b".." => drop(components.pop()),
            _ => components.push(component),
        }
    }
    let joined = components.join(&b'/');
    [b"/", joined.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    const V1_PIDS: &str = "31 25 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
    const V1_CPU: &str =
        "32 25 0:32 / /sys/fs/cgroup/cpu,cpuacct rw shared:1 - cgroup cgroup rw,cpu,cpuacct\n";
    const V1_SYSTEMD: &str =
        "33 25 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n";
    const V1_CPUSET: &str = "34 25 0:34 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";
    const UNIFIED: &str = "35 25 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    const PURE: &str = "36 25 0:36 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
    const OTHER: &str = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n";

    fn check(mounts: &[&str], expected: Option<(Option<&str>, &str)>) {
        let root = tempfile::tempdir().expect("temporary directory");
        let process = root.path().join("1");
        for line in mounts {
            let point = line.split(' ').nth(4).expect("mount point");
            fs::create_dir_all(process.join("root").join(&point[1..])).expect("mount point");
        }
        fs::write(process.join("mountinfo"), mounts.concat()).expect("mountinfo");
        let got = Hierarchy::detect(root.path());
        let expected = expected.map(|(controller, point)| Hierarchy {
            controller: controller.map(ToOwned::to_owned),
            mount: process.join("root").join(&point[1..]),
            base: Vec::new(),
        });
        assert_eq!(got, expected, "{mounts:?}");
    }

    #[test]
    fn chosen_hierarchy() {
        check(&[OTHER, PURE], Some((None, "/sys/fs/cgroup")));
        check(
            &[V1_SYSTEMD, UNIFIED],
            Some((None, "/sys/fs/cgroup/unified")),
        );
        check(&[V1_CPUSET, PURE], Some((None, "/sys/fs/cgroup")));
        check(
            &[V1_CPU, V1_PIDS, UNIFIED],
            Some((Some("pids"), "/sys/fs/cgroup/pids")),
        );
        check(
            &[V1_CPU, V1_SYSTEMD, OTHER],
            Some((Some("cpu"), "/sys/fs/cgroup/cpu,cpuacct")),
        );
        check(
            &[V1_CPUSET, V1_SYSTEMD],
            Some((Some("cpuset"), "/sys/fs/cgroup/cpuset")),
        );
        check(&[OTHER], None);
        check(&[V1_SYSTEMD], None);
    }

    fn check_path(controller: Option<&str>, base: &str, file: &str, expected: Option<&str>) {
        let hierarchy = Hierarchy {
            controller: controller.map(ToOwned::to_owned),
            mount: PathBuf::new(),
            base: base.into(),
        };
        let got = hierarchy.path_in(file.as_bytes());
        assert_eq!(got, expected.map(|path| path.as_bytes().to_vec()), "{file}");
    }

    #[test]
    fn base_of_a_sensor_in_a_namespace_of_its_own() {
        let root = tempfile::tempdir().expect("temporary directory");
        let mount = root.path().join("1/root/sys/fs/cgroup");
        fs::create_dir_all(mount.join("kubepods/pod1/own")).expect("control groups");
        fs::write(root.path().join("1/mountinfo"), PURE).expect("mountinfo");
        fs::write(root.path().join("1/cgroup"), "0::/../../../init.scope\n").expect("cgroup");
        fs::create_dir(root.path().join("77")).expect("own process");
        fs::write(root.path().join("77/cgroup"), "0::/own\n").expect("cgroup");
        std::os::unix::fs::symlink("77", root.path().join("self")).expect("link");
        fs::write(mount.join("kubepods/pod1/own/cgroup.procs"), "7\n77\n").expect("processes");
        fs::write(mount.join("kubepods/cgroup.procs"), "777\n").expect("processes");
        let hierarchy = Hierarchy::detect(root.path()).expect("a hierarchy");
        assert_eq!(hierarchy.base, b"/kubepods/pod1");
        let other = hierarchy.path_in(b"0::/../pod2/other\n").expect("a path");
        assert_eq!(other, b"/kubepods/pod2/other");
    }

    #[test]
    fn own_line() {
        let hybrid = "9:name=systemd:/s\n8:pids:/p:q\n1:cpu,cpuacct:/c\n0::/u\n";
        check_path(Some("pids"), "", hybrid, Some("/p:q"));
        check_path(Some("cpuacct"), "", hybrid, Some("/c"));
        check_path(Some("memory"), "", hybrid, None);
        check_path(None, "", hybrid, Some("/u"));
        check_path(None, "", "", None);
        check_path(None, "/a/b", "0::/../c/d\n", Some("/a/c/d"));
        check_path(None, "/a/b", "0::/../../../../x\n", Some("/x"));
        check_path(None, "/a/b", "0::/\n", Some("/a/b"));
    }

    #[test]
    fn scan_knows_every_group_by_its_inode() {
        let root = tempfile::tempdir().expect("temporary directory");
        let mount = root.path();
        fs::create_dir_all(mount.join("kubepods/pod1")).expect("directories");
        fs::write(mount.join("cgroup.procs"), "").expect("file");
        let found = scan(mount);
        let id = |path: &str| attributes(&mount.join(path)).expect("directory").stx_ino;
        let expected = [
            ("", "/"),
            ("kubepods", "/kubepods"),
            ("kubepods/pod1", "/kubepods/pod1"),
        ]
        .map(|(below, path)| (id(below), Text::from(path)));
        assert_eq!(found, HashMap::from(expected));
        assert!(scan(&mount.join("absent")).is_empty());
        assert_eq!(scan_up_to(2, mount).len(), 2);
    }

    #[test]
    fn escapes_of_mountinfo() {
        for (text, expected) in [
            (r"/a\040b", "/a b"),
            (r"/\134", r"/\"),
            (r"\0", r"\0"),
            ("", ""),
        ] {
            assert_eq!(unescape(text.as_bytes()), expected.as_bytes(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes(line in proptest::collection::vec(any::<u8>(), 0..200), base in "[/.a]{0,9}") {
            let _ = Mount::parse(&line);
            let hierarchy =
                Hierarchy { controller: None, mount: PathBuf::new(), base: base.into() };
            let _ = hierarchy.path_in(&line);
            prop_assert!(!climbs(&resolve(&hierarchy.base, &line)));
        }
    }
}
