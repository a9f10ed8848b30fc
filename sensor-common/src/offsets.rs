//! Places in kernel structures, resolved by the agent from BTF when it loads the programs.
//!
//! A specification is `struct.member.member`, with `|` between alternatives of different kernel
//! versions (the first that exists is taken), `member[n]` for an array element, `sizeof(struct)`
//! for a size, and a leading `?` for a place that a kernel may lack ([`MISSING`] then).

/// Value of a place that this kernel does not have.
pub const MISSING: u32 = u32::MAX;

/// Lists the places once: an enum of indexes and the table of specifications.
macro_rules! places {
    ($($name:ident = $spec:literal,)*) => {
        /// Index of a place in the table of offsets.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u32)]
        #[expect(missing_docs, reason = "each is documented by its specification in PLACES")]
        pub enum Place { $($name,)* }

        /// Specification of each place, in the order of [`Place`].
        pub const PLACES: &[(Place, &str)] = &[$((Place::$name, $spec),)*];
    };
}

places! {
    TaskTgid = "task_struct.tgid",
    TaskPid = "task_struct.pid",
    TaskGroupLeader = "task_struct.group_leader",
    TaskRealParent = "task_struct.real_parent",
    TaskStartBoottime = "task_struct.start_boottime",
    TaskMm = "task_struct.mm",
    TaskCred = "task_struct.cred",
    TaskFs = "task_struct.fs",
    TaskFiles = "task_struct.files",
    TaskNsproxy = "task_struct.nsproxy",
    TaskThreadPid = "task_struct.thread_pid",
    TaskSignal = "task_struct.signal",
    TaskCgroups = "task_struct.cgroups",
    TaskComm = "task_struct.comm",
    TaskExitCode = "task_struct.exit_code",
    TaskStack = "task_struct.stack",
    TaskLoginuid = "?task_struct.loginuid",
    SignalLive = "signal_struct.live",
    SignalTty = "signal_struct.tty",
    // PIDTYPE_SID is 3 since 4.19 (include/linux/pid_types.h).
    SignalSession = "signal_struct.pids[3]",
    TtyName = "tty_struct.name",
    MmArgStart = "mm_struct.arg_start",
    MmArgEnd = "mm_struct.arg_end",
    MmEnvStart = "mm_struct.env_start",
    MmEnvEnd = "mm_struct.env_end",
    MmExeFile = "mm_struct.exe_file",
    CredUid = "cred.uid",
    CredEuid = "cred.euid",
    CredSuid = "cred.suid",
    CredGid = "cred.gid",
    CredEgid = "cred.egid",
    CredCapEffective = "cred.cap_effective",
    CredUserNs = "cred.user_ns",
    NsproxyUts = "nsproxy.uts_ns",
    NsproxyIpc = "nsproxy.ipc_ns",
    NsproxyMnt = "nsproxy.mnt_ns",
    NsproxyPidForChildren = "nsproxy.pid_ns_for_children",
    NsproxyNet = "nsproxy.net_ns",
    NsproxyCgroup = "nsproxy.cgroup_ns",
    MntNsInum = "mnt_namespace.ns.inum",
    UtsNsInum = "uts_namespace.ns.inum",
    IpcNsInum = "?ipc_namespace.ns.inum",
    PidNsInum = "pid_namespace.ns.inum",
    NetNsInum = "net.ns.inum",
    CgroupNsInum = "cgroup_namespace.ns.inum",
    UserNsInum = "user_namespace.ns.inum",
    PidLevel = "pid.level",
    PidNumbers = "pid.numbers",
    UpidNr = "upid.nr",
    UpidNs = "upid.ns",
    UpidSize = "sizeof(upid)",
    CssSetDefault = "css_set.dfl_cgrp",
    CssSetSubsystems = "css_set.subsys",
    CssCgroup = "cgroup_subsys_state.cgroup",
    CgroupKn = "cgroup.kn",
    KernfsId = "kernfs_node.id",
    KernfsName = "kernfs_node.name",
    // `__parent` since 6.15.
    KernfsParent = "kernfs_node.parent|kernfs_node.__parent",
    FsRoot = "fs_struct.root",
    FsPwd = "fs_struct.pwd",
    PathMnt = "path.mnt",
    PathDentry = "path.dentry",
    FilesFdt = "files_struct.fdt",
    FdtableMax = "fdtable.max_fds",
    FdtableFd = "fdtable.fd",
    FilePath = "file.f_path",
    FileInode = "file.f_inode",
    FileFlags = "file.f_flags",
    FileMode = "file.f_mode",
    FilePrivate = "file.private_data",
    InodeMode = "inode.i_mode",
    InodeIno = "inode.i_ino",
    InodeSb = "inode.i_sb",
    InodeRdev = "inode.i_rdev",
    InodeNlink = "inode.i_nlink",
    InodeSize = "inode.i_size",
    InodeUid = "inode.i_uid",
    // A timespec64 until 6.5, renamed in 6.6, split in 6.11.
    InodeCtime = "inode.i_ctime.tv_sec|inode.__i_ctime.tv_sec|inode.i_ctime_sec",
    // overlayfs keeps the upper dentry right behind the inode (`struct ovl_inode`).
    OverlayUpper = "sizeof(inode)",
    SuperDev = "super_block.s_dev",
    SuperMagic = "super_block.s_magic",
    DentryParent = "dentry.d_parent",
    DentryName = "dentry.d_name.name",
    DentryHashLength = "dentry.d_name.hash_len",
    MountVfs = "mount.mnt",
    MountParent = "mount.mnt_parent",
    MountPoint = "mount.mnt_mountpoint",
    VfsmountRoot = "vfsmount.mnt_root",
    SocketSk = "socket.sk",
    SocketType = "socket.type",
    SocketInode = "socket_alloc.vfs_inode",
    SockProtocol = "sock.sk_protocol",
    SockFamily = "sock.__sk_common.skc_family",
    SockState = "sock.__sk_common.skc_state",
    SockDaddr = "sock.__sk_common.skc_daddr",
    SockRcvSaddr = "sock.__sk_common.skc_rcv_saddr",
    SockDport = "sock.__sk_common.skc_dport",
    SockNum = "sock.__sk_common.skc_num",
    SockV6Daddr = "?sock.__sk_common.skc_v6_daddr",
    SockV6RcvSaddr = "?sock.__sk_common.skc_v6_rcv_saddr",
    BprmFilename = "linux_binprm.filename",
    BprmInterp = "linux_binprm.interp",
    PtRegsSize = "sizeof(pt_regs)",
    // Number of the system call: x86_64's name, then arm64's.
    RegsCall = "pt_regs.orig_ax|pt_regs.syscallno",
    // System call arguments as saved at entry: x86_64 names, then arm64's.
    RegsArg0 = "pt_regs.di|pt_regs.orig_x0",
    RegsArg1 = "pt_regs.si|pt_regs.regs[1]",
    RegsArg2 = "pt_regs.dx|pt_regs.regs[2]",
    RegsArg3 = "pt_regs.r10|pt_regs.regs[3]",
}

/// Number of places.
pub const PLACES_COUNT: usize = PLACES.len();

/// Facts about this kernel and this agent that are no offsets; they follow the offsets in the same
/// read-only global, so that the verifier sees constants and drops what does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Setting {
    /// Process id of the agent, which is never reported.
    AgentPid = 0,
    /// Index in `css_set.subsys` of the hierarchy that identifies containers, or [`MISSING`] for v2.
    CgroupSubsystem = 1,
    /// 1 when `bpf_task_pt_regs` exists (5.15).
    HasTaskPtRegs = 2,
    /// Size of a kernel stack, for kernels without that helper.
    ThreadSize = 3,
}

/// Number of settings.
pub const SETTINGS_COUNT: usize = 4;

/// Entries of the read-only global `LAYOUT`: offsets, then settings.
pub const LAYOUT_SIZE: usize = PLACES_COUNT + SETTINGS_COUNT;
