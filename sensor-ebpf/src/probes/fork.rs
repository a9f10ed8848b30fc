//! A process (not a thread) was created.
//!
//! Hook: `tp_btf/sched_process_fork`
//! Prototype: `void (struct task_struct *parent, struct task_struct *child)`
//! Kernel: 5.5

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use sensor_common::{Kind, fork::Fork, offsets::Place};

use super::namespace;
use crate::{
    emit::Record,
    kernel::{cgroup, memory::Address, task},
};

/// Entry.
#[btf_tracepoint(function = "sched_process_fork")]
fn sched_process_fork(ctx: BtfTracePointContext) -> i32 {
    let parent = Address(ctx.arg::<u64>(0));
    let child = Address(ctx.arg::<u64>(1));
    let is_thread = parent.get::<u32>(Place::TaskTgid) == child.get::<u32>(Place::TaskTgid);
    if !is_thread && !task::is_agent(parent) {
        record(child);
        namespace::on_fork(parent, child);
    }
    0
}

#[inline(always)]
fn record(child: Address) {
    let Some((record, body)) = Record::begin::<Fork>(Kind::Fork) else {
        return;
    };
    // SAFETY: `begin` gives a body in live scratch memory.
    let fork = unsafe { &mut *body };
    fork.child_start_time = task::start_time(child);
    fork.child_pid = child.get(Place::TaskTgid);
    fork.child_namespace_pid = task::namespace_pid(child);
    fork.child_cgroup = cgroup::id(child);
    record.send();
}
