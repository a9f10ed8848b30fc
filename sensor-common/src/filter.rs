//! What the loaded rules want to see, as the kernel programs read it.

use crate::limits::FILTER_NAME_SIZE;

/// Bit in [`Switches::flags`]: report every open.
pub const OPEN_ALL: u32 = 1 << 0;
/// Report opens by file name (map `OPEN_NAMES`).
pub const OPEN_NAMES: u32 = 1 << 1;
/// Report opens by the name of a directory above the file (map `OPEN_DIRECTORIES`).
pub const OPEN_DIRECTORIES: u32 = 1 << 2;
/// Report opens by the base name of the acting executable (map `OPEN_PROGRAMS`).
pub const OPEN_PROGRAMS: u32 = 1 << 3;
/// Report every connect.
pub const CONNECT_ALL: u32 = 1 << 4;
/// Report connects by destination address (map `CONNECT_ADDRESSES`).
pub const CONNECT_ADDRESSES: u32 = 1 << 5;
/// Report connects by destination port (map `CONNECT_PORTS`).
pub const CONNECT_PORTS: u32 = 1 << 6;
/// Report connects by the base name of the acting executable (map `CONNECT_PROGRAMS`).
pub const CONNECT_PROGRAMS: u32 = 1 << 7;
/// Report connects of Unix sockets.
pub const CONNECT_UNIX: u32 = 1 << 8;

/// A file name as the filter maps key it: NUL padded, cut at [`FILTER_NAME_SIZE`].
pub type Name = [u8; FILTER_NAME_SIZE];

/// The one entry of map `SWITCHES`; written by the agent, read by every activity program.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Switches {
    /// Bits of this module.
    pub flags: u32,
    /// Activity records that one control group may send per second, on average.
    pub rate: u32,
    /// Activity records that one control group may send at once.
    pub burst: u32,
    /// Zero.
    pub reserved: u32,
    /// Lengths of the names in `OPEN_NAMES`, as [`length_bit`]s: most names are told by that alone.
    pub name_lengths: u64,
    /// Lengths of the names in `OPEN_DIRS`.
    pub directory_lengths: u64,
}

/// Token bucket of one control group (map `BUCKETS`).
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Bucket {
    /// Tokens left, in thousandths.
    pub tokens: u64,
    /// Nanoseconds since boot of the last refill.
    pub refilled: u64,
    /// Records suppressed; only grows.
    pub suppressed: u64,
}

const _: () = assert!(size_of::<Switches>() == 32);
const _: () = assert!(size_of::<Bucket>() == 24);

/// The bit that stands for names of this length. Names that do not fit a key share one bit.
#[must_use]
#[inline(always)]
pub const fn length_bit(length: u64) -> u64 {
    if length >= FILTER_NAME_SIZE as u64 - 1 {
        1 << (FILTER_NAME_SIZE - 1)
    } else {
        1 << length
    }
}

/// `name` as a filter key.
#[must_use]
pub fn name_key(name: &[u8]) -> Name {
    let mut key = [0; FILTER_NAME_SIZE];
    // One byte stays NUL: the kernel's copy of a string always ends with one.
    for (to, from) in key.iter_mut().take(FILTER_NAME_SIZE - 1).zip(name) {
        *to = *from;
    }
    key
}
