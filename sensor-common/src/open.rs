//! A file was opened. Section: path.

/// The path was cut (see [`crate::exec::FLAG_PATH_CUT`]).
pub const FLAG_PATH_CUT: u32 = 1 << 0;
/// The path leads outside of the process's root directory.
pub const FLAG_OUTSIDE_ROOT: u32 = 1 << 1;
/// This open created the file.
pub const FLAG_CREATED: u32 = 1 << 2;

/// Fixed part of an open record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Open {
    /// Inode number.
    pub inode: u64,
    /// Size in bytes at the time of opening (after truncation where the hook sees only that).
    pub file_size: u64,
    /// Magic number of the file system.
    pub fs_magic: u64,
    /// Device of the file system.
    pub device: u32,
    /// Hard links.
    pub links: u32,
    /// `O_*` flags as asked, of the architecture.
    pub open_flags: u32,
    /// `FLAG_*` of this module.
    pub flags: u32,
    /// Owner.
    pub file_uid: u32,
    /// File type and permissions.
    pub mode: u16,
    /// Bytes of section `path`: resolved path, leaf first.
    pub path_len: u16,
    /// Permission bits asked for a new file, as given to the call; 0xffff where the hook cannot see them.
    pub create_mode: u16,
    /// Zero.
    pub reserved: [u16; 3],
}

const _: () = assert!(size_of::<Open>() == 56);
