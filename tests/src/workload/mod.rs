//! A command in a fresh throw-away root, on the host or in a real container.

mod cgroup;
mod launch;
mod oci;
mod quote;

use std::time::Duration;

use anyhow::Result;

use crate::root::Root;

pub use cgroup::{Cgroup, random_hex};
pub use launch::{Outcome, Running};

/// Longest that a workload runs unless told otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// Search path of commands inside every root.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where a workload runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Own mount, pid, network, ipc and uts namespaces, but the control group of the host.
    Host,
    /// A container made by runc, in a control group that a container runtime would choose.
    Container,
}

impl Place {
    /// Both places, for tests that do the same in each.
    pub const BOTH: [Self; 2] = [Self::Host, Self::Container];

    /// Name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Container => "container",
        }
    }
}

/// A file put into the root before the command starts.
#[derive(Debug, Clone)]
pub(crate) struct Extra {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) mode: u32,
}

/// What to run, and in what surroundings. It has no network but its own loopback.
#[derive(Debug, Clone)]
pub struct Workload {
    root: Root,
    place: Place,
    cgroup: Cgroup,
    refused: Vec<String>,
    extras: Vec<Extra>,
    pins: Vec<(String, String)>,
    stubs: Vec<String>,
    stdin: Option<Vec<u8>>,
    timeout: Duration,
}

impl Workload {
    /// A workload in `place`, in a container as a pod of the default runtime has it.
    #[must_use]
    pub fn new(root: &Root, place: Place) -> Self {
        Self {
            root: root.clone(),
            place,
            cgroup: Cgroup::pod(),
            refused: Vec::new(),
            extras: Vec::new(),
            pins: Vec::new(),
            stubs: Vec::new(),
            stdin: None,
            timeout: TIMEOUT,
        }
    }

    /// A workload on the host.
    #[must_use]
    pub fn host(root: &Root) -> Self {
        Self::new(root, Place::Host)
    }

    /// A workload in a container.
    #[must_use]
    pub fn container(root: &Root) -> Self {
        Self::new(root, Place::Container)
    }

    /// Chooses the control group of the container.
    #[must_use]
    pub fn cgroup(mut self, cgroup: Cgroup) -> Self {
        self.cgroup = cgroup;
        self
    }

    /// Lets a seccomp profile refuse this system call with EPERM (containers only).
    #[must_use]
    pub fn refuse(mut self, syscall: &str) -> Self {
        self.refused.push(syscall.to_owned());
        self
    }

    /// Puts a file into the root.
    #[must_use]
    pub fn file(mut self, path: &str, bytes: impl Into<Vec<u8>>, mode: u32) -> Self {
        self.extras.push(Extra {
            path: path.to_owned(),
            bytes: bytes.into(),
            mode,
        });
        self
    }

    /// Pins a host name to an address in `/etc/hosts`.
    #[must_use]
    pub fn pin(mut self, name: &str, address: &str) -> Self {
        self.pins.push((name.to_owned(), address.to_owned()));
        self
    }

    /// Puts a copy of `true` first in the search path under this name, unless the root has the tool.
    #[must_use]
    pub fn stub_if_missing(mut self, tool: &str) -> Self {
        if !self.root.has_command(tool) {
            self.stubs.push(tool.to_owned());
        }
        self
    }

    /// Feeds these bytes on standard input, then end of file.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Kills the workload after this long.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs the command to its end or to the time limit.
    ///
    /// # Errors
    /// When the surroundings cannot be made. A command that fails is an outcome, not an error.
    pub fn run(&self, args: &[&str]) -> Result<Outcome> {
        launch::start(self, args)?.wait(self.timeout)
    }

    /// Runs a shell command as `bash -c COMMAND`.
    ///
    /// # Errors
    /// As [`Workload::run`].
    pub fn bash(&self, command: &str) -> Result<Outcome> {
        self.run(&["bash", "-c", command])
    }

    /// Runs a shell command from the script file `/t/case.sh`, so that no argument holds its text.
    ///
    /// # Errors
    /// As [`Workload::run`].
    pub fn script(&self, command: &str) -> Result<Outcome> {
        let with_script = self
            .clone()
            .file("/t/case.sh", format!("{command}\n"), 0o644);
        with_script.run(&["bash", "/t/case.sh"])
    }

    /// Starts the command and returns while it runs.
    ///
    /// # Errors
    /// As [`Workload::run`].
    pub fn start(&self, args: &[&str]) -> Result<Running> {
        launch::start(self, args)
    }
}
