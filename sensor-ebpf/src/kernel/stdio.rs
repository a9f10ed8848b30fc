//! What descriptors 0, 1 and 2 of a task are wired to.

use sensor_common::{offsets::Place, stdio::Stdio};

use super::{file, memory::Address, socket};

/// `S_IFMT`.
const TYPE_MASK: u16 = 0o170_000;
/// `S_IFIFO`.
const TYPE_PIPE: u16 = 0o010_000;
/// `PIPEFS_MAGIC`: pipes without a name.
const PIPEFS: u64 = 0x5049_5045;
/// `S_IFSOCK`.
const TYPE_SOCKET: u16 = 0o140_000;

/// Describes one descriptor; all zero when it is closed.
#[inline(always)]
pub(crate) fn describe(task: Address, descriptor: u32) -> Stdio {
    let mut stdio = Stdio::default();
    let file = file::of_descriptor(task, descriptor);
    if file.is_null() {
        return stdio;
    }
    let inode = file.follow(Place::FileInode);
    stdio.inode = inode.get(Place::InodeIno);
    stdio.mode = inode.get(Place::InodeMode);
    stdio.special = inode.get(Place::InodeRdev);
    let superblock = inode.follow(Place::InodeSb);
    stdio.device = superblock.get(Place::SuperDev);
    if stdio.mode & TYPE_MASK == TYPE_PIPE {
        stdio.state = u8::from(superblock.get::<u64>(Place::SuperMagic) != PIPEFS);
    }
    if stdio.mode & TYPE_MASK == TYPE_SOCKET {
        socket::describe(file.follow(Place::FilePrivate), &mut stdio);
    }
    stdio
}
