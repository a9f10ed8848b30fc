//! An exec was asked for and refused.
//!
//! There is no semantic hook for this: the file may not exist, so nothing is opened.
//!
//! Hook: `tracepoint/syscalls/sys_exit_execve`, `tracepoint/syscalls/sys_exit_execveat`
//! Prototype: `long execve(const char *filename, const char *const *argv, const char *const *envp)`
//! Kernel: 5.8 (ring buffer)

use aya_ebpf::{macros::tracepoint, programs::TracePointContext};
use sensor_common::{Kind, exec_failed::ExecFailed, limits::FAILED_ARGS_MAX, offsets::Place};

use crate::{
    emit::Record,
    kernel::{memory::read_user, regs, task},
};

/// Entry: execve.
#[tracepoint]
fn sys_exit_execve(ctx: TracePointContext) -> u32 {
    on_exit(&ctx, Place::RegsArg0, Place::RegsArg1)
}

/// Entry: execveat.
#[tracepoint]
fn sys_exit_execveat(ctx: TracePointContext) -> u32 {
    on_exit(&ctx, Place::RegsArg1, Place::RegsArg2)
}

#[inline(always)]
fn on_exit(ctx: &TracePointContext, filename: Place, argv: Place) -> u32 {
    let result = regs::result(ctx);
    if result < 0 && !task::current_is_agent() {
        let regs = regs::current();
        record(result as i32, regs.get(filename), regs.get(argv));
    }
    0
}

#[inline(always)]
fn record(result: i32, filename: u64, argv: u64) {
    let Some((mut record, body)) = Record::begin::<ExecFailed>(Kind::ExecFailed) else {
        return;
    };
    // SAFETY: `begin` gives a body in live scratch memory.
    let failed = unsafe { &mut *body };
    failed.result = result;
    failed.asked_len = record.append_user_path(filename);
    let mut length: u16 = 0;
    failed.args_cut = 1;
    for index in 0..FAILED_ARGS_MAX {
        let argument: u64 = read_user(argv + u64::from(index) * 8);
        if argument == 0 {
            failed.args_cut = 0;
            break;
        }
        length += record.append_user_argument(argument);
    }
    failed.args_len = length;
    record.send();
}
