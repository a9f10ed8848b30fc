//! Names of users, from the `/etc/passwd` that a process itself would read.

use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat2};

use super::files::{decimal, namespace, node_namespace};

/// Bytes read of one `/etc/passwd`: 10,000 users. A container may make it of any size.
const PASSWD_MAX: u64 = 1024 * 1024;

/// Longest name kept, Linux's `LOGIN_NAME_MAX`; longer ones are not names of users.
const NAME_MAX: usize = 256;

/// Files remembered, one for each container and a few for the node. When there are more, all are
/// forgotten, and those in use come back with one read each.
const FILES_MAX: usize = 1024;

/// Names of one `/etc/passwd` by user id.
type Names = HashMap<u32, Box<str>>;

/// Names of users, with a memory.
#[derive(Debug)]
pub struct Users {
    proc_root: PathBuf,
    files: HashMap<Version, Arc<Names>>,
    /// What the last process of a mount namespace saw: most processes end before they are asked.
    last: HashMap<u32, Arc<Names>>,
}

/// A file in one of its versions. The mount namespace is part of it because device and inode number
/// of one container's files may come back with another's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Version {
    mount_namespace: u32,
    device: u64,
    inode: u64,
    modified: (i64, i64),
    size: i64,
}

impl Users {
    /// Names for the processes below `proc_root`.
    #[must_use]
    pub fn new(proc_root: &Path) -> Users {
        Users {
            proc_root: proc_root.to_owned(),
            files: HashMap::new(),
            last: HashMap::new(),
        }
    }

    /// Name of user `uid` for process `pid` in the mount namespace with that inode number (0 when
    /// unknown). For a process that is gone, by what others of its namespace saw; the node's names
    /// count in the node's namespace only.
    ///
    /// In a container, only a file on the mount of its root directory counts: one that the container
    /// put over it could be on a file server that never answers.
    pub fn name(&mut self, pid: u32, mount_namespace: u32, uid: u32) -> Option<String> {
        let process = pid.to_string();
        // The pid may have gone to another process, or the process to another namespace.
        let seen = namespace(&self.proc_root.join(&process), "mnt");
        let same = mount_namespace == 0 || seen == Some(mount_namespace);
        let own = same.then(|| self.read(&process, mount_namespace)).flatten();
        let names = match own {
            Some(names) => {
                self.remember_last(mount_namespace, &names);
                names
            }
            None => match self.last.get(&mount_namespace) {
                Some(names) => Arc::clone(names),
                None => self.of_node(mount_namespace)?,
            },
        };
        names.get(&uid).map(ToString::to_string)
    }

    /// The node's names, when this is the node's namespace or unknown.
    fn of_node(&mut self, mount_namespace: u32) -> Option<Arc<Names>> {
        let node = node_namespace(&self.proc_root, "mnt");
        if mount_namespace != 0 && node != Some(mount_namespace) {
            return None;
        }
        self.read("1", mount_namespace).or_else(|| {
            // Process 1 may be protected even from root; the sensor may be on the node itself.
            let own = namespace(&self.proc_root.join("self"), "mnt");
            (own.is_some() && own == node)
                .then(|| self.read("self", mount_namespace))
                .flatten()
        })
    }

    /// Names that process `pid` sees.
    fn read(&mut self, pid: &str, mount_namespace: u32) -> Option<Arc<Names>> {
        let node = node_namespace(&self.proc_root, "mnt");
        let scope = if mount_namespace == 0 || node == Some(mount_namespace) {
            ResolveFlags::empty()
        } else {
            ResolveFlags::NO_XDEV
        };
        let root = self.proc_root.join(pid).join("root");
        let (file, version) = open(&root, mount_namespace, scope)?;
        if let Some(names) = self.files.get(&version) {
            return Some(Arc::clone(names));
        }
        let mut text = Vec::new();
        file.take(PASSWD_MAX).read_to_end(&mut text).ok()?;
        let names = Arc::new(parse(&text));
        if self.files.len() >= FILES_MAX {
            self.files.clear();
        }
        self.files.insert(version, Arc::clone(&names));
        Some(names)
    }

    fn remember_last(&mut self, mount_namespace: u32, names: &Arc<Names>) {
        if self.last.len() >= FILES_MAX {
            self.last.clear();
        }
        self.last.insert(mount_namespace, Arc::clone(names));
    }
}

/// Opens `/etc/passwd` below `root`. A container's links lead nowhere outside of its root, and a
/// pipe in place of the file does not make the sensor wait.
fn open(root: &Path, mount_namespace: u32, scope: ResolveFlags) -> Option<(File, Version)> {
    let root = File::open(root).ok()?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | scope;
    let file = openat2(root, "etc/passwd", flags, Mode::empty(), resolve).ok()?;
    let found = fstat(&file).ok()?;
    let version = Version {
        mount_namespace,
        device: found.st_dev,
        inode: found.st_ino,
        modified: (
            found.st_mtime,
            i64::try_from(found.st_mtime_nsec).unwrap_or_default(),
        ),
        size: found.st_size,
    };
    FileType::from_raw_mode(found.st_mode)
        .is_file()
        .then(|| (file.into(), version))
}

