//! How the sensor sits on the node: its limits, mounts and namespaces.

use std::path::Path;

use sensor_common::limits::{ACTIVITY_RING_SIZE, LIFECYCLE_RING_SIZE};

use super::{
    Check,
    capabilities::{SYS_RESOURCE, has},
    kernel::Release,
    read,
};
use crate::source::{cgroups::Hierarchy, namespace, node_namespace, tracefs as tracefs_source};

/// Linux that first charged the memory of programs to their control group, not to the limit of
/// locked memory.
const NO_MEMLOCK: (u32, u32) = (5, 11);

/// Bytes of both ring buffers.
const RINGS: u32 = LIFECYCLE_RING_SIZE + ACTIVITY_RING_SIZE;

/// Inode number of the initial pid namespace, the same on every Linux (`PROC_PID_INIT_INO`).
const INITIAL_PID_NAMESPACE: u32 = 0xefff_fffc;

/// Whether programs and maps may have their memory.
pub(super) fn memlock(proc: &Path, release: Option<&Release>, capabilities: u64) -> Check {
    const NAME: &str = "locked memory";
    if release.is_some_and(|release| release.version >= NO_MEMLOCK) {
        return Check::ok(NAME, "no limit for programs since Linux 5.11");
    }
    let limits = read(&proc.join("self/limits")).unwrap_or_default();
    let soft = limits
        .lines()
        .find_map(|line| {
            line.strip_prefix("Max locked memory")?
                .split_whitespace()
                .next()
        })
        .unwrap_or("unknown");
    if soft == "unlimited" {
        return Check::ok(NAME, soft);
    }
    if has(capabilities, SYS_RESOURCE) {
        return Check::ok(NAME, format!("{soft}, and the sensor may raise it"));
    }
    Check::missing(
        NAME,
        format!("the limit is {soft} bytes, may not be raised, and rings alone need {RINGS}"),
        "give CAP_SYS_RESOURCE to the sensor's container, or raise LimitMEMLOCK",
    )
}

/// Whether tracepoints of system calls are there.
pub(super) fn tracefs(sys: &Path) -> Check {
    const NAME: &str = "tracefs";
    let Some(path) = tracefs_source::find(sys) else {
        return Check::degraded(
            NAME,
            "not mounted, or not readable: there are no tracepoints of system calls (tier 2)",
            "make /sys/kernel/tracing visible to the sensor, or give it CAP_SYS_ADMIN to mount it",
        );
    };
    if path.join("events/syscalls/sys_enter_connect").is_dir() {
        return Check::ok(NAME, format!("{}, with system calls", path.display()));
    }
    Check::degraded(
        NAME,
        format!(
            "{} has no tracepoints of system calls (tier 2)",
            path.display()
        ),
        "run a kernel built with CONFIG_FTRACE_SYSCALLS=y",
    )
}

/// Whether containers can be told apart.
pub(super) fn control_groups(proc: &Path) -> Check {
    const NAME: &str = "control groups";
    match Hierarchy::detect(proc) {
        None => Check::degraded(
            NAME,
            "none are visible: alerts cannot say in which container something happened",
            "mount control groups, and run the sensor with hostPID and CAP_SYS_PTRACE",
        ),
        Some(Hierarchy {
            controller, mount, ..
        }) => {
            let version = controller.map_or("version 2".to_owned(), |name| {
                format!("version 1, by controller {name}")
            });
            Check::ok(NAME, format!("{version}, at {}", mount.display()))
        }
    }
}

/// Whether process ids mean the same to the sensor and to the kernel.
pub(super) fn pid_namespace(proc: &Path) -> Check {
    const NAME: &str = "pid namespace";
    const REMEDY: &str = "run the sensor in the node's pid namespace (hostPID: true)";
    match namespace(&proc.join("self"), "pid") {
        Some(INITIAL_PID_NAMESPACE) => Check::ok(NAME, "the node's"),
        Some(other) => Check::degraded(
            NAME,
            format!("{other} is not the node's: processes older than the sensor stay unknown"),
            REMEDY,
        ),
        None => Check::degraded(NAME, "not readable", REMEDY),
    }
}

/// Whether `/proc` shows the node's processes.
pub(super) fn host_proc(proc: &Path) -> Check {
    const NAME: &str = "/proc";
    let remedy = "run the sensor with hostPID: true, as root or in the group that hidepid names";
    if let Err(error) = read(&proc.join("1/stat")) {
        let detail = format!("process 1 is not readable: {error}");
        return Check::degraded(NAME, detail, remedy);
    }
    match node_namespace(proc, "pid") {
        Some(INITIAL_PID_NAMESPACE) => {}
        Some(_) => return Check::degraded(NAME, "it shows the processes of one container", remedy),
        None => {
            let remedy = "give CAP_SYS_PTRACE to the sensor's container";
            return Check::degraded(NAME, "details of other processes are not readable", remedy);
        }
    }
    Check::ok(NAME, "shows the node's processes")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{
        super::{State, tests::roots},
        *,
    };

    fn check(files: &[(&str, &str)], links: &[(&str, &str)], expected: [State; 4]) {
        let (directory, roots) = roots(files);
        for (name, target) in links {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("directories");
            symlink(target, path).expect("link");
        }
        let got = [
            tracefs(&roots.sys).state,
            control_groups(&roots.proc).state,
            pid_namespace(&roots.proc).state,
            host_proc(&roots.proc).state,
        ];
        assert_eq!(got, expected, "{files:?} {links:?}");
    }

    #[test]
    fn mounts_and_namespaces() {
        use State::{Degraded, Ok};
        check(&[], &[], [Degraded; 4]);
        check(
            &[
                ("sys/kernel/tracing/events/syscalls/sys_enter_connect/", ""),
                ("proc/1/stat", "1 (init) S 0"),
                (
                    "proc/1/mountinfo",
                    "36 25 0:36 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
                ),
                ("proc/1/root/sys/fs/cgroup/", ""),
            ],
            &[
                ("proc/self/ns/pid", "pid:[4026531836]"),
                ("proc/1/ns/pid", "pid:[4026531836]"),
                ("proc/1/ns/mnt", "mnt:[4026531832]"),
            ],
            [Ok; 4],
        );
        check(
            &[
                ("sys/kernel/debug/tracing/events/", ""),
                ("proc/1/stat", "1 (pause) S 0"),
            ],
            &[
                ("proc/self/ns/pid", "pid:[4026532101]"),
                ("proc/1/ns/pid", "pid:[4026532101]"),
                ("proc/1/ns/mnt", "mnt:[4026532100]"),
            ],
            [Degraded; 4],
        );
    }

    fn check_memlock(release: &str, limits: &str, capabilities: u64, expected: State) {
        let files = [
            ("proc/sys/kernel/osrelease", release),
            ("proc/self/limits", limits),
        ];
        let (_directory, roots) = roots(&files);
        let release = Release::read(&roots.proc);
        let check = memlock(&roots.proc, release.as_ref(), capabilities);
        assert_eq!(check.state, expected, "{limits} {}", check.detail);
    }

    #[test]
    fn locked_memory() {
        let limit = "Limit  Soft Limit\nMax locked memory         65536    65536    bytes\n";
        let none = "Max locked memory         unlimited    unlimited    bytes\n";
        check_memlock("5.10.0", limit, 0, State::Missing);
        check_memlock("5.10.0", limit, 1 << SYS_RESOURCE, State::Ok);
        check_memlock("5.10.0", none, 0, State::Ok);
        check_memlock("5.11.0", limit, 0, State::Ok);
        check_memlock("", "", 0, State::Missing);
    }
}
