//! Decoded kernel events: owned, typed, still exactly what the kernel said.
//!
//! Decoding is a pure function from bytes ([`decode`]); it never trusts a length or an id. Text from
//! the kernel stays bytes ([`Text`]) until it is printed or matched.

mod decode;
mod environment;
mod fields;
pub mod names;
mod text;

#[cfg(test)]
pub(crate) use decode::tests::builder;
pub use decode::{DecodeError, decode, sequence_of, time_of};
pub use environment::{scrub, watched_environment};
pub use sensor_common::{Kind, Namespaces};
pub use text::{Text, base_name};

use std::net::IpAddr;

/// One event: what happened, when, and which task did it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Who and when.
    pub origin: Origin,
    /// What.
    pub body: Body,
}

/// Who did it, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// Nanoseconds since boot.
    pub time: u64,
    /// CPU.
    pub cpu: u16,
    /// Number of the record among those of its CPU and ring.
    pub sequence: u64,
    /// Identity of the acting process.
    pub process: ProcessKey,
    /// Thread id.
    pub tid: u32,
    /// kernfs id of the control group.
    pub cgroup: u64,
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// Inode number of the mount namespace.
    pub mnt_ns: u32,
    /// Inode number of the active pid namespace.
    pub pid_ns: u32,
    /// Task name; settable by the task.
    pub comm: Text,
}

/// Identity of a process for as long as the machine runs: a pid alone is reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ProcessKey {
    /// Process id (`tgid`) in the initial pid namespace.
    pub pid: u32,
    /// Start, nanoseconds since boot.
    pub start_time: u64,
}

/// What happened. One variant per [`Kind`].
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A process was created.
    Fork(Fork),
    /// A process replaced its program.
    Exec(Box<Exec>),
    /// The last thread of a process ended.
    Exit(Exit),
    /// An exec was asked for and refused.
    ExecFailed(ExecFailed),
    /// A file was opened.
    Open(Open),
    /// A socket was asked to connect.
    Connect(Connect),
    /// Namespaces were created or joined, or that was refused.
    Namespace(Namespace),
}

impl Body {
    /// The kind of this event.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Body::Fork(_) => Kind::Fork,
            Body::Exec(_) => Kind::Exec,
            Body::Exit(_) => Kind::Exit,
            Body::ExecFailed(_) => Kind::ExecFailed,
            Body::Open(_) => Kind::Open,
            Body::Connect(_) => Kind::Connect,
            Body::Namespace(_) => Kind::Namespace,
        }
    }
}

/// See [`sensor_common::fork::Fork`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    /// The new process.
    pub child: ProcessKey,
    /// Its process id as it sees it itself.
    pub child_namespace_pid: u32,
    /// Its control group.
    pub child_cgroup: u64,
}

/// See [`sensor_common::exec::Exec`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exec {
    /// The parent process.
    pub parent: ProcessKey,
    /// Thread id before the exec.
    pub old_tid: u32,
    /// Process id as the process itself sees it.
    pub namespace_pid: u32,
    /// Arguments, `args[0]` first.
    pub args: Vec<Text>,
    /// `args` lacks something: it was longer than the limit, or unreadable.
    pub args_cut: bool,
    /// Resolved path of the executable, as the process sees it.
    pub executable: Text,
    /// A path of this event was cut.
    pub path_cut: bool,
    /// Working directory.
    pub cwd: Text,
    /// The path given to exec: for a script, the script.
    pub asked: Text,
    /// The interpreter that runs a script; empty otherwise.
    pub interpreter: Text,
    /// Path of the control group.
    pub cgroup_path: Text,
    /// Variables of the environment that rules can ask about, as `NAME=value`.
    pub environment: Vec<Text>,
    /// The executable's file.
    pub file: ExecutableFile,
    /// Credentials after the exec.
    pub credentials: Credentials,
    /// Controlling terminal; empty when there is none.
    pub tty: Text,
    /// Session id.
    pub session: u32,
    /// Namespaces.
    pub namespaces: Namespaces,
    /// Descriptors 0, 1 and 2.
    pub stdio: [Stdio; 3],
}

/// The file that a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExecutableFile {
    /// Inode number.
    pub inode: u64,
    /// Device (kernel encoding).
    pub device: u32,
    /// Size in bytes.
    pub size: u64,
    /// Change time, seconds since the epoch.
    pub change_time: u64,
    /// Permissions and type.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// No name is left in any directory.
    pub deleted: bool,
    /// It only ever lived in memory (`memfd_create`).
    pub memfd: bool,
    /// It is on overlayfs and not from the image's own layers.
    pub upper_layer: bool,
}

