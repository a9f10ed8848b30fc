//! The only code that touches the rings: builds records, numbers them, counts what became of them.

use core::ffi::c_void;

use aya_ebpf::{
    helpers::generated::{
        bpf_get_smp_processor_id, bpf_ktime_get_boot_ns, bpf_probe_read_kernel,
        bpf_probe_read_kernel_str, bpf_probe_read_user, bpf_probe_read_user_str,
        bpf_ringbuf_output,
    },
    macros::map,
    maps::{Array, LruHashMap, PerCpuArray, RingBuf},
};
use sensor_common::{
    Header, Kind,
    counters::{COUNTERS as COUNTERS_COUNT, Outcome, counter},
    filter::Bucket,
    limits::{
        ACTIVITY_RING_SIZE, BUCKETS_MAX, ENVIRONMENT_MAX, FAILED_ARG_SIZE, LIFECYCLE_RING_SIZE,
        RECORD_MAX, SCRATCH_SIZE, USER_PATH_MAX, WAKE_INTERVAL,
    },
    offsets::Place,
};

use crate::{
    filter,
    kernel::{
        cgroup,
        memory::{Address, mask, string_length},
        path, task,
    },
    scratch::{self, Claim},
};

/// fork, exec, exit: a flood of other events can never evict them.
#[map]
static LIFECYCLE: RingBuf = RingBuf::with_byte_size(LIFECYCLE_RING_SIZE, 0);

/// Everything else.
#[map]
static ACTIVITY: RingBuf = RingBuf::with_byte_size(ACTIVITY_RING_SIZE, 0);

/// Next sequence number of this CPU: of `LIFECYCLE`, of `ACTIVITY`.
#[map]
static SEQUENCES: PerCpuArray<u64> = PerCpuArray::with_max_entries(2, 0);

/// When the agent was last woken, nanoseconds since boot.
#[map]
static WOKEN: Array<u64> = Array::with_max_entries(1, 0);

/// See [`sensor_common::counters`].
#[map]
static COUNTERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(COUNTERS_COUNT, 0);

/// Token buckets by control group.
#[map]
static BUCKETS: LruHashMap<u64, Bucket> = LruHashMap::with_max_entries(BUCKETS_MAX, 0);

/// Bytes of a record that a mask can express: what the ring is given is cut to it.
const LENGTH_MASK: usize = 0x7fff;
const _: () = assert!(SCRATCH_SIZE < LENGTH_MASK);
const NANOSECONDS: u64 = 1_000_000_000;

/// Counts an outcome.
#[inline(always)]
pub(crate) fn count(kind: Kind, outcome: Outcome) {
    if let Some(value) = COUNTERS.get_ptr_mut(counter(kind, outcome)) {
        // SAFETY: a live map value of this CPU.
        unsafe { *value += 1 };
    }
}

/// A record under construction.
pub(crate) struct Record {
    claim: Claim,
    kind: Kind,
    length: u64,
}

impl Record {
    /// Starts a record about what the current task does. `None`: counted, nothing to do.
    #[inline(always)]
    pub(crate) fn begin<Body>(kind: Kind) -> Option<(Record, *mut Body)> {
        let task = task::current();
        let group = cgroup::id(task);
        if !kind.is_lifecycle() && !within_share(group) {
            count(kind, Outcome::Suppressed);
            return None;
        }
        let Some(claim) = scratch::claim() else {
            count(kind, Outcome::Scratch);
            return None;
        };
        let header = claim.bytes().cast::<Header>();
        // SAFETY: the slot is larger than header and body together.
        unsafe {
            (*header).kind = kind as u16;
            (*header).cpu = bpf_get_smp_processor_id() as u16;
            (*header).time = bpf_ktime_get_boot_ns();
            (*header).start_time = task::start_time(task);
            (*header).cgroup = group;
            (*header).pid = task.get(Place::TaskTgid);
            (*header).tid = task.get(Place::TaskPid);
            let credentials = task.follow(Place::TaskCred);
            (*header).uid = credentials.get(Place::CredEuid);
            (*header).gid = credentials.get(Place::CredEgid);
            (*header).mnt_ns = task::mount_namespace(task);
            (*header).pid_ns = task::pid_namespace(task);
            (*header).comm = task.get(Place::TaskComm);
        }
        let length = (size_of::<Header>() + size_of::<Body>()) as u64;
        // SAFETY: as above; the body starts at a multiple of 8.
        let body = unsafe {
            let body = claim.bytes().add(size_of::<Header>());
            core::ptr::write_bytes(body.cast::<u64>(), 0, size_of::<Body>() / 8);
            body.cast::<Body>()
        };
        Some((
            Record {
                claim,
                kind,
                length,
            },
            body,
        ))
    }

