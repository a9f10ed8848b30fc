//! Processes as alerts show them.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Time};
use crate::{
    enrich::{self, Observation},
    event::{self, Namespaces, names},
};

/// Most ancestors of an alert. Deeper trees are rare (a container shell has about six) and tell
/// nothing more; without a bound a fork chain would make an alert of any size.
pub const ANCESTORS_MAX: usize = 32;

/// The process that acted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    /// Process id in the node's pid namespace.
    pub pid: u32,
    /// Process id as the process itself sees it.
    pub namespace_pid: u32,
    /// When it was created. With `pid` and the node's boot id, names the process for ever.
    pub start_time: Time,
    /// Resolved path of the executable, as the process sees it.
    pub executable: String,
    /// Arguments, the program's name first.
    pub args: Vec<String>,
    /// Arguments joined by spaces.
    pub command_line: String,
    /// Arguments are missing: they were longer than the limit, or unreadable.
    pub args_truncated: bool,
    /// A path of this process lacks its beginning.
    pub path_truncated: bool,
    /// Working directory when the program started.
    pub cwd: String,
    /// The path that was given to exec, before links were resolved.
    pub asked_path: String,
    /// The script, when the program is the interpreter of one.
    pub script: Option<String>,
    /// The interpreter that the script's first line names.
    pub interpreter: Option<String>,
    /// Task name. The task can choose it: do not trust it.
    pub comm: String,
    /// Real user id when the program started.
    pub uid: u32,
    /// Real group id when the program started.
    pub gid: u32,
    /// Effective user id at the event.
    pub effective_uid: u32,
    /// Effective group id at the event.
    pub effective_gid: u32,
    /// Saved user id when the program started.
    pub saved_uid: u32,
    /// User id of the login that the process comes from.
    pub login_uid: Option<u32>,
    /// Name of the effective user, as the process's own `/etc/passwd` has it.
    pub user: Option<String>,
    /// Effective capabilities when the program started.
    pub capabilities: Vec<String>,
    /// Controlling terminal.
    pub tty: Option<String>,
    /// Session id.
    pub session: u32,
    /// The program was started from a container's own files.
    pub in_container: bool,
    /// Inode numbers of its namespaces when the program started.
    pub namespaces: NamespaceIds,
    /// The file that it runs.
    pub executable_file: ExecutableFile,
    /// What standard input, output and error were wired to when the program started.
    pub stdio: [Stdio; 3],
    /// Its ancestors, nearest first.
    pub ancestors: Vec<Ancestor>,
}

impl Process {
    pub(super) fn new(observation: &Observation<'_>, context: &Context) -> Self {
        let process = observation.process;
        let origin = &observation.event.origin;
        let exec = &process.image.exec;
        let is_script = !exec.interpreter.is_empty();
        let [stdin, stdout, stderr] = &exec.stdio;
        Process {
            pid: process.key.pid,
            namespace_pid: process.namespace_pid,
            start_time: context.time(process.key.start_time),
            executable: text(&exec.executable),
            args: exec.args.iter().map(text).collect(),
            command_line: process.image.command_line.clone(),
            args_truncated: exec.args_cut,
            path_truncated: exec.path_cut,
            cwd: text(&exec.cwd),
            asked_path: text(&exec.asked),
            script: is_script.then(|| text(&exec.asked)),
            interpreter: is_script.then(|| text(&exec.interpreter)),
            comm: text(&origin.comm),
            uid: exec.credentials.uid,
            gid: exec.credentials.gid,
            effective_uid: origin.uid,
            effective_gid: origin.gid,
            saved_uid: exec.credentials.saved_uid,
            login_uid: exec.credentials.login_uid,
            user: process.image.user.clone().filter(|_| {
                // The name was looked up at exec; the process may have changed its user since.
                origin.uid == exec.credentials.effective_uid
            }),
            capabilities: names::capabilities(exec.credentials.capabilities),
            tty: Some(text(&exec.tty)).filter(|tty| !tty.is_empty()),
            session: exec.session,
            in_container: observation.in_container,
            namespaces: NamespaceIds::from(&exec.namespaces),
            executable_file: ExecutableFile::from(&exec.file),
            stdio: [Stdio::from(stdin), Stdio::from(stdout), Stdio::from(stderr)],
            ancestors: observation
                .ancestors
                .iter()
                .take(ANCESTORS_MAX)
                .map(|ancestor| Ancestor::new(ancestor, context))
                .collect(),
        }
    }
}

/// A process above the one that acted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ancestor {
    /// Process id in the node's pid namespace.
    pub pid: u32,
    /// When it was created.
    pub start_time: Time,
    /// Resolved path of the executable, as that process sees it.
    pub executable: String,
    /// Arguments joined by spaces.
    pub command_line: String,
    /// Effective user id when its program started.
    pub effective_uid: u32,
    /// Name of that user.
    pub user: Option<String>,
    /// Id of the container that it runs in.
    pub container_id: Option<String>,
    /// It had ended before the event.
    pub exited: bool,
}

