//! What the event was about: file, connection, namespaces, shell, refused exec.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Time,
    process::{Endpoint, NamespaceIds, text},
};
use crate::{
    enrich::{self, LinkKind, Observation},
    event::{self, Body, Destination, NamespaceOperation, ProcessKey, names},
};

/// A file that was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    /// Resolved path, as the process sees it.
    pub path: String,
    /// The path lacks its beginning.
    pub path_truncated: bool,
    /// Flags of the open, the access mode first.
    pub flags: Vec<String>,
    /// This open created the file.
    pub created: bool,
    /// Type of file.
    #[serde(rename = "type")]
    pub file_type: String,
    /// Permission bits, octal.
    pub mode: String,
    /// Inode number.
    pub inode: u64,
    /// Device of its file system, `major:minor`.
    pub device: String,
    /// User id of the owner.
    pub owner: u32,
    /// Size in bytes.
    pub size: u64,
}

impl From<&event::Open> for File {
    fn from(open: &event::Open) -> Self {
        File {
            path: text(&open.path),
            path_truncated: open.path_cut,
            flags: names::open_flags(open.flags),
            created: open.created,
            file_type: names::file_type(open.mode).to_owned(),
            mode: names::permissions(open.mode),
            inode: open.inode,
            device: names::device(open.device),
            owner: open.owner,
            size: open.size,
        }
    }
}

/// The remote end of what happened: of a connect, or of a shell that reaches the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// How it is known.
    pub via: Via,
    /// Protocol (`tcp`, `udp`, `unix`, ...); null when it is not known.
    pub protocol: Option<String>,
    /// Remote internet address.
    pub address: Option<IpAddr>,
    /// Remote port.
    pub port: Option<u16>,
    /// Path of a Unix socket; `@` begins an abstract name.
    pub path: Option<String>,
    /// Result of the connect (`OK`, `ECONNREFUSED`, `EINPROGRESS`, ...); null when the event came
    /// before it was known.
    pub result: Option<String>,
}

/// How a remote end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The process asked to connect to it.
    Connect,
    /// It is the peer of an internet socket on standard input or output.
    Socket,
    /// It is the peer of a process at the other end of pipes on standard input and output.
    Pipe,
    /// It is the peer of the process at the other end of a socket pair.
    SocketPair,
    /// It is the peer of the process that made the terminal on standard input and output.
    Terminal,
}

impl From<LinkKind> for Via {
    fn from(link: LinkKind) -> Self {
        match link {
            LinkKind::Socket => Via::Socket,
            LinkKind::Pipe => Via::Pipe,
            LinkKind::SocketPair => Via::SocketPair,
            LinkKind::Terminal => Via::Terminal,
        }
    }
}

impl Connection {
    /// The destination of a connect; for other events the remote end of the shell.
    pub(super) fn new(observation: &Observation<'_>) -> Option<Self> {
        if let Body::Connect(connect) = &observation.event.body {
            return Some(Connection::from(connect));
        }
        let link = observation.shell_link.as_ref()?;
        let (address, port) = link.remote?;
        Some(Connection {
            via: Via::from(link.via),
            protocol: protocol_to(&observation.process.image.exec.stdio, (address, port)),
            address: Some(address),
            port: Some(port),
            path: None,
            result: None,
        })
    }
}

/// Protocol of the socket among `stdio` that is connected to `remote`.
fn protocol_to(stdio: &[event::Stdio], remote: (IpAddr, u16)) -> Option<String> {
    stdio.iter().find_map(|descriptor| match descriptor {
        event::Stdio::Inet {
            protocol,
            socket_type,
            peer,
            ..
        } if *peer == Some(remote) => Some(names::protocol(*protocol, *socket_type)),
        _ => None,
    })
}

impl From<&event::Connect> for Connection {
    fn from(connect: &event::Connect) -> Self {
        let (protocol, address, port, path) = match &connect.destination {
            Destination::Inet(address, port) => {
                let protocol = names::protocol(connect.protocol, connect.socket_type);
                (protocol, Some(*address), Some(*port), None)
            }
            Destination::Unix(path) => ("unix".to_owned(), None, None, Some(unix_path(path))),
        };
        Connection {
            via: Via::Connect,
            protocol: Some(protocol),
            address,
            port,
            path,
            result: connect.errno.map(names::errno),
        }
    }
}

/// A Unix socket's path; the NUL that starts an abstract name becomes `@`, as `ss` prints it.
fn unix_path(path: &event::Text) -> String {
    let path = text(path);
    match path.strip_prefix('\0') {
        Some(name) => format!("@{name}"),
        None => path,
    }
}

/// Namespaces that were created or joined, or that this was refused for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Namespaces {
    /// System call.
    pub operation: Operation,
    /// Types asked for or changed, named as in `/proc/PID/ns`.
    pub types: Vec<String>,
    /// `OK`, or why it was refused (`EPERM`, ...).
    pub result: String,
    /// Process id of the new process of a clone.
    pub child_pid: Option<u32>,
    /// Inode numbers of the namespaces afterwards.
    pub after: NamespaceIds,
}

/// System call that changed namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// `unshare(2)`.
    Unshare,
    /// `setns(2)`.
    Setns,
    /// `clone(2)` or `clone3(2)`.
    Clone,
}

impl From<&event::Namespace> for Namespaces {
    fn from(namespace: &event::Namespace) -> Self {
        Namespaces {
            operation: match namespace.operation {
                NamespaceOperation::Unshare => Operation::Unshare,
                NamespaceOperation::Setns => Operation::Setns,
                NamespaceOperation::Clone => Operation::Clone,
            },
            types: names::namespace_types(namespace.types),
            result: names::errno(namespace.errno),
            child_pid: namespace.child_pid,
            after: NamespaceIds::from(&namespace.namespaces),
        }
    }
}

/// A program that was asked for and not started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecFailed {
    /// The path that was given to exec.
    pub path: String,
    /// The given arguments.
    pub args: Vec<String>,
    /// Arguments are missing.
    pub args_truncated: bool,
    /// Why it was refused (`ENOENT`, `EACCES`, ...).
    pub result: String,
}

impl From<&event::ExecFailed> for ExecFailed {
    fn from(failed: &event::ExecFailed) -> Self {
        ExecFailed {
            path: text(&failed.asked),
            args: failed.args.iter().map(text).collect(),
            args_truncated: failed.args_cut,
            result: names::errno(failed.errno),
        }
    }
}

/// How a shell's input and output reach the network. The remote end is in `connection`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShellLink {
    /// What carries input and output.
    pub via: Via,
    /// The shell.
    pub shell: LinkProcess,
    /// The process that holds the network end; the shell itself when `via` is `socket`.
    pub relay: LinkProcess,
    /// The remote end; null when it is not known.
    pub remote: Option<Endpoint>,
}

/// One end of a shell link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkProcess {
    /// Process id in the node's pid namespace.
    pub pid: u32,
    /// When it was created.
    pub start_time: Time,
    /// Arguments joined by spaces.
    pub command_line: String,
}

impl ShellLink {
    pub(super) fn new(link: &enrich::ShellLink, context: &Context) -> Self {
        let process = |key: ProcessKey, command_line: &str| LinkProcess {
            pid: key.pid,
            start_time: context.time(key.start_time),
            command_line: command_line.to_owned(),
        };
        ShellLink {
            via: Via::from(link.via),
            shell: process(link.shell, &link.shell_command_line),
            relay: process(link.relay, &link.relay_command_line),
            remote: link.remote.map(Endpoint::from),
        }
    }
}
