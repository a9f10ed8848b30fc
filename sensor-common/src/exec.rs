//! A process replaced its program. Sections: args, executable, cwd, asked, interpreter, cgroup,
//! environment.

use crate::{
    Header, Namespaces,
    limits::{ARGS_MAX, NAME_SIZE, PATH_MAX, RECORD_MAX, USER_PATH_MAX},
    stdio::Stdio,
};

/// `args` was longer than [`crate::limits::ARGS_MAX`].
pub const FLAG_ARGS_CUT: u32 = 1 << 0;
/// A path has more components than were walked, or a component was unreadable.
pub const FLAG_PATH_CUT: u32 = 1 << 1;
/// The executable is on overlayfs and has an upper layer: it is not the image's own file.
pub const FLAG_UPPER_LAYER: u32 = 1 << 2;
/// The `argv` memory could not be read whole.
pub const FLAG_ARGS_FAULT: u32 = 1 << 3;
/// The executable's path leads outside of the process's root directory.
pub const FLAG_OUTSIDE_ROOT: u32 = 1 << 4;
/// The executable lives on overlayfs.
pub const FLAG_OVERLAY: u32 = 1 << 5;

/// The environment was longer than [`crate::limits::ENVIRONMENT_MAX`], or unreadable.
pub const FLAG_ENVIRONMENT_CUT: u32 = 1 << 6;

/// Fixed part of an exec record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Exec {
    /// Effective capabilities, bit n is capability n.
    pub capabilities: u64,
    /// Start of the parent process, nanoseconds since boot.
    pub parent_start_time: u64,
    /// Inode number of the executable.
    pub inode: u64,
    /// Size of the executable in bytes.
    pub file_size: u64,
    /// Change time of the executable, seconds since the epoch.
    pub change_time: u64,
    /// Magic number of the executable's file system (`s_magic`).
    pub fs_magic: u64,
    /// `FLAG_*` of this module.
    pub flags: u32,
    /// Process id of the parent (`real_parent`).
    pub parent_pid: u32,
    /// Thread id before the exec; differs from the pid when a thread called exec.
    pub old_tid: u32,
    /// Process id as the process itself sees it, in its own pid namespace.
    pub namespace_pid: u32,
    /// Real user id.
    pub real_uid: u32,
    /// Effective user id.
    pub effective_uid: u32,
    /// Saved user id.
    pub saved_uid: u32,
    /// Real group id.
    pub real_gid: u32,
    /// Effective group id.
    pub effective_gid: u32,
    /// User id of the login (audit `loginuid`), `u32::MAX` when unset or not built in.
    pub login_uid: u32,
    /// Session id (`setsid`), in the initial pid namespace.
    pub session: u32,
    /// Device of the executable's file system.
    pub device: u32,
    /// Hard links to the executable; 0: it is deleted, or never had a name.
    pub links: u32,
    /// File type and permissions of the executable.
    pub mode: u16,
    /// Zero.
    pub reserved: u16,
    /// Owner of the executable.
    pub file_uid: u32,
    /// Bytes of `argv` before cutting.
    pub args_total: u32,
    /// Namespaces after the exec.
    pub namespaces: Namespaces,
    /// Name of the controlling terminal, NUL padded, empty when there is none.
    pub tty: [u8; 16],
    /// Standard input, output and error.
    pub stdio: [Stdio; 3],
    /// Bytes of section `args`: `argv`, NUL separated, from the new program's own memory.
    pub args_len: u16,
    /// Bytes of section `executable`: resolved path, leaf first (see the kernel's `path`).
    pub executable_len: u16,
    /// Bytes of section `cwd`: resolved path, leaf first.
    pub cwd_len: u16,
    /// Bytes of section `asked`: the path given to exec (a script's own path).
    pub asked_len: u16,
    /// Bytes of section `interpreter`: path of the interpreter, empty when it is the asked file.
    pub interpreter_len: u16,
    /// Bytes of section `cgroup`: path of the control group, leaf first.
    pub cgroup_len: u16,
    /// Bytes of section `environment`: the new program's environment, NUL separated.
    pub environment_len: u16,
    /// Zero.
    pub reserved_end: u16,
}

const _: () = assert!(size_of::<Exec>() == 6 * 8 + 13 * 4 + 4 + 2 * 4 + 32 + 16 + 3 * 64 + 16);

// Three resolved paths, each ending with the name that passed its limit, and two given ones.
const _: () = assert!(
    size_of::<Header>()
        + size_of::<Exec>()
        + ARGS_MAX
        + 3 * (PATH_MAX + NAME_SIZE)
        + 2 * USER_PATH_MAX
        < RECORD_MAX
);
