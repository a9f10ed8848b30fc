//! From events to observations: which process, in which container, with which ancestors, and the
//! facts that rules ask for but cannot compute. Pure and infallible; I/O is done by `source`.

pub mod container;
mod containers;
mod enricher;
pub mod facts;
mod links;
mod process;
mod table;
#[cfg(test)]
mod tests;

pub use container::Container;
pub use enricher::{Enricher, Sizes, Subject, UserNames};
pub use process::{Image, Process, command_line};
pub use table::{Ancestors, ProcessTable};

use std::{net::IpAddr, sync::Arc};

use crate::event::{Event, ProcessKey};

/// Everything known about one event when the rules look at it.
#[derive(Debug)]
pub struct Observation<'a> {
    /// The event.
    pub event: &'a Event,
    /// The acting process, after the event (after an exec: with its new program).
    pub process: &'a Process,
    /// Its ancestors, nearest first; dead ones included while they are remembered.
    pub ancestors: &'a [Arc<Process>],
    /// The container of the acting task, by its control group.
    pub container: Option<&'a Arc<Container>>,
    /// The program runs inside of that container: it was started from the container's own files,
    /// not from the node's (as a container runtime's set-up process is).
    pub in_container: bool,
    /// How a shell among this process and those it is piped to talks to the network.
    pub shell_link: Option<ShellLink>,
}

/// A shell whose input and output reach the network.
#[derive(Debug, Clone, PartialEq)]
pub struct ShellLink {
    /// What carries the shell's input and output.
    pub via: LinkKind,
    /// The shell.
    pub shell: ProcessKey,
    /// The shell's command line.
    pub shell_command_line: String,
    /// The process that holds the network end; the shell itself for [`LinkKind::Socket`].
    pub relay: ProcessKey,
    /// The relay's executable.
    pub relay_image: String,
    /// The relay's command line.
    pub relay_command_line: String,
    /// The remote end, when it is known.
    pub remote: Option<(IpAddr, u16)>,
}

/// What carries the input and output of a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// An internet socket on its standard descriptors.
    Socket,
    /// Pipes in both directions to processes that hold the network end.
    Pipe,
    /// A Unix socket pair to a parent that holds the network end (socat).
    SocketPair,
    /// A terminal that a parent with the network end has just made for it.
    Terminal,
}

impl LinkKind {
    /// Name in fields and alerts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LinkKind::Socket => "socket",
            LinkKind::Pipe => "pipe",
            LinkKind::SocketPair => "socketpair",
            LinkKind::Terminal => "terminal",
        }
    }
}
