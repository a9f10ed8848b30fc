//! A file was opened.
//!
//! Hook: `fentry/security_file_open`
//! Prototype: `int security_file_open(struct file *file)`
//! Kernel: 5.8 with trampolines (arm64: 6.0)
//! Hook: `tracepoint/syscalls/sys_exit_open`, `sys_exit_openat`, `sys_exit_openat2`, `sys_exit_creat`,
//! `sys_exit_open_by_handle_at`
//! Prototype: `long openat(int dfd, const char *filename, int flags, umode_t mode)`
//! Kernel: 5.8

use aya_ebpf::{
    macros::{fentry, tracepoint},
    programs::{FEntryContext, TracePointContext},
};
use sensor_common::{
    Kind,
    counters::Outcome,
    offsets::Place,
    open::{FLAG_CREATED, FLAG_OUTSIDE_ROOT, FLAG_PATH_CUT, Open},
};

use crate::{
    emit::{self, Record},
    filter,
    kernel::{
        file,
        memory::{Address, read_user},
        path, regs, task,
    },
};

/// `FMODE_CREATED` (include/linux/fs.h, 4.19): this open made the file.
const FMODE_CREATED: u32 = 0x10_0000;
/// `O_WRONLY | O_CREAT | O_TRUNC`: what creat(2) means.
const CREAT_FLAGS: u32 = 0o1101;
/// Create mode where the hook cannot see it.
const MODE_UNKNOWN: u16 = u16::MAX;

/// What the caller asked for, as far as the hook sees it.
struct Asked {
    flags: u32,
    mode: u16,
}

/// Entry, tier 1. The flags of the file are still those asked for at this point.
#[fentry(function = "security_file_open")]
fn security_file_open(ctx: FEntryContext) -> i32 {
    let file = Address(ctx.arg::<u64>(0));
    on_open(file, || Asked {
        flags: file.get(Place::FileFlags),
        mode: MODE_UNKNOWN,
    });
    0
}

/// Entry, tier 2: open.
#[tracepoint]
fn sys_exit_open(ctx: TracePointContext) -> u32 {
    on_exit(&ctx, |regs| {
        asked(regs.get(Place::RegsArg1), regs.get(Place::RegsArg2))
    })
}

/// Entry, tier 2: openat.
#[tracepoint]
fn sys_exit_openat(ctx: TracePointContext) -> u32 {
    on_exit(&ctx, |regs| {
        asked(regs.get(Place::RegsArg2), regs.get(Place::RegsArg3))
    })
}

/// Entry, tier 2: openat2, whose `struct open_how` starts with 64 bits of flags and of mode.
#[tracepoint]
fn sys_exit_openat2(ctx: TracePointContext) -> u32 {
    on_exit(&ctx, |regs| {
        let [flags, mode]: [u64; 2] = read_user(regs.get(Place::RegsArg2));
        asked(flags, mode)
    })
}

/// Entry, tier 2: creat.
#[tracepoint]
fn sys_exit_creat(ctx: TracePointContext) -> u32 {
    on_exit(&ctx, |regs| {
        asked(u64::from(CREAT_FLAGS), regs.get(Place::RegsArg1))
    })
}

/// Entry, tier 2: `open_by_handle_at`.
#[tracepoint]
fn sys_exit_open_by_handle_at(ctx: TracePointContext) -> u32 {
    on_exit(&ctx, |regs| {
        asked(regs.get(Place::RegsArg2), u64::from(MODE_UNKNOWN))
    })
}

#[inline(always)]
fn asked(flags: u64, mode: u64) -> Asked {
    Asked {
        flags: flags as u32,
        mode: mode as u16,
    }
}

#[inline(always)]
fn on_exit(ctx: &TracePointContext, asked: impl Fn(Address) -> Asked) -> u32 {
    let descriptor = regs::result(ctx);
    if descriptor < 0 {
        return 0;
    }
    let file = file::of_new_descriptor(task::current(), descriptor as u32);
    if file.is_null() {
        emit::count(Kind::Open, Outcome::Fault);
        return 0;
    }
    on_open(file, || asked(regs::current()));
    0
}

#[inline(always)]
fn on_open(file: Address, asked: impl Fn() -> Asked) {
    if task::current_is_agent() {
        return;
    }
    if !filter::wants_open(file::dentry(file)) {
        emit::count(Kind::Open, Outcome::Uninteresting);
        return;
    }
    let Some((mut record, body)) = Record::begin::<Open>(Kind::Open) else {
        return;
    };
    // SAFETY: `begin` gives a body in live scratch memory.
    let open = unsafe { &mut *body };
    describe(open, file, &asked());
    let root = task::current().follow(Place::TaskFs).member(Place::FsRoot);
    let (length, flags) = record.append_path(file.member(Place::FilePath).untyped(), root);
    open.path_len = length;
    if flags & path::CUT != 0 {
        open.flags |= FLAG_PATH_CUT;
    }
    if flags & path::OUTSIDE_ROOT != 0 {
        open.flags |= FLAG_OUTSIDE_ROOT;
    }
    record.send();
}

#[inline(always)]
fn describe(open: &mut Open, file: Address, asked: &Asked) {
    let inode = file.follow(Place::FileInode);
    let superblock = inode.follow(Place::InodeSb);
    open.inode = inode.get(Place::InodeIno);
    open.file_size = inode.get(Place::InodeSize);
    open.links = inode.get(Place::InodeNlink);
    open.mode = inode.get(Place::InodeMode);
    open.file_uid = inode.get(Place::InodeUid);
    open.device = superblock.get(Place::SuperDev);
    open.fs_magic = superblock.get(Place::SuperMagic);
    open.open_flags = asked.flags;
    open.create_mode = asked.mode;
    if file.get::<u32>(Place::FileMode) & FMODE_CREATED != 0 {
        open.flags |= FLAG_CREATED;
    }
}
