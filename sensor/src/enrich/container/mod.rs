//! Container identity, from the path of a control group alone.

mod path;

pub use path::parse;

/// Container and pod of a control group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Container id as its runtime gives it (64 hex digits, or a name).
    pub id: String,
    /// Runtime, as far as the path tells.
    pub runtime: Runtime,
    /// UID of the Kubernetes pod.
    pub pod_uid: Option<String>,
}

/// Container runtimes that leave their mark in a control group's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// containerd through its CRI service.
    Containerd,
    /// CRI-O.
    CriO,
    /// Docker Engine.
    Docker,
    /// Podman (libpod).
    Podman,
    /// A container by its namespaces; the path does not tell whose.
    Unknown,
}

impl Runtime {
    /// Name in fields and alerts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Containerd => "containerd",
            Runtime::CriO => "cri-o",
            Runtime::Docker => "docker",
            Runtime::Podman => "podman",
            Runtime::Unknown => "unknown",
        }
    }
}
