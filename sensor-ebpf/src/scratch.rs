//! Per-CPU memory in which records are built.
//!
//! A program can be preempted by another one on the same CPU, so each CPU has a few slots and a
//! slot has an owner. Claiming is not atomic (5.10 has no atomic exchange): two programs can end up
//! with one slot. The last one to write its name wins, and the other finds out before it sends.

use aya_ebpf::{helpers::generated::bpf_get_current_pid_tgid, macros::map, maps::PerCpuArray};
use sensor_common::limits::{SCRATCH_SIZE, SCRATCH_SLOTS};

/// Memory for one record.
#[repr(C)]
pub(crate) struct Slot {
    owner: u64,
    bytes: [u8; SCRATCH_SIZE],
}

#[map]
static SCRATCH: PerCpuArray<Slot> = PerCpuArray::with_max_entries(SCRATCH_SLOTS, 0);

/// A claimed slot.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    slot: *mut Slot,
    index: u32,
    owner: u64,
}

impl Claim {
    /// Number of the slot, for functions that can only be given numbers.
    #[inline(always)]
    pub(crate) fn index(self) -> u32 {
        self.index
    }

    /// The memory.
    #[inline(always)]
    pub(crate) fn bytes(self) -> *mut u8 {
        // SAFETY: the slot is a live map value.
        unsafe { (&raw mut (*self.slot).bytes).cast::<u8>() }
    }

    /// False when another program has taken the slot meanwhile.
    #[inline(always)]
    pub(crate) fn still_mine(self) -> bool {
        // SAFETY: the slot is a live map value; volatile, because others write it.
        unsafe { core::ptr::read_volatile(&raw const (*self.slot).owner) == self.owner }
    }

    /// Frees the slot.
    #[inline(always)]
    pub(crate) fn release(self) {
        // SAFETY: as above.
        unsafe { core::ptr::write_volatile(&raw mut (*self.slot).owner, 0) }
    }
}

/// Claims a free slot of this CPU.
#[inline(always)]
pub(crate) fn claim() -> Option<Claim> {
    // SAFETY: the helper only returns a number. A thread id is never 0 where our hooks run.
    let owner = unsafe { bpf_get_current_pid_tgid() };
    for index in 0..SCRATCH_SLOTS {
        let slot = SCRATCH.get_ptr_mut(index)?;
        // SAFETY: as in `Claim`.
        unsafe {
            if core::ptr::read_volatile(&raw const (*slot).owner) == 0 {
                core::ptr::write_volatile(&raw mut (*slot).owner, owner);
                return Some(Claim { slot, index, owner });
            }
        }
    }
    None
}

/// Memory of a slot of this CPU.
#[inline(always)]
pub(crate) fn bytes_of(index: u32) -> Option<*mut u8> {
    let slot = SCRATCH.get_ptr_mut(index)?;
    // SAFETY: a live map value.
    Some(unsafe { (&raw mut (*slot).bytes).cast::<u8>() })
}
