//! Open files.

use sensor_common::offsets::Place;

use super::memory::Address;

/// `OVERLAYFS_SUPER_MAGIC`.
pub(crate) const OVERLAYFS: u64 = 0x794c_7630;

/// The open file behind a descriptor of a task; null when there is none.
#[inline(always)]
pub(crate) fn of_descriptor(task: Address, descriptor: u32) -> Address {
    let table = task.follow(Place::TaskFiles).follow(Place::FilesFdt);
    if descriptor >= table.get::<u32>(Place::FdtableMax) {
        return Address(0);
    }
    in_table(table, descriptor)
}

/// The open file behind a descriptor that the kernel has just handed out.
#[inline(always)]
pub(crate) fn of_new_descriptor(task: Address, descriptor: u32) -> Address {
    in_table(
        task.follow(Place::TaskFiles).follow(Place::FilesFdt),
        descriptor,
    )
}

#[inline(always)]
fn in_table(table: Address, descriptor: u32) -> Address {
    let files = table.follow(Place::FdtableFd);
    Address(Address(files.0 + u64::from(descriptor) * 8).read())
}

/// Whether an overlayfs inode has an upper layer: the file is not from the image as shipped.
#[inline(always)]
pub(crate) fn has_upper_layer(inode: Address) -> bool {
    inode.get::<u64>(Place::OverlayUpper) != 0
}

/// The dentry of an open file.
#[inline(always)]
pub(crate) fn dentry(file: Address) -> Address {
    file.member(Place::FilePath).follow(Place::PathDentry)
}
