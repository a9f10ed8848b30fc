//! What every record starts with.

/// Kinds of records. The numbers are on the wire and in recordings: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Kind {
    /// A process was created.
    Fork = 1,
    /// A process replaced its program.
    Exec = 2,
    /// The last thread of a process ended.
    Exit = 3,
    /// An exec was asked for and refused.
    ExecFailed = 4,
    /// A file was opened.
    Open = 16,
    /// A socket was asked to connect.
    Connect = 17,
    /// Namespaces were created or joined, or that was refused.
    Namespace = 18,
}

impl Kind {
    /// Every kind, in the order of their ids.
    pub const ALL: [Kind; 7] = [
        Kind::Fork,
        Kind::Exec,
        Kind::Exit,
        Kind::ExecFailed,
        Kind::Open,
        Kind::Connect,
        Kind::Namespace,
    ];

    /// The kind with this id, or `None` for an unknown id.
    #[must_use]
    pub const fn from_id(id: u16) -> Option<Kind> {
        match id {
            1 => Some(Kind::Fork),
            2 => Some(Kind::Exec),
            3 => Some(Kind::Exit),
            4 => Some(Kind::ExecFailed),
            16 => Some(Kind::Open),
            17 => Some(Kind::Connect),
            18 => Some(Kind::Namespace),
            _ => None,
        }
    }

    /// The one word that names this kind everywhere: files, metrics, documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Fork => "fork",
            Kind::Exec => "exec",
            Kind::Exit => "exit",
            Kind::ExecFailed => "exec_failed",
            Kind::Open => "open",
            Kind::Connect => "connect",
            Kind::Namespace => "namespace",
        }
    }

    /// Position in [`Kind::ALL`] and in the kernel's counters.
    #[must_use]
    pub const fn index(self) -> u32 {
        match self {
            Kind::Fork => 0,
            Kind::Exec => 1,
            Kind::Exit => 2,
            Kind::ExecFailed => 3,
            Kind::Open => 4,
            Kind::Connect => 5,
            Kind::Namespace => 6,
        }
    }

    /// Whether records of this kind travel in the `LIFECYCLE` ring (else in `ACTIVITY`).
    #[must_use]
    pub const fn is_lifecycle(self) -> bool {
        match self {
            Kind::Fork | Kind::Exec | Kind::Exit => true,
            Kind::ExecFailed | Kind::Open | Kind::Connect | Kind::Namespace => false,
        }
    }
}

/// First bytes of every record: what, when, who.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Header {
    /// Bytes of the whole record, this header included.
    pub size: u32,
    /// [`Kind`] id.
    pub kind: u16,
    /// CPU on which it happened.
    pub cpu: u16,
    /// Number of this record among those of its CPU and ring; a gap is a loss.
    pub sequence: u64,
    /// Nanoseconds since boot, suspend included (`bpf_ktime_get_boot_ns`).
    pub time: u64,
    /// Start of the acting process, nanoseconds since boot (`group_leader->start_boottime`).
    pub start_time: u64,
    /// kernfs id of the control group of the acting task, in the hierarchy the agent chose.
    pub cgroup: u64,
    /// Process id (`tgid`) in the initial pid namespace.
    pub pid: u32,
    /// Thread id in the initial pid namespace.
    pub tid: u32,
    /// Effective user id of the acting task in the initial user namespace.
    pub uid: u32,
    /// Effective group id of the acting task in the initial user namespace.
    pub gid: u32,
    /// Inode number of the mount namespace.
    pub mnt_ns: u32,
    /// Inode number of the active pid namespace.
    pub pid_ns: u32,
    /// Task name (`comm`), NUL padded. Settable by the task: show it, never trust it.
    pub comm: [u8; 16],
}

/// Inode numbers of a task's namespaces, as in `/proc/PID/ns`. 0 where unknown.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Namespaces {
    /// Mount namespace.
    pub mnt: u32,
    /// Active pid namespace.
    pub pid: u32,
    /// Network namespace.
    pub net: u32,
    /// UTS (host name) namespace.
    pub uts: u32,
    /// IPC namespace.
    pub ipc: u32,
    /// Control group namespace.
    pub cgroup: u32,
    /// User namespace of the credentials.
    pub user: u32,
    /// Pid namespace for children.
    pub pid_for_children: u32,
}

const _: () = assert!(size_of::<Header>() == 80);
const _: () = assert!(size_of::<Namespaces>() == 32);
