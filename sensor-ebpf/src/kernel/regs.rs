//! Arguments of the system call that the current task is returning from.

use aya_ebpf::{
    EbpfContext,
    helpers::generated::{bpf_get_current_task_btf, bpf_task_pt_regs},
    programs::TracePointContext,
};
use sensor_common::offsets::{Place, Setting};

use super::{layout, memory::Address, task};

/// Saved registers of the current task's system call.
#[inline(always)]
pub(crate) fn current() -> Address {
    if layout::setting(Setting::HasTaskPtRegs) == 1 {
        // SAFETY: both helpers only return pointers.
        return Address(unsafe { bpf_task_pt_regs(bpf_get_current_task_btf()) } as u64);
    }
    // Kernels before 5.15 keep them at the very top of the kernel stack.
    let top = u64::from(layout::setting(Setting::ThreadSize)) - layout::offset(Place::PtRegsSize);
    Address(task::current().follow(Place::TaskStack).0 + top)
}

/// `setns` on x86_64, arm64, and for 32-bit programs on either.
const SETNS: [u32; 4] = [308, 268, 346, 375];
/// `unshare`, likewise.
const UNSHARE: [u32; 4] = [272, 97, 310, 337];

/// Whether the current system call is setns. Only for a caller that setns, unshare or clone has
/// called: elsewhere these numbers mean other calls too.
#[inline(always)]
pub(crate) fn is_setns() -> bool {
    SETNS.contains(&current().get(Place::RegsCall))
}

/// Whether the current system call is unshare. Only for a caller as above.
#[inline(always)]
pub(crate) fn is_unshare() -> bool {
    UNSHARE.contains(&current().get(Place::RegsCall))
}

/// Result of the system call, from a `sys_exit_*` tracepoint
/// (`events/syscalls/sys_exit_*/format`: `long ret` at offset 16).
#[inline(always)]
pub(crate) fn result(ctx: &TracePointContext) -> i64 {
    // SAFETY: the context of this program type holds these bytes.
    unsafe { core::ptr::read_volatile(ctx.as_ptr().cast::<i64>().add(2)) }
}
