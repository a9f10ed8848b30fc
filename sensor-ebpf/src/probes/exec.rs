//! A process replaced its program.
//!
//! Hook: `tp_btf/sched_process_exec`
//! Prototype: `void (struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)`
//! Kernel: 5.5 (BTF tracepoints), with `start_boottime` 5.5

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use sensor_common::{
    Kind,
    exec::{
        Exec, FLAG_ARGS_CUT, FLAG_ARGS_FAULT, FLAG_ENVIRONMENT_CUT, FLAG_OUTSIDE_ROOT,
        FLAG_OVERLAY, FLAG_PATH_CUT, FLAG_UPPER_LAYER,
    },
    limits::{ARGS_MAX, ENVIRONMENT_MAX},
    offsets::Place,
};

use crate::{
    emit::Record,
    kernel::{cgroup, file, layout, memory::Address, path, stdio, task},
};

/// Entry.
#[btf_tracepoint(function = "sched_process_exec")]
fn sched_process_exec(ctx: BtfTracePointContext) -> i32 {
    let task = Address(ctx.arg::<u64>(0));
    #[cfg(feature = "log")]
    aya_log_ebpf::debug!(&ctx, "exec of pid {}", task.get::<u32>(Place::TaskTgid));
    if !task::is_agent(task) {
        record(task, ctx.arg::<i32>(1) as u32, Address(ctx.arg::<u64>(2)));
    }
    0
}

#[inline(always)]
fn record(task: Address, old_tid: u32, bprm: Address) {
    let Some((mut record, body)) = Record::begin::<Exec>(Kind::Exec) else {
        return;
    };
    let mm = task.follow(Place::TaskMm);
    let executable = mm.follow(Place::MmExeFile);
    // SAFETY: `begin` gives a body in live scratch memory.
    let exec = unsafe { &mut *body };
    identity(exec, task, old_tid);
    credentials(exec, task);
    executable_file(exec, executable.follow(Place::FileInode));
    exec.namespaces = task::namespaces(task);
    exec.stdio[0] = stdio::describe(task, 0);
    exec.stdio[1] = stdio::describe(task, 1);
    exec.stdio[2] = stdio::describe(task, 2);

    arguments(exec, &mut record, mm);
    let fs = task.follow(Place::TaskFs);
    let root = fs.member(Place::FsRoot);
    let (length, flags) = record.append_path(executable.member(Place::FilePath), root);
    exec.executable_len = length;
    path_flags(exec, flags);
    if flags & path::OUTSIDE_ROOT != 0 {
        exec.flags |= FLAG_OUTSIDE_ROOT;
    }
    let (length, flags) = record.append_path(fs.member(Place::FsPwd), root);
    exec.cwd_len = length;
    path_flags(exec, flags);
    let asked: u64 = bprm.get(Place::BprmFilename);
    exec.asked_len = record.append_kernel_string(asked);
    let interpreter: u64 = bprm.get(Place::BprmInterp);
    if interpreter != asked {
        exec.interpreter_len = record.append_kernel_string(interpreter);
    }
    exec.cgroup_len = record.append_kernfs(cgroup::node(task));
    environment(exec, &mut record, mm);
    record.send();
}

#[inline(always)]
fn identity(exec: &mut Exec, task: Address, old_tid: u32) {
    let parent = task.follow(Place::TaskRealParent);
    exec.parent_pid = parent.get(Place::TaskTgid);
    exec.parent_start_time = task::start_time(parent);
    exec.old_tid = old_tid;
    exec.namespace_pid = task::namespace_pid(task);
    let signal = task.follow(Place::TaskSignal);
    let tty = signal.follow(Place::SignalTty);
    if !tty.is_null() {
        exec.tty = tty.get(Place::TtyName);
    }
    let session = signal.follow(Place::SignalSession);
    exec.session = Address(session.member(Place::PidNumbers).0).get(Place::UpidNr);
}

#[inline(always)]
fn credentials(exec: &mut Exec, task: Address) {
    let credentials = task.follow(Place::TaskCred);
    exec.real_uid = credentials.get(Place::CredUid);
    exec.effective_uid = credentials.get(Place::CredEuid);
    exec.saved_uid = credentials.get(Place::CredSuid);
    exec.real_gid = credentials.get(Place::CredGid);
    exec.effective_gid = credentials.get(Place::CredEgid);
    exec.capabilities = credentials.get(Place::CredCapEffective);
    exec.login_uid = if layout::has(Place::TaskLoginuid) {
        task.get(Place::TaskLoginuid)
    } else {
        u32::MAX
    };
}

#[inline(always)]
fn executable_file(exec: &mut Exec, inode: Address) {
    let superblock = inode.follow(Place::InodeSb);
    exec.inode = inode.get(Place::InodeIno);
    exec.file_size = inode.get(Place::InodeSize);
    exec.change_time = inode.get(Place::InodeCtime);
    exec.links = inode.get(Place::InodeNlink);
    exec.mode = inode.get(Place::InodeMode);
    exec.file_uid = inode.get(Place::InodeUid);
    exec.device = superblock.get(Place::SuperDev);
    exec.fs_magic = superblock.get(Place::SuperMagic);
    if exec.fs_magic == file::OVERLAYFS {
        exec.flags |= FLAG_OVERLAY;
        if file::has_upper_layer(inode) {
            exec.flags |= FLAG_UPPER_LAYER;
        }
    }
}

#[inline(always)]
fn arguments(exec: &mut Exec, record: &mut Record, mm: Address) {
    let start: u64 = mm.get(Place::MmArgStart);
    let total = mm.get::<u64>(Place::MmArgEnd).wrapping_sub(start);
    let mut length = total;
    if length > ARGS_MAX as u64 {
        length = ARGS_MAX as u64;
        exec.flags |= FLAG_ARGS_CUT;
    }
    let (length, read) = record.append_user(start, length);
    exec.args_len = length;
    exec.args_total = total as u32;
    if !read {
        exec.flags |= FLAG_ARGS_FAULT;
    }
}

#[inline(always)]
fn environment(exec: &mut Exec, record: &mut Record, mm: Address) {
    let start: u64 = mm.get(Place::MmEnvStart);
    let mut length = mm.get::<u64>(Place::MmEnvEnd).wrapping_sub(start);
    if length >= ENVIRONMENT_MAX as u64 {
        length = ENVIRONMENT_MAX as u64 - 1;
        exec.flags |= FLAG_ENVIRONMENT_CUT;
    }
    let (length, read) = record.append_user(start, length);
    exec.environment_len = length;
    if !read {
        exec.flags |= FLAG_ENVIRONMENT_CUT;
    }
}

#[inline(always)]
fn path_flags(exec: &mut Exec, flags: u64) {
    if flags & path::CUT != 0 {
        exec.flags |= FLAG_PATH_CUT;
    }
}
