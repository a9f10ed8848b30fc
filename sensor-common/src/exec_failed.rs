//! An exec was asked for and refused (no such file, no permission). Sections: asked, args.

/// Fixed part of an exec-failed record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ExecFailed {
    /// Negative errno.
    pub result: i32,
    /// Arguments in the caller's memory that were not read (more than fit).
    pub args_cut: u32,
    /// Bytes of section `asked`: the path given to exec.
    pub asked_len: u16,
    /// Bytes of section `args`: the given `argv`, NUL separated.
    pub args_len: u16,
    /// Zero.
    pub reserved: u32,
}

const _: () = assert!(size_of::<ExecFailed>() == 16);
