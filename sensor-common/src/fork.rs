//! A process (not a thread) was created. The header describes the parent.

/// Fixed part of a fork record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Fork {
    /// Start of the child, nanoseconds since boot.
    pub child_start_time: u64,
    /// Process id of the child in the initial pid namespace.
    pub child_pid: u32,
    /// Process id of the child in its own pid namespace.
    pub child_namespace_pid: u32,
    /// Control group of the child.
    pub child_cgroup: u64,
}

const _: () = assert!(size_of::<Fork>() == 24);
