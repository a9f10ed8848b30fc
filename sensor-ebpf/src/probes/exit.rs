//! The last thread of a process ended.
//!
//! Hook: `tp_btf/sched_process_exit`
//! Prototype: `void (struct task_struct *p)`; since 6.17 also `bool group_dead`
//! Kernel: 5.5

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use sensor_common::{Kind, exit::Exit, offsets::Place};

use crate::{
    emit::Record,
    kernel::{memory::Address, task},
};

/// Entry.
#[btf_tracepoint(function = "sched_process_exit")]
fn sched_process_exit(ctx: BtfTracePointContext) -> i32 {
    let task = Address(ctx.arg::<u64>(0));
    // Counted down before the tracepoint: 0 means that no other thread is left.
    let live: i32 = task.follow(Place::TaskSignal).get(Place::SignalLive);
    if live == 0 && !task::is_agent(task) {
        record(task);
    }
    0
}

#[inline(always)]
fn record(task: Address) {
    let Some((record, body)) = Record::begin::<Exit>(Kind::Exit) else {
        return;
    };
    // SAFETY: `begin` gives a body in live scratch memory.
    unsafe { (*body).status = task.get(Place::TaskExitCode) };
    record.send();
}