/// Credentials, in the initial user namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Credentials {
    /// Real user id.
    pub uid: u32,
    /// Effective user id.
    pub effective_uid: u32,
    /// Saved user id.
    pub saved_uid: u32,
    /// Real group id.
    pub gid: u32,
    /// Effective group id.
    pub effective_gid: u32,
    /// User id of the login; `None` when there was none.
    pub login_uid: Option<u32>,
    /// Effective capabilities, bit n is capability n.
    pub capabilities: u64,
}

/// What a standard descriptor is wired to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stdio {
    /// Nothing.
    #[default]
    Closed,
    /// A regular file, directory or anything not named below.
    File {
        /// Inode number.
        inode: u64,
        /// Device (kernel encoding).
        device: u32,
    },
    /// A terminal.
    Terminal {
        /// Device number (kernel encoding).
        device: u32,
    },
    /// Another character or block device, such as `/dev/null`.
    Device {
        /// Device number (kernel encoding).
        device: u32,
    },
    /// A pipe or named pipe.
    Pipe {
        /// Inode number, equal on both ends.
        inode: u64,
        /// It has a name in some directory (FIFO).
        named: bool,
    },
    /// An internet socket.
    Inet {
        /// Inode number.
        inode: u64,
        /// `SOCK_*`.
        socket_type: u16,
        /// `IPPROTO_*`.
        protocol: u16,
        /// Local address.
        local: (IpAddr, u16),
        /// Peer, when connected.
        peer: Option<(IpAddr, u16)>,
    },
    /// A Unix socket.
    Unix {
        /// Inode number.
        inode: u64,
    },
    /// A socket of another family.
    OtherSocket {
        /// Inode number.
        inode: u64,
        /// `AF_*`.
        family: u16,
    },
}

/// See [`sensor_common::exit::Exit`].
#[derive(Debug, Clone, PartialEq)]
pub struct Exit {
    /// Wait status.
    pub status: u32,
}

/// See [`sensor_common::exec_failed::ExecFailed`].
#[derive(Debug, Clone, PartialEq)]
pub struct ExecFailed {
    /// errno, positive.
    pub errno: u32,
    /// The path given to exec.
    pub asked: Text,
    /// The given arguments.
    pub args: Vec<Text>,
    /// `args` lacks something.
    pub args_cut: bool,
}

/// See [`sensor_common::open::Open`].
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// Resolved path, as the process sees it.
    pub path: Text,
    /// The path was cut.
    pub path_cut: bool,
    /// `O_*` flags.
    pub flags: u32,
    /// This open created the file.
    pub created: bool,
    /// Permission bits asked for a new file, where known.
    pub create_mode: Option<u16>,
    /// Inode number.
    pub inode: u64,
    /// Device (kernel encoding).
    pub device: u32,
    /// Permissions and type.
    pub mode: u16,
    /// Owner.
    pub owner: u32,
    /// Size in bytes.
    pub size: u64,
}

/// See [`sensor_common::connect::Connect`].
#[derive(Debug, Clone, PartialEq)]
pub struct Connect {
    /// Where to.
    pub destination: Destination,
    /// `SOCK_*`.
    pub socket_type: u16,
    /// `IPPROTO_*`.
    pub protocol: u16,
    /// The call's errno (positive; 0: it worked), where the hook knows it.
    pub errno: Option<u32>,
}

/// Destination of a connect.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// An internet address and port.
    Inet(IpAddr, u16),
    /// A Unix socket's path; abstract names start with a NUL.
    Unix(Text),
}

/// See [`sensor_common::namespace::Namespace`].
#[derive(Debug, Clone, PartialEq)]
pub struct Namespace {
    /// What was called.
    pub operation: NamespaceOperation,
    /// `CLONE_NEW*` bits.
    pub types: u32,
    /// errno (positive), 0 when it was done.
    pub errno: u32,
    /// The new process of a clone.
    pub child_pid: Option<u32>,
    /// Namespaces afterwards.
    pub namespaces: Namespaces,
}

/// How namespaces were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceOperation {
    /// `unshare(2)`.
    Unshare,
    /// `setns(2)`.
    Setns,
    /// `clone(2)`, `clone3(2)`.
    Clone,
}
