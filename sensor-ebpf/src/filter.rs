//! What the loaded rules ask for: the agent fills these maps, activity programs consult them
//! before they build a record.

use core::ffi::c_void;

use aya_ebpf::{
    helpers::generated::bpf_probe_read_kernel_str,
    macros::map,
    maps::{Array, HashMap},
};
use sensor_common::{
    filter::{
        CONNECT_ADDRESSES, CONNECT_ALL, CONNECT_PORTS, CONNECT_PROGRAMS, Name, OPEN_ALL,
        OPEN_DIRECTORIES, OPEN_NAMES, OPEN_PROGRAMS, Switches, length_bit,
    },
    limits::{FILTER_DIRECTORY_DEPTH, FILTER_ENTRIES_MAX, FILTER_NAME_SIZE},
    offsets::Place,
};

use crate::kernel::{file, layout, memory::Address, task};

#[map]
static SWITCHES: Array<Switches> = Array::with_max_entries(1, 0);
#[map(name = "OPEN_NAMES")]
static NAMES: HashMap<Name, u8> = HashMap::with_max_entries(FILTER_ENTRIES_MAX, 0);
#[map(name = "OPEN_DIRS")]
static DIRECTORIES: HashMap<Name, u8> = HashMap::with_max_entries(FILTER_ENTRIES_MAX, 0);
#[map(name = "OPEN_PROGRAMS")]
static OPENERS: HashMap<Name, u8> = HashMap::with_max_entries(FILTER_ENTRIES_MAX, 0);
#[map(name = "CONN_ADDRESSES")]
static ADDRESSES: HashMap<[u8; 16], u8> = HashMap::with_max_entries(FILTER_ENTRIES_MAX, 0);
#[map(name = "CONN_PORTS")]
static PORTS: HashMap<u16, u8> = HashMap::with_max_entries(FILTER_ENTRIES_MAX, 0);
#[map(name = "CONN_PROGRAMS")]
static CONNECTORS: HashMap<Name, u8> = HashMap::with_max_entries(FILTER_ENTRIES_MAX, 0);

/// The agent's switches.
#[inline(always)]
pub(crate) fn switches() -> Option<Switches> {
    SWITCHES.get(0).copied()
}

/// What the filter needs of a dentry.
struct Entry {
    parent: Address,
    length: u64,
    name: u64,
}

/// Reads a dentry's parent and name, which lie side by side in the kernels that we know.
#[inline(always)]
fn entry(dentry: Address) -> Entry {
    let parent = layout::offset(Place::DentryParent);
    let together = layout::offset(Place::DentryHashLength) == parent + 8
        && layout::offset(Place::DentryName) == parent + 16;
    let [parent, hash_length, name]: [u64; 3] = if together {
        dentry.get(Place::DentryParent)
    } else {
        [
            dentry.get(Place::DentryParent),
            dentry.get(Place::DentryHashLength),
            dentry.get(Place::DentryName),
        ]
    };
    // `struct qstr` (include/linux/dcache.h): the hash in the low half, the length in the high one.
    Entry {
        parent: Address(parent),
        length: hash_length >> 32,
        name,
    }
}

/// A name in kernel memory as a filter key.
#[inline(always)]
fn key(address: u64) -> Name {
    let mut name = [0u8; FILTER_NAME_SIZE];
    // SAFETY: the helper writes at most the given size.
    unsafe {
        bpf_probe_read_kernel_str(
            name.as_mut_ptr().cast::<c_void>(),
            FILTER_NAME_SIZE as u32,
            address as *const c_void,
        );
    }
    name
}

/// Whether a map holds the base name of the current task's executable.
#[inline(always)]
fn program_in(map: &HashMap<Name, u8>) -> bool {
    let executable = task::current()
        .follow(Place::TaskMm)
        .follow(Place::MmExeFile);
    if executable.is_null() {
        return false;
    }
    contains(map, &key(file::dentry(executable).get(Place::DentryName)))
}

/// Whether a map holds a key.
#[inline(always)]
fn contains<K>(map: &HashMap<K, u8>, key: &K) -> bool {
    map.get_ptr(key).is_some()
}

/// Whether a map, whose names have these lengths, holds the name of an entry.
#[inline(always)]
fn listed(map: &HashMap<Name, u8>, lengths: u64, entry: &Entry) -> bool {
    lengths & length_bit(entry.length) != 0 && contains(map, &key(entry.name))
}

/// Whether some rule asks for opens of this dentry.
#[inline(always)]
pub(crate) fn wants_open(dentry: Address) -> bool {
    let Some(switches) = switches() else {
        return false;
    };
    let flags = switches.flags;
    if flags & OPEN_ALL != 0 {
        return true;
    }
    let file = entry(dentry);
    if flags & OPEN_NAMES != 0 && listed(&NAMES, switches.name_lengths, &file) {
        return true;
    }
    if flags & OPEN_DIRECTORIES != 0 {
        let mut directory = entry(file.parent);
        for _ in 0..FILTER_DIRECTORY_DEPTH {
            if listed(&DIRECTORIES, switches.directory_lengths, &directory) {
                return true;
            }
            directory = entry(directory.parent);
        }
    }
    flags & OPEN_PROGRAMS != 0 && program_in(&OPENERS)
}

/// Whether some rule asks for connects to this internet address and port (host byte order).
#[inline(always)]
pub(crate) fn wants_connect(address: &[u8; 16], port: u16) -> bool {
    let Some(Switches { flags, .. }) = switches() else {
        return false;
    };
    flags & CONNECT_ALL != 0
        || flags & CONNECT_ADDRESSES != 0 && contains(&ADDRESSES, address)
        || flags & CONNECT_PORTS != 0 && contains(&PORTS, &port)
        || flags & CONNECT_PROGRAMS != 0 && program_in(&CONNECTORS)
}

/// Whether some rule asks for anything under one of these switches.
#[inline(always)]
pub(crate) fn wants(flag: u32) -> bool {
    switches().is_some_and(|switches| switches.flags & flag != 0)
}
