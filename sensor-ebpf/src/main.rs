//! Vigie's kernel programs.
//!
//! * `probes/<kind>.rs`: thin entries, one file per event kind, best hook first;
//! * `kernel/*.rs`: the only code that dereferences kernel memory;
//! * `emit.rs`: the only code that touches the rings; `filter.rs`: what the rules ask for.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "aya's macros call an entry with its context by value"
)]

mod emit;
mod filter;
mod kernel;
mod probes;
mod scratch;

/// Lets the kernel load programs that call GPL-only helpers.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // SAFETY: no program can panic: the verifier would refuse an endless loop.
    unsafe { core::hint::unreachable_unchecked() }
}
