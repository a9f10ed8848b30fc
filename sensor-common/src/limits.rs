//! Every size that the kernel programs and the agent must agree on, with its reason.

/// Most bytes of `argv` kept with an exec, NUL separated: longer than what people type and most
/// droppers send; longer ones are cut and flagged.
pub const ARGS_MAX: usize = 6144;

/// Most bytes of the environment that an exec carries to the agent, which keeps only the variables
/// that rules ask for. A power of two, so that the verifier can bound a length with a mask.
pub const ENVIRONMENT_MAX: usize = 8192;

/// Bytes after which a path section ends. Paths are written leaf first, so what a longer one (Linux
/// allows 4096) loses is its beginning, and it is flagged.
pub const PATH_MAX: usize = 2048;

/// Most components walked from a dentry to its root. Deeper paths are flagged as cut.
pub const PATH_COMPONENTS_MAX: u32 = 48;

/// Longest file name of Linux (`NAME_MAX`) and its NUL.
pub const NAME_SIZE: usize = 256;

/// Most bytes of a file name that a user-space pointer names (asked path, interpreter).
pub const USER_PATH_MAX: usize = 1024;

/// A record never starts a section beyond this offset.
pub const RECORD_MAX: usize = 16384;

/// One scratch slot: a section that starts before [`RECORD_MAX`] always fits behind it.
pub const SCRATCH_SIZE: usize = RECORD_MAX + ENVIRONMENT_MAX;

/// Scratch slots per CPU: programs may be preempted by others on the same CPU.
pub const SCRATCH_SLOTS: u32 = 3;

/// Arguments read from user memory for an exec that failed (its `argv` never became an `mm`).
pub const FAILED_ARGS_MAX: u32 = 20;

/// Bytes of each of these arguments, with the NUL.
pub const FAILED_ARG_SIZE: usize = 256;

/// Bytes of the file name that the in-kernel filter compares; longer names compare by prefix.
pub const FILTER_NAME_SIZE: usize = 32;

/// Directories above an opened file that the in-kernel filter looks at.
pub const FILTER_DIRECTORY_DEPTH: u32 = 3;

/// Entries of each in-kernel filter map. The agent widens to "everything" beyond it and says so.
pub const FILTER_ENTRIES_MAX: u32 = 4096;

/// Control groups whose token bucket is remembered (least recently used goes first).
pub const BUCKETS_MAX: u32 = 4096;

/// Bytes of a Unix socket's path (`sun_path`).
pub const UNIX_PATH_SIZE: usize = 108;

/// Bytes of the `LIFECYCLE` ring: about half a second of 5,000 processes per second, at 1.5 KiB for
/// fork, exec and exit together. The agent's resident memory counts each ring twice, because the
/// kernel maps it twice in a row.
pub const LIFECYCLE_RING_SIZE: u32 = 4 * 1024 * 1024;

/// Bytes of the `ACTIVITY` ring: 10,000 records of 200 bytes, what one control group may send at
/// once.
pub const ACTIVITY_RING_SIZE: u32 = 2 * 1024 * 1024;

/// Least time between two wake-ups of the agent, nanoseconds; after one it looks at the rings in
/// the same interval until they are empty. What a busy node adds to the latency of an alert.
pub const WAKE_INTERVAL: u64 = 5_000_000;