    /// Where the next section starts, within bounds that the verifier sees.
    #[inline(always)]
    fn section(&self) -> *mut c_void {
        let at = mask::<{ RECORD_MAX - 1 }>(self.length);
        // SAFETY: `at` is below RECORD_MAX, and a slot has room for the largest section behind it.
        unsafe { self.claim.bytes().add(at as usize).cast::<c_void>() }
    }

    /// Takes in a section of `length` bytes that was written at [`Record::section`].
    #[inline(always)]
    fn grow(&mut self, length: u64) -> u16 {
        self.length += length;
        length as u16
    }

    /// Appends bytes of user memory, at most `ENVIRONMENT_MAX - 1`. False when they cannot be read.
    #[inline(always)]
    pub(crate) fn append_user(&mut self, address: u64, length: u64) -> (u16, bool) {
        let length = mask::<{ ENVIRONMENT_MAX - 1 }>(length);
        // SAFETY: see `section`; the length is below ENVIRONMENT_MAX.
        let result =
            unsafe { bpf_probe_read_user(self.section(), length as u32, address as *const c_void) };
        (self.grow(length), result == 0)
    }

    /// Appends bytes of kernel memory, at most 127.
    #[inline(always)]
    pub(crate) fn append_kernel(&mut self, address: u64, length: u64) -> u16 {
        let length = mask::<127>(length);
        // SAFETY: see `section`.
        unsafe {
            bpf_probe_read_kernel(self.section(), length as u32, address as *const c_void);
        }
        self.grow(length)
    }

    /// Appends a NUL-terminated string of kernel memory (the NUL is kept).
    #[inline(always)]
    pub(crate) fn append_kernel_string(&mut self, address: u64) -> u16 {
        // SAFETY: see `section`.
        let length = unsafe {
            bpf_probe_read_kernel_str(
                self.section(),
                USER_PATH_MAX as u32,
                address as *const c_void,
            )
        };
        self.grow(string_length::<{ 2 * USER_PATH_MAX - 1 }>(length))
    }

    /// Appends a NUL-terminated path of user memory (the NUL is kept).
    #[inline(always)]
    pub(crate) fn append_user_path(&mut self, address: u64) -> u16 {
        // SAFETY: see `section`.
        let length = unsafe {
            bpf_probe_read_user_str(
                self.section(),
                USER_PATH_MAX as u32,
                address as *const c_void,
            )
        };
        self.grow(string_length::<{ 2 * USER_PATH_MAX - 1 }>(length))
    }

    /// Appends one argument of user memory (the NUL is kept); 0 when it cannot be read.
    #[inline(always)]
    pub(crate) fn append_user_argument(&mut self, address: u64) -> u16 {
        // SAFETY: see `section`.
        let length = unsafe {
            bpf_probe_read_user_str(
                self.section(),
                FAILED_ARG_SIZE as u32,
                address as *const c_void,
            )
        };
        self.grow(string_length::<{ 2 * FAILED_ARG_SIZE - 1 }>(length))
    }

    /// Appends the path of a `struct path`; returns its length and [`path`]'s flags.
    #[inline(always)]
    pub(crate) fn append_path(&mut self, of: Address, root: Address) -> (u16, u64) {
        let result = path::vigie_write_path(self.claim.index(), self.length, of.0, root.0);
        (self.grow(result & 0xffff), result)
    }

    /// Appends the path of a kernfs node.
    #[inline(always)]
    pub(crate) fn append_kernfs(&mut self, node: Address) -> u16 {
        let result = path::vigie_write_kernfs_path(self.claim.index(), self.length, node.0);
        self.grow(result & 0xffff)
    }

