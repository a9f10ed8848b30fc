//! Reads of kernel and user memory.

use core::{ffi::c_void, mem::MaybeUninit};

use aya_ebpf::helpers::generated::{bpf_probe_read_kernel, bpf_probe_read_user};
use sensor_common::offsets::Place;

use super::layout::offset;

/// An address in kernel memory; 0 is the null pointer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) u64);

impl Address {
    /// Whether this is the null pointer.
    #[inline(always)]
    pub(crate) fn is_null(self) -> bool {
        self.0 == 0
    }

    /// Address of a member inside the structure at this address.
    #[inline(always)]
    pub(crate) fn member(self, place: Place) -> Address {
        Address(self.0 + offset(place))
    }

    /// Value at this address; zero where it cannot be read.
    #[inline(always)]
    pub(crate) fn read<T: Copy>(self) -> T {
        let mut value = MaybeUninit::<T>::zeroed();
        // SAFETY: the helper writes size_of::<T>() bytes or zeroes them; T is plain integers.
        unsafe {
            bpf_probe_read_kernel(
                value.as_mut_ptr().cast::<c_void>(),
                size_of::<T>() as u32,
                self.0 as *const c_void,
            );
            value.assume_init()
        }
    }

    /// The same address, of which the verifier knows nothing: it refuses to give a pointer whose
    /// type it knows, as hooks get them, to a function that takes numbers.
    #[inline(always)]
    pub(crate) fn untyped(self) -> Address {
        let address = self.0;
        Address(Address((&raw const address) as u64).read())
    }

    /// Value of a member.
    #[inline(always)]
    pub(crate) fn get<T: Copy>(self, place: Place) -> T {
        self.member(place).read()
    }

    /// Pointer in a member.
    #[inline(always)]
    pub(crate) fn follow(self, place: Place) -> Address {
        Address(self.get(place))
    }
}

/// Value at an address of the current task's user memory; zero where it cannot be read.
#[inline(always)]
pub(crate) fn read_user<T: Copy>(address: u64) -> T {
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: as in `Address::read`.
    unsafe {
        bpf_probe_read_user(
            value.as_mut_ptr().cast::<c_void>(),
            size_of::<T>() as u32,
            address as *const c_void,
        );
        value.assume_init()
    }
}

/// Result of a string helper as a length: 0 for an error, at most `MASK`.
///
/// Without a branch: in a loop the verifier would follow each combination of outcomes by itself.
#[inline(always)]
pub(crate) fn string_length<const MASK: usize>(result: i64) -> u64 {
    #[cfg(target_arch = "bpf")]
    // SAFETY: arithmetic on two registers, hidden from the compiler, which would make it a branch.
    unsafe {
        let sign: i64;
        core::arch::asm!("{0} = {1}", "{0} s>>= 63", out(reg) sign, in(reg) result);
        mask::<MASK>((result & !sign) as u64)
    }
    #[cfg(not(target_arch = "bpf"))]
    mask::<MASK>(result.max(0) as u64)
}

/// `value & MASK`, hidden from the compiler, which would drop it where it can prove a bound in a
/// way that the verifier does not follow.
#[inline(always)]
pub(crate) fn mask<const MASK: usize>(mut value: u64) -> u64 {
    #[cfg(target_arch = "bpf")]
    // SAFETY: one AND on a register.
    unsafe {
        core::arch::asm!("{0} &= {1}", inout(reg) value, const MASK);
    }
    #[cfg(not(target_arch = "bpf"))]
    {
        value &= MASK as u64;
    }
    value
}
