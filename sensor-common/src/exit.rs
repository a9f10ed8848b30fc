//! The last thread of a process ended.

/// Fixed part of an exit record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Exit {
    /// Wait status: exit code << 8, or the signal.
    pub status: u32,
    /// Zero.
    pub reserved: u32,
}

const _: () = assert!(size_of::<Exit>() == 8);
