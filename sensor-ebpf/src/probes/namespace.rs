//! Namespaces were created or joined, or that was refused.
//!
//! Hook: `tp_btf/sched_process_fork` (clone with new namespaces; see `fork`)
//! Prototype: `void (struct task_struct *parent, struct task_struct *child)`
//! Kernel: 5.5
//! Hook: `fexit/unshare_nsproxy_namespaces`
//! Prototype: `int unshare_nsproxy_namespaces(unsigned long unshare_flags, struct nsproxy **new_nsp,
//! struct cred *new_cred, struct fs_struct *new_fs)`
//! Kernel: 5.8 with trampolines (arm64: 6.0)
//! Hook: `fexit/create_user_ns`
//! Prototype: `int create_user_ns(struct cred *new)`
//! Kernel: as above
//! Hook: `fentry/switch_task_namespaces`
//! Prototype: `void switch_task_namespaces(struct task_struct *tsk, struct nsproxy *new)`
//! Kernel: as above
//! Hook: `tracepoint/syscalls/sys_exit_unshare`, `sys_exit_setns`, `sys_exit_clone`, `sys_exit_clone3`
//! Prototype: `long unshare(unsigned long unshare_flags)`
//! Kernel: 5.8; a refusal by seccomp is visible only here

use aya_ebpf::{
    EbpfContext as _,
    macros::{fentry, fexit, tracepoint},
    programs::{FEntryContext, FExitContext, TracePointContext},
};
use sensor_common::{
    Kind, Namespaces,
    namespace::{Namespace, OPERATION_CLONE, OPERATION_SETNS, OPERATION_UNSHARE},
    offsets::Place,
};

use crate::{
    emit::Record,
    kernel::{
        memory::{Address, read_user},
        regs, task,
    },
};

const NEW_TIME: u32 = 0x80;
const NEW_MNT: u32 = 0x0002_0000;
const NEW_CGROUP: u32 = 0x0200_0000;
const NEW_UTS: u32 = 0x0400_0000;
const NEW_IPC: u32 = 0x0800_0000;
const NEW_USER: u32 = 0x1000_0000;
const NEW_PID: u32 = 0x2000_0000;
const NEW_NET: u32 = 0x4000_0000;
/// Every `CLONE_NEW*` bit (include/uapi/linux/sched.h).
const NEW_ANY: u32 =
    NEW_TIME | NEW_MNT | NEW_CGROUP | NEW_UTS | NEW_IPC | NEW_USER | NEW_PID | NEW_NET;
/// clone(2) takes its exit signal in the low byte, where unshare has `CLONE_NEWTIME`.
const CLONE_SIGNAL: u32 = 0xff;

/// Called for each new process: reports those that were born into new namespaces.
#[inline(always)]
pub(crate) fn on_fork(parent: Address, child: Address) {
    let before = parent.follow(Place::TaskNsproxy);
    let after = child.follow(Place::TaskNsproxy);
    let user_before = parent.follow(Place::TaskCred).follow(Place::CredUserNs);
    let user_after = child.follow(Place::TaskCred).follow(Place::CredUserNs);
    if before == after && user_before == user_after {
        return;
    }
    let mut types = vigie_changed_namespaces(before.0, after.0);
    if user_before != user_after {
        types |= NEW_USER;
    }
    if types != 0 {
        let namespaces = task::namespaces(child);
        record(
            OPERATION_CLONE,
            types,
            0,
            child.get(Place::TaskTgid),
            namespaces,
        );
    }
}

/// Entry, tier 1: unshare, done or refused for want of a capability or of room. User namespaces are
/// made before, all others here, and nothing is switched yet.
#[fexit(function = "unshare_nsproxy_namespaces")]
fn unshare_nsproxy_namespaces(ctx: FExitContext) -> i32 {
    let task = task::current();
    let types = ctx.arg::<u64>(0) as u32 & NEW_ANY;
    if types == 0 || task::is_agent(task) {
        return 0;
    }
    let result: i32 = ctx.arg(4);
    let mut namespaces = task::namespaces(task);
    if result == 0 {
        // Verifiers before 6.10 refuse to load an argument that points to a pointer.
        let made = Address(ctx.as_ptr() as u64 + 8);
        let made = Address(Address(made.read()).read());
        if !made.is_null() {
            namespaces = Namespaces {
                pid: namespaces.pid,
                user: namespaces.user,
                ..task::of_proxy(made)
            };
        }
        let credentials = Address(ctx.arg(2));
        if !credentials.is_null() {
            namespaces.user = credentials.follow(Place::CredUserNs).get(Place::UserNsInum);
        }
    }
    record(OPERATION_UNSHARE, types, result, 0, namespaces);
    0
}

