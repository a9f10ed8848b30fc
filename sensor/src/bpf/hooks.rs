//! Where each event kind can be seen, best first (design: tiers).

use sensor_common::Kind;

/// How a program is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attach {
    /// A BTF tracepoint of this name.
    BtfTracepoint(&'static str),
    /// The entry of this kernel function.
    Fentry(&'static str),
    /// The return of this kernel function.
    Fexit(&'static str),
    /// `tracepoint/syscalls/<name>`.
    SyscallTracepoint(&'static str),
    /// The root control group (v2), for the socket hook of the program's own section.
    CgroupRoot,
}

impl Attach {
    /// As shown to users.
    #[must_use]
    pub fn describe(self, program: &str) -> String {
        match self {
            Attach::BtfTracepoint(name) => format!("tp_btf/{name}"),
            Attach::Fentry(name) => format!("fentry/{name}"),
            Attach::Fexit(name) => format!("fexit/{name}"),
            Attach::SyscallTracepoint(name) => format!("tracepoint/syscalls/{name}"),
            Attach::CgroupRoot => format!("cgroup/{program}"),
        }
    }
}

/// One program and its place.
#[derive(Debug, Clone, Copy)]
pub struct Hook {
    /// Name of the program in the kernel object.
    pub program: &'static str,
    /// Where it goes.
    pub attach: Attach,
    /// The way works without it (a system call that an architecture lacks, a younger hook).
    pub optional: bool,
}

/// Hooks that together show an event kind.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// 1: semantic hooks; 2: per-syscall tracepoints.
    pub tier: u8,
    /// The hooks.
    pub hooks: &'static [Hook],
}

/// The ways to see one event kind.
#[derive(Debug, Clone, Copy)]
pub struct EventHooks {
    /// The kind.
    pub kind: Kind,
    /// Best first.
    pub ways: &'static [Way],
    /// These also slow down every system call a little (they need the syscall slow path), so they
    /// are attached only where another kind has already paid for it, or on request.
    pub only_with_tracepoints: bool,
}

const fn btf(name: &'static str) -> Hook {
    Hook {
        program: name,
        attach: Attach::BtfTracepoint(name),
        optional: false,
    }
}

const fn fentry(name: &'static str) -> Hook {
    Hook {
        program: name,
        attach: Attach::Fentry(name),
        optional: false,
    }
}

const fn fexit(name: &'static str) -> Hook {
    Hook {
        program: name,
        attach: Attach::Fexit(name),
        optional: false,
    }
}

const fn syscall(name: &'static str) -> Hook {
    Hook {
        program: name,
        attach: Attach::SyscallTracepoint(name),
        optional: false,
    }
}

const fn maybe(hook: Hook) -> Hook {
    Hook {
        optional: true,
        ..hook
    }
}

const fn cgroup(program: &'static str) -> Hook {
    Hook {
        program,
        attach: Attach::CgroupRoot,
        optional: false,
    }
}

/// Every event kind with its ways. Lifecycle first: a process must be known before what it does.
pub const EVENT_HOOKS: &[EventHooks] = &[
    EventHooks {
        kind: Kind::Fork,
        ways: &[Way {
            tier: 1,
            hooks: &[btf("sched_process_fork")],
        }],
        only_with_tracepoints: false,
    },
    EventHooks {
        kind: Kind::Exec,
        ways: &[Way {
            tier: 1,
            hooks: &[btf("sched_process_exec")],
        }],
        only_with_tracepoints: false,
    },
    EventHooks {
        kind: Kind::Exit,
        ways: &[Way {
            tier: 1,
            hooks: &[btf("sched_process_exit")],
        }],
        only_with_tracepoints: false,
    },
    EventHooks {
        kind: Kind::Open,
        ways: &[
            Way {
                tier: 1,
                hooks: &[fentry("security_file_open")],
            },
            Way {
                tier: 2,
                hooks: &[
                    maybe(syscall("sys_exit_open")),
                    syscall("sys_exit_openat"),
                    syscall("sys_exit_openat2"),
                    maybe(syscall("sys_exit_creat")),
                    maybe(syscall("sys_exit_open_by_handle_at")),
                ],
            },
        ],
        only_with_tracepoints: false,
    },
    EventHooks {
        kind: Kind::Connect,
        ways: &[
            Way {
                tier: 1,
                hooks: &[fentry("security_socket_connect")],
            },
            Way {
                tier: 2,
                hooks: &[
                    cgroup("connect4"),
                    cgroup("connect6"),
                    maybe(syscall("sys_exit_connect")),
                ],
            },
        ],
        only_with_tracepoints: false,
    },
    EventHooks {
        kind: Kind::Namespace,
        ways: &[
            Way {
                tier: 1,
                hooks: &[
                    fexit("unshare_nsproxy_namespaces"),
                    fentry("switch_task_namespaces"),
                    maybe(fexit("create_user_ns")),
                ],
            },
            Way {
                tier: 2,
                hooks: &[
                    syscall("sys_exit_unshare"),
                    syscall("sys_exit_setns"),
                    maybe(syscall("sys_exit_clone")),
                    maybe(syscall("sys_exit_clone3")),
                ],
            },
        ],
        only_with_tracepoints: false,
    },
    EventHooks {
        kind: Kind::ExecFailed,
        ways: &[Way {
            tier: 2,
            hooks: &[
                syscall("sys_exit_execve"),
                maybe(syscall("sys_exit_execveat")),
            ],
        }],
        only_with_tracepoints: true,
    },
];

/// What became of one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookReport {
    /// Event kind.
    pub event: Kind,
    /// The hook, as shown to users.
    pub hook: String,
    /// Its tier.
    pub tier: u8,
    /// Attached; not needed (a better way works); or the kernel's reason.
    pub state: HookState,
}

impl HookReport {
    /// The hook as a table shows it: whether it was attached, or the kernel's reason against it;
    /// `None` when it was not tried or was taken back.
    #[must_use]
    pub fn tried(&self) -> Option<Result<(), &str>> {
        match &self.state {
            HookState::Attached => Some(Ok(())),
            HookState::Refused(reason) => Some(Err(reason)),
            HookState::NotNeeded | HookState::LeftOut => None,
        }
    }
}

/// See [`HookReport`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookState {
    /// In place.
    Attached,
    /// A better way works.
    NotNeeded,
    /// Left out on purpose: it would cost every system call something.
    LeftOut,
    /// The kernel refused; why.
    Refused(String),
}