/// Names by user id; of several lines for one id, the first counts, as in the C library.
fn parse(text: &[u8]) -> Names {
    let mut names = Names::new();
    for line in text.split(|byte| *byte == b'\n') {
        if let Some((uid, name)) = parse_line(line) {
            names.entry(uid).or_insert(name);
        }
    }
    names
}

/// `name:password:uid:...`
fn parse_line(line: &[u8]) -> Option<(u32, Box<str>)> {
    let mut fields = line.split(|byte| *byte == b':');
    let name = std::str::from_utf8(fields.next()?).ok()?;
    let uid = u32::try_from(decimal(fields.nth(1)?)?).ok()?;
    // At least the group must follow: a line without it is one that was cut.
    fields.next()?;
    let plain = !name.is_empty() && name.len() <= NAME_MAX && !name.starts_with(['#', '+', '-']);
    (plain && !name.contains(char::is_control)).then(|| (uid, name.into()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use proptest::prelude::*;

    use super::*;

    fn check(text: &[u8], expected: &[(u32, &str)]) {
        let expected: Names = expected
            .iter()
            .map(|(uid, name)| (*uid, (*name).into()))
            .collect();
        assert_eq!(parse(text), expected, "{}", text.escape_ascii());
    }

    #[test]
    fn lines() {
        check(
            b"root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:::\n",
            &[(0, "root"), (33, "www")],
        );
        check(b"root:x:0:0::/:\ntoor:x:0:0::/:", &[(0, "root")]);
        check(b"short:x:5:5", &[(5, "short")]);
        check(
            b"cut:x:5\nbad:x:-1:0\nbig:x:4294967296:0\n:x:7:7\nx\n::::\n",
            &[],
        );
        check(
            b"#a:x:1:1\n+b:x:2:2\n\xff:x:3:3\ne\x1b[31m:x:4:4\nok:x:5:5",
            &[(5, "ok")],
        );
        check(b"", &[]);
    }

    fn process(root: &Path, pid: &str, namespace: u32, passwd: &str) {
        let etc = root.join(pid).join("root/etc");
        fs::create_dir_all(&etc).expect("directories");
        fs::write(etc.join("passwd"), passwd).expect("passwd");
        let namespaces = root.join(pid).join("ns");
        if fs::create_dir(&namespaces).is_ok() {
            symlink(format!("mnt:[{namespace}]"), namespaces.join("mnt")).expect("link");
        }
    }

    #[test]
    fn names_are_those_of_the_right_root() {
        let root = tempfile::tempdir().expect("temporary directory");
        let root = root.path();
        process(root, "1", 1, "node:x:7:7\n");
        process(root, "50", 2, "container:x:7:7\n");
        fs::create_dir_all(root.join("60/root/etc/passwd")).expect("not a file");
        let mut users = Users::new(root);
        let mut check = |pid, namespace, uid, expected: Option<&str>| {
            let got = users.name(pid, namespace, uid);
            assert_eq!(got.as_deref(), expected, "{pid} in {namespace}");
        };
        check(99, 2, 7, None);
        check(50, 2, 7, Some("container"));
        check(50, 2, 8, None);
        check(99, 2, 7, Some("container"));
        check(60, 3, 7, None);
        check(60, 1, 7, Some("node"));
        check(50, 4, 7, None);
        check(99, 0, 7, Some("node"));
        process(root, "50", 2, "renamed-user:x:7:7\n");
        check(50, 2, 7, Some("renamed-user"));
    }

    #[test]
    fn links_stay_inside_of_the_root() {
        let root = tempfile::tempdir().expect("temporary directory");
        let root = root.path();
        fs::create_dir_all(root.join("5/root/etc")).expect("directories");
        let secret = root.join("secret");
        fs::write(&secret, "outside:x:7:7\n").expect("file");
        let passwd = root.join("5/root/etc/passwd");
        symlink(&secret, &passwd).expect("link");
        let mut users = Users::new(root);
        assert_eq!(users.name(5, 0, 7), None);
        fs::remove_file(&passwd).expect("remove");
        fs::write(root.join("5/root/inside"), "inside:x:7:7\n").expect("file");
        symlink("/inside", &passwd).expect("link");
        assert_eq!(users.name(5, 0, 7).as_deref(), Some("inside"));
    }

    #[test]
    fn memory_is_bounded() {
        let root = tempfile::tempdir().expect("temporary directory");
        let mut users = Users::new(root.path());
        for pid in 1..=u32::try_from(FILES_MAX).expect("small") + 1 {
            process(root.path(), &pid.to_string(), pid, "a:x:1:1\n");
            assert_eq!(users.name(pid, pid, 1).as_deref(), Some("a"));
        }
        assert_eq!((users.files.len(), users.last.len()), (1, 1));
    }

    proptest! {
        #[test]
        fn any_bytes(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            for name in parse(&text).values() {
                prop_assert!(!name.contains(char::is_control));
            }
        }
    }
}
