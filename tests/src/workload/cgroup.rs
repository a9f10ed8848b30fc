//! Control groups as container runtimes name them.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};

/// Whose naming the container's control group follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cgroup {
    /// A best-effort pod, kubelet with the cgroupfs driver.
    Pod {
        /// UID of the pod.
        uid: String,
    },
    /// A best-effort pod, kubelet with the systemd driver, containerd.
    PodSystemd {
        /// UID of the pod.
        uid: String,
    },
    /// Podman with the cgroupfs manager.
    Podman,
}

impl Cgroup {
    /// A pod with a fresh UID.
    #[must_use]
    pub fn pod() -> Self {
        Self::Pod { uid: random_uuid() }
    }

    /// A pod with a fresh UID under the systemd driver.
    #[must_use]
    pub fn pod_systemd() -> Self {
        Self::PodSystemd { uid: random_uuid() }
    }

    /// UID of the pod, if it is one.
    #[must_use]
    pub fn pod_uid(&self) -> Option<&str> {
        match self {
            Self::Pod { uid } | Self::PodSystemd { uid } => Some(uid),
            Self::Podman => None,
        }
    }

    /// Path of the container's own group below the hierarchy's root.
    pub(super) fn path(&self, container: &str) -> String {
        match self {
            Self::Pod { uid } => format!("/kubepods/besteffort/pod{uid}/{container}"),
            Self::PodSystemd { uid } => {
                let slice = format!("kubepods-besteffort-pod{}.slice", uid.replace('-', "_"));
                format!(
                    "/kubepods.slice/kubepods-besteffort.slice/{slice}/cri-containerd-{container}.scope"
                )
            }
            Self::Podman => format!("/libpod_parent/libpod-{container}"),
        }
    }

    /// Removes the pod's group, which the runtime leaves behind. Best effort: a busy one stays.
    pub(super) fn clean(&self, container: &str) {
        let path = self.path(container);
        let Some(pod) = Path::new(path.trim_start_matches('/')).parent() else {
            return;
        };
        if self.pod_uid().is_none() {
            return;
        }
        let hierarchies = fs::read_dir("/sys/fs/cgroup")
            .into_iter()
            .flatten()
            .flatten();
        for hierarchy in hierarchies.map(|entry| entry.path()) {
            let _gone_or_busy = fs::remove_dir(hierarchy.join(pod));
        }
        let _gone_or_busy = fs::remove_dir(Path::new("/sys/fs/cgroup").join(pod));
    }
}

/// A random hexadecimal text of `bytes` bytes, as container ids are.
///
/// # Errors
/// When the kernel's random source cannot be read.
pub fn random_hex(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    let mut source = File::open("/dev/urandom").context("open /dev/urandom")?;
    source
        .read_exact(&mut random)
        .context("read /dev/urandom")?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random_uuid() -> String {
    fs::read_to_string("/proc/sys/kernel/random/uuid").map_or_else(
        |_| "00000000-0000-4000-8000-000000000000".to_owned(),
        |t| t.trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::Cgroup;

    fn check(cgroup: &Cgroup, expected: &str) {
        assert_eq!(cgroup.path("c0ffee"), expected);
    }

    #[test]
    fn paths_are_those_of_the_runtimes() {
        let uid = "11111111-2222-4333-8444-555555555555".to_owned();
        check(
            &Cgroup::Pod { uid: uid.clone() },
            "/kubepods/besteffort/pod11111111-2222-4333-8444-555555555555/c0ffee",
        );
        check(
            &Cgroup::PodSystemd { uid },
            "/kubepods.slice/kubepods-besteffort.slice/\
             kubepods-besteffort-pod11111111_2222_4333_8444_555555555555.slice/\
             cri-containerd-c0ffee.scope",
        );
        check(&Cgroup::Podman, "/libpod_parent/libpod-c0ffee");
    }
}
