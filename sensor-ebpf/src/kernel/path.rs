//! Paths from the kernel's own objects, written leaf first: each component NUL terminated, the
//! agent joins them in reverse. No buffer has to be filled backwards, and nothing comes from user
//! memory.
//!
//! The walks are global functions that take only numbers: the verifier checks such a function once,
//! by itself, instead of once for every state in which a program calls it.

use core::ffi::c_void;

use aya_ebpf::helpers::generated::bpf_probe_read_kernel_str;
use sensor_common::{
    limits::{NAME_SIZE, PATH_COMPONENTS_MAX, PATH_MAX, RECORD_MAX},
    offsets::Place,
};

use super::{
    layout::offset,
    memory::{Address, mask, string_length},
};
use crate::scratch;

/// The path was cut: too deep, too long, or a name was unreadable.
pub(crate) const CUT: u64 = 1 << 32;
/// The walk ended at the root of the mount tree, not at the root directory of the task.
pub(crate) const OUTSIDE_ROOT: u64 = 1 << 33;

/// Appends a kernel string at `position`; returns its length with the NUL, 0 when unreadable.
#[inline(always)]
fn append_name(buffer: *mut u8, position: u64, name: u64) -> u64 {
    let at = mask::<{ RECORD_MAX - 1 }>(position);
    // SAFETY: a scratch slot is longer than RECORD_MAX + NAME_SIZE, and `at` is below RECORD_MAX.
    let length = unsafe {
        bpf_probe_read_kernel_str(
            buffer.add(at as usize).cast::<c_void>(),
            NAME_SIZE as u32,
            name as *const c_void,
        )
    };
    string_length::<{ 2 * NAME_SIZE - 1 }>(length)
}

/// Writes the path of a `struct path` into a scratch slot at `start`, as seen from `root`, another
/// `struct path`. Returns its length, with [`CUT`] and [`OUTSIDE_ROOT`].
#[unsafe(no_mangle)]
#[inline(never)]
pub(crate) extern "C" fn vigie_write_path(slot: u32, start: u64, path: u64, root: u64) -> u64 {
    let Some(buffer) = scratch::bytes_of(slot) else {
        return CUT;
    };
    let root_dentry = Address(root).follow(Place::PathDentry);
    let root_mount = Address(root).follow(Place::PathMnt);
    let mut dentry = Address(path).follow(Place::PathDentry);
    let mut mount = Address(path).follow(Place::PathMnt);
    let mut position = start;
    for _ in 0..PATH_COMPONENTS_MAX {
        if dentry == root_dentry && mount == root_mount {
            return position - start;
        }
        if dentry == mount.follow(Place::VfsmountRoot) {
            let whole = Address(mount.0 - offset(Place::MountVfs));
            let parent = whole.follow(Place::MountParent);
            if parent == whole {
                return (position - start) | OUTSIDE_ROOT;
            }
            dentry = whole.follow(Place::MountPoint);
            mount = parent.member(Place::MountVfs);
            continue;
        }
        let length = append_name(buffer, position, dentry.get(Place::DentryName));
        if length == 0 || position - start > PATH_MAX as u64 {
            break;
        }
        position += length;
        let parent = dentry.follow(Place::DentryParent);
        if parent == dentry {
            // A file without a place in any tree: memfd, deleted mount.
            return (position - start) | OUTSIDE_ROOT;
        }
        dentry = parent;
    }
    (position - start) | CUT
}

/// Writes the path of a kernfs node into a scratch slot; returns its length, with [`CUT`].
#[unsafe(no_mangle)]
#[inline(never)]
pub(crate) extern "C" fn vigie_write_kernfs_path(slot: u32, start: u64, node: u64) -> u64 {
    let Some(buffer) = scratch::bytes_of(slot) else {
        return CUT;
    };
    let mut node = Address(node);
    let mut position = start;
    for _ in 0..PATH_COMPONENTS_MAX {
        let parent = node.follow(Place::KernfsParent);
        if parent.is_null() {
            return position - start;
        }
        let length = append_name(buffer, position, node.get(Place::KernfsName));
        if length == 0 || position - start > PATH_MAX as u64 {
            break;
        }
        position += length;
        node = parent;
    }
    (position - start) | CUT
}
