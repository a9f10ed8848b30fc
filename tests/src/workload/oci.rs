//! The OCI configuration of a container: what a pod gets by default, without network.

use std::path::Path;

use serde_json::{Value, json};

use super::PATH;

/// What containerd and CRI-O leave to an unprivileged container.
const CAPABILITIES: &[&str] = &[
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

const MASKED: &[&str] = &[
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/timer_list",
];
const READ_ONLY: &[&str] = &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"];

/// What differs between containers.
pub(super) struct Spec<'a> {
    pub(super) root: &'a Path,
    pub(super) args: &'a [&'a str],
    pub(super) cgroup: &'a str,
    pub(super) refused: &'a [String],
}

/// `config.json` of the bundle.
pub(super) fn config(spec: &Spec) -> Value {
    let namespaces = ["pid", "network", "ipc", "uts", "mount"].map(|kind| json!({"type": kind}));
    let mut linux = json!({
        "cgroupsPath": spec.cgroup,
        "namespaces": namespaces,
        "maskedPaths": MASKED,
        "readonlyPaths": READ_ONLY,
        "resources": {"devices": [{"allow": false, "access": "rwm"}]},
    });
    if let (false, Some(linux)) = (spec.refused.is_empty(), linux.as_object_mut()) {
        linux.insert("seccomp".to_owned(), seccomp(spec.refused));
    }
    json!({
        "ociVersion": "1.0.2",
        "hostname": "workload",
        "root": {"path": spec.root, "readonly": false},
        "process": process(spec.args),
        "mounts": mounts(),
        "linux": linux,
    })
}

fn process(args: &[&str]) -> Value {
    json!({
        "terminal": false,
        "user": {"uid": 0, "gid": 0},
        "args": args,
        "env": [format!("PATH={PATH}"), "HOME=/root"],
        "cwd": "/",
        "capabilities": {
            "bounding": CAPABILITIES,
            "effective": CAPABILITIES,
            "permitted": CAPABILITIES,
        },
    })
}

fn mounts() -> Value {
    json!([
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
         "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
        {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
         "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
        {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
         "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
        {"destination": "/sys", "type": "sysfs", "source": "sysfs",
         "options": ["nosuid", "noexec", "nodev", "ro"]},
    ])
}

fn seccomp(refused: &[String]) -> Value {
    const EPERM: u32 = 1;
    json!({
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": refused, "action": "SCMP_ACT_ERRNO", "errnoRet": EPERM}],
    })
}