/// Entry, tier 1: a user namespace, refused. Done: see [`unshare_nsproxy_namespaces`] and
/// [`on_fork`], which come next.
#[fexit(function = "create_user_ns")]
fn create_user_ns(ctx: FExitContext) -> i32 {
    let task = task::current();
    let result: i32 = ctx.arg(1);
    if result != 0 && !task::is_agent(task) {
        let operation = if regs::is_unshare() {
            OPERATION_UNSHARE
        } else {
            OPERATION_CLONE
        };
        record(operation, NEW_USER, result, 0, task::namespaces(task));
    }
    0
}

/// Entry, tier 1: setns, done. Also called by unshare, and with a null pointer when a task ends.
#[fentry(function = "switch_task_namespaces")]
fn switch_task_namespaces(ctx: FEntryContext) -> i32 {
    let task = Address(ctx.arg::<u64>(0));
    let after = Address(ctx.arg::<u64>(1));
    let before = task.follow(Place::TaskNsproxy);
    if after.is_null() || before.is_null() || task::is_agent(task) || !regs::is_setns() {
        return 0;
    }
    // The user namespace has changed already, unseen; the caller may have named it.
    let asked = regs::current().get::<u64>(Place::RegsArg1) as u32 & NEW_USER;
    let types = asked | vigie_changed_namespaces(before.0, after.untyped().0);
    if types != 0 {
        let now = task::namespaces(task);
        let namespaces = Namespaces {
            pid: now.pid,
            user: now.user,
            ..task::of_proxy(after)
        };
        record(OPERATION_SETNS, types, 0, 0, namespaces);
    }
    0
}

/// Entry, tier 2: unshare, done or refused.
#[tracepoint]
fn sys_exit_unshare(ctx: TracePointContext) -> u32 {
    let types = regs::current().get::<u64>(Place::RegsArg0) as u32 & NEW_ANY;
    on_exit(OPERATION_UNSHARE, types, regs::result(&ctx))
}

/// Entry, tier 2: setns, done or refused.
#[tracepoint]
fn sys_exit_setns(ctx: TracePointContext) -> u32 {
    let types = regs::current().get::<u64>(Place::RegsArg1) as u32 & NEW_ANY;
    on_exit(OPERATION_SETNS, types, regs::result(&ctx))
}

/// Entry, tier 2: clone, refused (done: see [`on_fork`]).
#[tracepoint]
fn sys_exit_clone(ctx: TracePointContext) -> u32 {
    let result = regs::result(&ctx);
    if result >= 0 {
        return 0;
    }
    let flags = regs::current().get::<u64>(Place::RegsArg0) as u32;
    refused_clone(flags & NEW_ANY & !CLONE_SIGNAL, result)
}

/// Entry, tier 2: clone3, refused. `struct clone_args` starts with 64 bits of flags.
#[tracepoint]
fn sys_exit_clone3(ctx: TracePointContext) -> u32 {
    let result = regs::result(&ctx);
    if result >= 0 {
        return 0;
    }
    let flags: u64 = read_user(regs::current().get(Place::RegsArg0));
    refused_clone(flags as u32 & NEW_ANY, result)
}

#[inline(always)]
fn refused_clone(types: u32, result: i64) -> u32 {
    if types == 0 {
        0
    } else {
        on_exit(OPERATION_CLONE, types, result)
    }
}

#[inline(always)]
fn on_exit(operation: u32, types: u32, result: i64) -> u32 {
    let task = task::current();
    // setns may leave the type to the descriptor.
    if (types != 0 || operation == OPERATION_SETNS) && !task::is_agent(task) {
        record(operation, types, result as i32, 0, task::namespaces(task));
    }
    0
}

/// `CLONE_NEW*` bits of what differs between two `struct nsproxy`.
///
/// A global function with numbers alone: its many branches are verified once, by themselves.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn vigie_changed_namespaces(before: u64, after: u64) -> u32 {
    let before = task::of_proxy(Address(before));
    let after = task::of_proxy(Address(after));
    let mut types = 0;
    let mut compare = |left: u32, right: u32, bit: u32| {
        if left != right {
            types |= bit;
        }
    };
    compare(before.mnt, after.mnt, NEW_MNT);
    compare(before.net, after.net, NEW_NET);
    compare(before.uts, after.uts, NEW_UTS);
    compare(before.ipc, after.ipc, NEW_IPC);
    compare(before.cgroup, after.cgroup, NEW_CGROUP);
    compare(before.pid_for_children, after.pid_for_children, NEW_PID);
    types
}

#[inline(always)]
fn record(operation: u32, types: u32, result: i32, child_pid: u32, namespaces: Namespaces) {
    let Some((record, body)) = Record::begin::<Namespace>(Kind::Namespace) else {
        return;
    };
    // SAFETY: `begin` gives a body in live scratch memory.
    let namespace = unsafe { &mut *body };
    namespace.operation = operation;
    namespace.types = types;
    namespace.result = result;
    namespace.child_pid = child_pid;
    namespace.namespaces = namespaces;
    record.send();
}