impl Ancestor {
    fn new(process: &enrich::Process, context: &Context) -> Self {
        Ancestor {
            pid: process.key.pid,
            start_time: context.time(process.key.start_time),
            executable: text(process.image.executable()),
            command_line: process.image.command_line.clone(),
            effective_uid: process.image.exec.credentials.effective_uid,
            user: process.image.user.clone(),
            container_id: process
                .container
                .as_ref()
                .map(|container| container.id.clone()),
            exited: process.exited.is_some(),
        }
    }
}

/// The file that a process runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutableFile {
    /// Inode number.
    pub inode: u64,
    /// Device of its file system, `major:minor`.
    pub device: String,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits, octal.
    pub mode: String,
    /// User id of the owner.
    pub owner: u32,
    /// No name is left in any directory.
    pub deleted: bool,
    /// It only ever lived in memory.
    pub memfd: bool,
    /// It is not part of the container's image: it was written after the container started.
    pub upper_layer: bool,
}

impl From<&event::ExecutableFile> for ExecutableFile {
    fn from(file: &event::ExecutableFile) -> Self {
        ExecutableFile {
            inode: file.inode,
            device: names::device(file.device),
            size: file.size,
            mode: names::permissions(file.mode),
            owner: file.uid,
            deleted: file.deleted,
            memfd: file.memfd,
            upper_layer: file.upper_layer,
        }
    }
}

/// Inode numbers of namespaces, as in `/proc/PID/ns`. 0 where unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamespaceIds {
    /// Mount namespace.
    pub mnt: u32,
    /// Pid namespace.
    pub pid: u32,
    /// Network namespace.
    pub net: u32,
    /// UTS (host name) namespace.
    pub uts: u32,
    /// IPC namespace.
    pub ipc: u32,
    /// Control group namespace.
    pub cgroup: u32,
    /// User namespace.
    pub user: u32,
    /// Pid namespace for children.
    pub pid_for_children: u32,
}

impl From<&Namespaces> for NamespaceIds {
    fn from(namespaces: &Namespaces) -> Self {
        NamespaceIds {
            mnt: namespaces.mnt,
            pid: namespaces.pid,
            net: namespaces.net,
            uts: namespaces.uts,
            ipc: namespaces.ipc,
            cgroup: namespaces.cgroup,
            user: namespaces.user,
            pid_for_children: namespaces.pid_for_children,
        }
    }
}

/// What a standard descriptor is wired to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Stdio {
    /// The kind of thing.
    #[serde(rename = "type")]
    pub kind: StdioKind,
    /// Inode number; equal on both ends of a pipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    /// Device, `major:minor`: of the file system for a file, else the terminal or device itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Protocol of an internet socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Local end of an internet socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<Endpoint>,
    /// Remote end of a connected internet socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Endpoint>,
    /// Address family (`AF_*`) of another socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<u16>,
}

/// Kinds of things that a standard descriptor can be wired to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StdioKind {
    /// Nothing.
    #[default]
    Closed,
    /// A file, directory, or anything not named below.
    File,
    /// A terminal.
    Terminal,
    /// Another device, such as `/dev/null`.
    Device,
    /// A pipe or named pipe.
    Pipe,
    /// An internet socket.
    Inet,
    /// A Unix socket.
    Unix,
    /// A socket of another family.
    OtherSocket,
}

/// An internet address and port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// Address.
    pub address: IpAddr,
    /// Port.
    pub port: u16,
}

impl From<(IpAddr, u16)> for Endpoint {
    fn from((address, port): (IpAddr, u16)) -> Self {
        Endpoint { address, port }
    }
}

impl From<&event::Stdio> for Stdio {
    fn from(stdio: &event::Stdio) -> Self {
        let of = |kind| Stdio {
            kind,
            ..Stdio::default()
        };
        match stdio {
            event::Stdio::Closed => of(StdioKind::Closed),
            event::Stdio::File { inode, device } => Stdio {
                inode: Some(*inode),
                device: Some(names::device(*device)),
                ..of(StdioKind::File)
            },
            event::Stdio::Terminal { device } => Stdio {
                device: Some(names::device(*device)),
                ..of(StdioKind::Terminal)
            },
            event::Stdio::Device { device } => Stdio {
                device: Some(names::device(*device)),
                ..of(StdioKind::Device)
            },
            event::Stdio::Pipe { inode, .. } => Stdio {
                inode: Some(*inode),
                ..of(StdioKind::Pipe)
            },
            event::Stdio::Inet {
                inode,
                socket_type,
                protocol,
                local,
                peer,
            } => Stdio {
                inode: Some(*inode),
                protocol: Some(names::protocol(*protocol, *socket_type)),
                local: Some(Endpoint::from(*local)),
                peer: peer.map(Endpoint::from),
                ..of(StdioKind::Inet)
            },
            event::Stdio::Unix { inode } => Stdio {
                inode: Some(*inode),
                ..of(StdioKind::Unix)
            },
            event::Stdio::OtherSocket { inode, family } => Stdio {
                inode: Some(*inode),
                family: Some(*family),
                ..of(StdioKind::OtherSocket)
            },
        }
    }
}

/// Kernel text as a string that JSON can hold.
pub(super) fn text(text: &event::Text) -> String {
    text.to_str().into_owned()
}
