//! A process as the table remembers it.

use std::{net::IpAddr, sync::Arc};

use super::Container;
use crate::event::{Exec, ProcessKey, Text};

/// A process: shared snapshot, replaced when it changes.
#[derive(Debug, Clone)]
pub struct Process {
    /// Identity.
    pub key: ProcessKey,
    /// Identity of the parent, when known.
    pub parent: Option<ProcessKey>,
    /// Process id as the process itself sees it.
    pub namespace_pid: u32,
    /// The program it runs; shared with the parent until it execs.
    pub image: Arc<Image>,
    /// Control group (kernfs id), 0 when unknown.
    pub cgroup: u64,
    /// Container of that control group.
    pub container: Option<Arc<Container>>,
    /// End, nanoseconds since boot.
    pub exited: Option<u64>,
    /// Last internet destination that its program, or the process it was forked from, asked to connect
    /// a stream to.
    pub remote: Option<(IpAddr, u16)>,
    /// Time of that request, nanoseconds since boot.
    pub remote_time: u64,
}

/// A program in execution: what an exec established.
#[derive(Debug, Clone)]
pub struct Image {
    /// The exec; for processes older than the sensor, rebuilt from `/proc`.
    pub exec: Exec,
    /// Arguments joined by spaces.
    pub command_line: String,
    /// Name of the effective user in the process's own root, when known.
    pub user: Option<String>,
    /// The program was started from inside a container: its mount namespace is not the node's.
    pub in_container: bool,
    /// Time of the exec, nanoseconds since boot.
    pub time: u64,
    /// Control group at the exec; a process can be moved later.
    pub cgroup: u64,
}

impl Image {
    /// Path of the executable.
    #[must_use]
    pub fn executable(&self) -> &Text {
        &self.exec.executable
    }
}

/// Arguments joined by spaces, as a command line is usually shown.
#[must_use]
pub fn command_line(args: &[Text]) -> String {
    let mut line = String::new();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(&arg.to_str());
    }
    line
}
