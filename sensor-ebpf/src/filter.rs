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
        OPEN_DIRECTORIES, OPEN_NAMES, OPEN_PROGRAMS, Switches,
    },
    limits::{FILTER_DIRECTORY_DEPTH, FILTER_ENTRIES_MAX, FILTER_NAME_SIZE},
    offsets::Place,
};

use crate::kernel::{file, memory::Address, task};

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

/// Name of a dentry as a filter key.
#[inline(always)]
fn key(dentry: Address) -> Name {
    let mut name = [0u8; FILTER_NAME_SIZE];
    // SAFETY: the helper writes at most the given size.
    unsafe {
        bpf_probe_read_kernel_str(
            name.as_mut_ptr().cast::<c_void>(),
            FILTER_NAME_SIZE as u32,
            dentry.get::<u64>(Place::DentryName) as *const c_void,
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
    contains(map, &key(file::dentry(executable)))
}

/// Whether a map holds a key.
#[inline(always)]
fn contains<K>(map: &HashMap<K, u8>, key: &K) -> bool {
    map.get_ptr(key).is_some()
}

/// Whether some rule asks for opens of this dentry.
#[inline(always)]
pub(crate) fn wants_open(dentry: Address) -> bool {
    let Some(Switches { flags, .. }) = switches() else {
        return false;
    };
    if flags & OPEN_ALL != 0 || flags & OPEN_NAMES != 0 && contains(&NAMES, &key(dentry)) {
        return true;
    }
    if flags & OPEN_DIRECTORIES != 0 {
        let mut directory = dentry;
        for _ in 0..FILTER_DIRECTORY_DEPTH {
            directory = directory.follow(Place::DentryParent);
            if contains(&DIRECTORIES, &key(directory)) {
                return true;
            }
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
