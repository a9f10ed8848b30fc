//! Offsets and settings that the agent writes before loading.

use sensor_common::offsets::{LAYOUT_SIZE, MISSING, PLACES_COUNT, Place, Setting};

/// See [`sensor_common::offsets`]. In a frozen read-only map, so the verifier knows each value.
#[unsafe(no_mangle)]
static LAYOUT: [u32; LAYOUT_SIZE] = [0; LAYOUT_SIZE];

#[inline(always)]
fn entry(index: usize) -> u32 {
    // SAFETY: every index is a constant below LAYOUT_SIZE; volatile, because the value is not the
    // one that the compiler sees.
    unsafe { core::ptr::read_volatile((&raw const LAYOUT).cast::<u32>().add(index)) }
}

/// Offset of a place.
#[inline(always)]
pub(crate) fn offset(place: Place) -> u64 {
    u64::from(entry(place as usize))
}

/// Whether this kernel has a place.
#[inline(always)]
pub(crate) fn has(place: Place) -> bool {
    entry(place as usize) != MISSING
}

/// A setting.
#[inline(always)]
pub(crate) fn setting(setting: Setting) -> u32 {
    entry(PLACES_COUNT + setting as usize)
}