    /// Numbers the record, hands it to its ring and frees its memory.
    #[inline(always)]
    pub(crate) fn send(self) {
        let lifecycle = self.kind.is_lifecycle();
        let ring = if lifecycle { &LIFECYCLE } else { &ACTIVITY };
        let length = mask::<LENGTH_MASK>(self.length);
        if length > SCRATCH_SIZE as u64 || !self.claim.still_mine() {
            // The slot is whoever's took it; it frees it.
            count(self.kind, Outcome::Scratch);
            return;
        }
        let header = self.claim.bytes().cast::<Header>();
        // SAFETY: the slot holds `length` bytes; the ring is a live map.
        let result = unsafe {
            (*header).size = length as u32;
            (*header).sequence = next_sequence(u32::from(!lifecycle));
            bpf_ringbuf_output(
                core::ptr::from_ref(ring).cast_mut().cast::<c_void>(),
                self.claim.bytes().cast::<c_void>(),
                length,
                wakeup(self.kind, (*header).time),
            )
        };
        self.claim.release();
        count(
            self.kind,
            if result == 0 {
                Outcome::Sent
            } else {
                Outcome::RingFull
            },
        );
    }
}

/// Whether the agent is woken for a record (`include/uapi/linux/bpf.h`: `BPF_RB_*`).
///
/// A wake-up interrupts a CPU, which costs several times as much as the rest of a record (in a
/// virtual machine it leaves the guest). So there is at most one in [`WAKE_INTERVAL`]: an idle node
/// hears of an event at once, and after a wake-up the agent looks again by itself. Nothing is found
/// by a fork or an exit alone; they wait for others.
#[inline(always)]
fn wakeup(kind: Kind, now: u64) -> u64 {
    const NO_WAKEUP: u64 = 1;
    const FORCE_WAKEUP: u64 = 2;
    match kind {
        Kind::Fork | Kind::Exit => NO_WAKEUP,
        Kind::Exec | Kind::ExecFailed | Kind::Open | Kind::Connect | Kind::Namespace => {
            let Some(last) = WOKEN.get_ptr_mut(0) else {
                return FORCE_WAKEUP;
            };
            // SAFETY: a live map value. CPUs may race: one wake-up more or less.
            unsafe {
                if now.wrapping_sub(*last) < WAKE_INTERVAL {
                    return NO_WAKEUP;
                }
                *last = now;
            }
            FORCE_WAKEUP
        }
    }
}

/// Takes the next sequence number of a ring on this CPU.
#[inline(always)]
fn next_sequence(ring: u32) -> u64 {
    let Some(next) = SEQUENCES.get_ptr_mut(ring) else {
        return 0;
    };
    // SAFETY: a live map value of this CPU.
    unsafe {
        let sequence = *next;
        *next = sequence + 1;
        sequence
    }
}

/// Takes a token of a control group; false when its share is used up.
///
/// Races between CPUs lose or gain a token now and then; the share stays bounded.
#[inline(always)]
fn within_share(group: u64) -> bool {
    let Some(switches) = filter::switches() else {
        return true;
    };
    let now = boot_time();
    let capacity = u64::from(switches.burst) * 1000;
    let Some(bucket) = BUCKETS.get_ptr_mut(group) else {
        let fresh = Bucket {
            tokens: capacity.saturating_sub(1000),
            refilled: now,
            suppressed: 0,
        };
        let _ = BUCKETS.insert(group, fresh, 0);
        return true;
    };
    // SAFETY: a live map value.
    unsafe {
        let elapsed = now.saturating_sub((*bucket).refilled).min(NANOSECONDS);
        let gained = elapsed * u64::from(switches.rate) / (NANOSECONDS / 1000);
        let tokens = ((*bucket).tokens + gained).min(capacity);
        if gained > 0 {
            (*bucket).refilled = now;
        }
        if tokens < 1000 {
            (*bucket).tokens = tokens;
            (*bucket).suppressed += 1;
            return false;
        }
        (*bucket).tokens = tokens - 1000;
    }
    true
}

/// Nanoseconds since boot.
#[inline(always)]
fn boot_time() -> u64 {
    // SAFETY: the helper only returns a number.
    unsafe { bpf_ktime_get_boot_ns() }
}
