//! Namespaces were created or joined, or that was refused.

use crate::Namespaces;

/// `unshare(2)`.
pub const OPERATION_UNSHARE: u32 = 1;
/// `setns(2)`.
pub const OPERATION_SETNS: u32 = 2;
/// `clone(2)`, `clone3(2)`.
pub const OPERATION_CLONE: u32 = 3;

/// Fixed part of a namespace record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Namespace {
    /// `OPERATION_*` of this module.
    pub operation: u32,
    /// `CLONE_NEW*` bits asked for (refused) or changed (done).
    pub types: u32,
    /// 0, or a negative errno.
    pub result: i32,
    /// The new process of a clone, else 0.
    pub child_pid: u32,
    /// Namespaces afterwards (of the child, for a clone).
    pub namespaces: Namespaces,
}

const _: () = assert!(size_of::<Namespace>() == 48);
