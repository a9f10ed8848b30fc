//! Reading small files of hostile or vanishing owners: bounded, never waiting for a file server.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::ffi::OsStringExt,
    path::Path,
};

use rustix::fs::{AtFlags, CWD, Statx, StatxFlags, statx};

/// What the kernel appends to a link to something that has no name any more.
const DELETED: &[u8] = b" (deleted)";

/// The first `limit` bytes of a file, and whether there are more.
pub(super) fn read_limited(path: &Path, limit: u64) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = bytes.len() > limit;
    bytes.truncate(limit);
    Ok((bytes, more))
}

/// The first `limit` bytes of a file; empty when it cannot be read.
pub(super) fn read_or_empty(path: &Path, limit: u64) -> Vec<u8> {
    read_limited(path, limit)
        .map(|(bytes, _)| bytes)
        .unwrap_or_default()
}

/// Target of a symbolic link; empty when it cannot be read.
pub(super) fn link(path: &Path) -> Vec<u8> {
    path.read_link()
        .map(|target| target.into_os_string().into_vec())
        .unwrap_or_default()
}

/// Target of a link without the kernel's mark for deleted files, and whether it had that mark.
pub(super) fn live_link(path: &Path) -> (Vec<u8>, bool) {
    let mut target = link(path);
    let deleted = target.ends_with(DELETED);
    if deleted {
        target.truncate(target.len() - DELETED.len());
    }
    (target, deleted)
}

/// Attributes of the file that `path` leads to, as this node remembers them: a file server that
/// does not answer must not stop the sensor's start.
pub(super) fn attributes(path: &Path) -> Option<Statx> {
    statx(CWD, path, AtFlags::STATX_DONT_SYNC, StatxFlags::BASIC_STATS).ok()
}

/// A device number as the kernel has it inside: major << 20 | minor.
pub(super) fn kernel_device(major: u32, minor: u32) -> u32 {
    major.wrapping_shl(20) | (minor & 0xf_ffff)
}

/// A number in decimal digits, nothing else.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The number in `KIND:[NUMBER]`, as links to things without a name have it.
pub(super) fn bracketed(target: &[u8]) -> Option<u64> {
    let open = target.iter().position(|byte| *byte == b'[')?;
    decimal(target.get(open + 1..)?.strip_suffix(b"]")?)
}

/// Inode number of a namespace of the process in directory `process`.
pub(crate) fn namespace(process: &Path, name: &str) -> Option<u32> {
    u32::try_from(bracketed(&link(&process.join("ns").join(name)))?).ok()
}

/// Inode number of a namespace of the node itself: that of process 1, or where that one is
/// protected, of the first kernel thread, which is always in the initial namespaces.
pub(crate) fn node_namespace(proc_root: &Path, name: &str) -> Option<u32> {
    ["1", "2"]
        .iter()
        .find_map(|pid| namespace(&proc_root.join(pid), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_links() {
        for (target, expected) in [
            ("mnt:[4026531832]", Some(4_026_531_832)),
            ("pipe:[7]", Some(7)),
            ("pipe:[]", None),
            ("pipe:[7", None),
            ("/dev/null", None),
            ("", None),
        ] {
            assert_eq!(bracketed(target.as_bytes()), expected, "{target}");
        }
    }
}
