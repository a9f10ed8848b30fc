//! Loads the kernel object and attaches, for each event kind, the best hooks that this kernel takes.

use std::{fs::File, path::PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use aya::{
    Ebpf, EbpfLoader, VerifierLogLevel,
    maps::MapData,
    programs::{CgroupAttachMode, Program, ProgramError},
};
use aya_log::EbpfLogger;
use log::Log;
use sensor_common::{Kind, offsets::LAYOUT_SIZE};

use super::{
    OBJECT,
    btf::Btf,
    hooks::{Attach, EVENT_HOOKS, EventHooks, Hook, HookReport, HookState, Way},
    layout::{self, Settings},
    maps::{Counters, FilterMaps},
};

/// How to load.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Type information of the running kernel.
    pub btf: PathBuf,
    /// Where control groups of version 2 are mounted, for hooks that attach there.
    pub cgroup2: Option<PathBuf>,
    /// Subsystem whose version 1 hierarchy identifies containers (`pids`), `None` for version 2.
    pub cgroup_controller: Option<String>,
    /// The only tier to use (1 or 2) instead of the best of each event.
    pub tier: Option<u8>,
    /// Report refused execs even where that needs the syscall slow path for this alone.
    pub refused_attempts: bool,
    /// Bytes of the rings: lifecycle, activity. Powers of two, at least a page.
    pub rings: [u32; 2],
}

/// The ring of messages in a kernel object that was built with them (aya-log).
const KERNEL_LOG_MAP: &str = "AYA_LOGS";

/// Messages of the kernel programs, for who develops them.
pub struct KernelLog(EbpfLogger<&'static dyn Log>);

impl KernelLog {
    /// Passes on what has come.
    pub fn pass_on(&mut self) {
        self.0.flush();
    }
}

/// The programs in place. Dropping it detaches them.
pub struct Loaded {
    ebpf: Ebpf,
    /// What became of every hook.
    pub hooks: Vec<HookReport>,
}

/// Loads and attaches.
///
/// # Errors
/// When nothing useful would run: no type information, a missing place, no permission to load, or
/// not even process events. An event kind without a hook is reported, and the rest runs.
pub fn load(options: &LoadOptions) -> Result<Loaded> {
    let bytes = std::fs::read(&options.btf).with_context(|| {
        format!(
            "cannot read the kernel's type information at {}: Vigie needs a kernel built with \
             CONFIG_DEBUG_INFO_BTF=y (every major distribution since 2021)",
            options.btf.display()
        )
    })?;
    let layout = resolve(&bytes, options)?;
    let btf = aya::Btf::parse(&bytes, aya::Endianness::default())
        .with_context(|| format!("cannot use {}", options.btf.display()))?;
    let [lifecycle, activity] = options.rings;
    let mut ebpf = EbpfLoader::new()
        .btf(Some(&btf))
        .verifier_log_level(VerifierLogLevel::STATS)
        .override_global("LAYOUT", &layout[..], true)
        .map_max_entries("LIFECYCLE", lifecycle)
        .map_max_entries("ACTIVITY", activity)
        .load(OBJECT)
        .map_err(anyhow::Error::from)
        .context(
            "the kernel refused Vigie's maps: run as root, or with CAP_BPF, CAP_PERFMON, \
             CAP_NET_ADMIN and CAP_SYS_RESOURCE; `vigie-sensor doctor` tells what is missing",
        )?;
    let mut attacher = Attacher {
        ebpf: &mut ebpf,
        btf: &btf,
        options,
        hooks: Vec::new(),
    };
    for event in EVENT_HOOKS {
        attacher.attach_event(event);
    }
    let hooks = attacher.hooks;
    require_process_events(&hooks)?;
    Ok(Loaded { ebpf, hooks })
}

/// Everything that the programs must be told about this kernel.
fn resolve(bytes: &[u8], options: &LoadOptions) -> Result<[u32; LAYOUT_SIZE]> {
    let btf = Btf::parse(bytes).with_context(|| format!("cannot use {}", options.btf.display()))?;
    let cgroup_subsystem = match &options.cgroup_controller {
        Some(controller) => Some(
            btf.enumerator(&format!("{}_cgrp_id", subsystem(controller)))
                .with_context(|| {
                    format!("this kernel does not know the controller {controller}")
                })?,
        ),
        None => None,
    };
    layout::resolve(
        &btf,
        Settings {
            agent_pid: std::process::id(),
            cgroup_subsystem,
            has_task_pt_regs: btf.has_function("bpf_task_pt_regs"),
        },
    )
}

/// Name of a controller's subsystem in the kernel's source.
fn subsystem(controller: &str) -> &str {
    match controller {
        "blkio" => "io",
        other => other,
    }
}

/// Without processes nothing can be told about anything else.
fn require_process_events(hooks: &[HookReport]) -> Result<()> {
    for event in Kind::ALL.into_iter().filter(|kind| kind.is_lifecycle()) {
        let of_event = || hooks.iter().filter(|report| report.event == event);
        if of_event().any(|report| report.state == HookState::Attached) {
            continue;
        }
        let reasons: Vec<_> = of_event()
            .filter_map(|report| match &report.state {
                HookState::Refused(reason) => Some(format!("{}: {reason}", report.hook)),
                _ => None,
            })
            .collect();
        bail!(
            "cannot watch {}: {}. Vigie needs root (or CAP_BPF and CAP_PERFMON) and Linux \
             5.8 or later; `vigie-sensor doctor` tells what this kernel offers",
            event.name(),
            reasons.join("; ")
        );
    }
    Ok(())
}

struct Attacher<'a> {
    ebpf: &'a mut Ebpf,
    btf: &'a aya::Btf,
    options: &'a LoadOptions,
    hooks: Vec<HookReport>,
}

impl Attacher<'_> {
    /// Whether some syscall tracepoint is in place, so that every system call pays already.
    fn tracepoints_in_use(&self) -> bool {
        self.hooks.iter().any(|report| {
            report.state == HookState::Attached && report.hook.starts_with("tracepoint/syscalls/")
        })
    }

    fn attach_event(&mut self, event: &EventHooks) {
        let left_out = event.only_with_tracepoints
            && !self.options.refused_attempts
            && !self.tracepoints_in_use();
        let mut done = false;
        for way in event.ways {
            let wanted =
                self.options.tier.is_none_or(|tier| tier == way.tier) || event.ways.len() == 1;
            if left_out || !wanted {
                self.report_all(event, way, &HookState::LeftOut);
            } else if done {
                self.report_all(event, way, &HookState::NotNeeded);
            } else {
                done = self.attach_way(event, way);
            }
        }
    }

    fn report_all(&mut self, event: &EventHooks, way: &Way, state: &HookState) {
        for hook in way.hooks {
            self.report(event, way, hook, state.clone());
        }
    }

    fn report(&mut self, event: &EventHooks, way: &Way, hook: &Hook, state: HookState) {
        self.hooks.push(HookReport {
            event: event.kind,
            hook: hook.attach.describe(hook.program),
            tier: way.tier,
            state,
        });
    }

    /// Attaches all hooks of a way; true when none that it needs was refused.
    fn attach_way(&mut self, event: &EventHooks, way: &Way) -> bool {
        let mut whole = true;
        let mut attached = Vec::new();
        for hook in way.hooks {
            let state = match self.attach_hook(hook) {
                Ok(()) => {
                    attached.push(hook.program);
                    HookState::Attached
                }
                Err(error) => {
                    whole &= hook.optional;
                    HookState::Refused(reason(&error))
                }
            };
            self.report(event, way, hook, state);
        }
        if !whole {
            // Half a way beside the next one would report things twice.
            for program in attached {
                self.detach(event, program);
            }
        }
        whole
    }

    fn detach(&mut self, event: &EventHooks, program: &str) {
        if let Some(program) = self.ebpf.program_mut(program) {
            let unloaded = match program {
                Program::BtfTracePoint(program) => program.unload(),
                Program::FEntry(program) => program.unload(),
                Program::FExit(program) => program.unload(),
                Program::TracePoint(program) => program.unload(),
                Program::CgroupSockAddr(program) => program.unload(),
                _ => Ok(()),
            };
            if let Err(error) = unloaded {
                tracing::warn!(%error, event = event.kind.name(), "cannot take a hook back");
            }
        }
        for report in &mut self.hooks {
            if report.event == event.kind && report.state == HookState::Attached {
                report.state = HookState::LeftOut;
            }
        }
    }

    fn attach_hook(&mut self, hook: &Hook) -> Result<()> {
        let program = self
            .ebpf
            .program_mut(hook.program)
            .with_context(|| format!("the kernel object has no program {}", hook.program))?;
        match (hook.attach, program) {
            (Attach::BtfTracepoint(name), Program::BtfTracePoint(program)) => {
                program.load(name, self.btf)?;
                program.attach()?;
            }
            (Attach::Fentry(name), Program::FEntry(program)) => {
                program.load(name, self.btf)?;
                program.attach()?;
            }
            (Attach::Fexit(name), Program::FExit(program)) => {
                program.load(name, self.btf)?;
                program.attach()?;
            }
            (Attach::SyscallTracepoint(name), Program::TracePoint(program)) => {
                program.load()?;
                program.attach("syscalls", name)?;
            }
            (Attach::CgroupRoot, Program::CgroupSockAddr(program)) => {
                let root = self
                    .options
                    .cgroup2
                    .as_ref()
                    .context("no cgroup v2 is mounted")?;
                let root =
                    File::open(root).with_context(|| format!("cannot open {}", root.display()))?;
                program.load()?;
                // A link always stands beside other programs; the kernel refuses it the flag
                // that says so.
                program.attach(root, CgroupAttachMode::Single)?;
            }
            (_, _) => return Err(anyhow!("{} is of another program type", hook.program)),
        }
        Ok(())
    }
}

/// The kernel's reason in one line; the verifier's log only when it has something to say.
fn reason(error: &anyhow::Error) -> String {
    if let Some(ProgramError::LoadError {
        io_error,
        verifier_log,
    }) = error.downcast_ref::<ProgramError>()
    {
        let log = verifier_log.to_string();
        let last: Vec<&str> = log
            .lines()
            .rev()
            .filter(|line| !line.trim().is_empty())
            .take(4)
            .collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        if last.is_empty() {
            return io_error.to_string();
        }
        return format!("{io_error} ({})", last.join("; "));
    }
    format!("{error:#}")
}

impl Loaded {
    /// Event kinds for which nothing could be attached, though it was tried.
    pub fn blind_events(&self) -> impl Iterator<Item = Kind> {
        let has = |kind: Kind, wanted: fn(&HookState) -> bool| {
            self.hooks
                .iter()
                .any(|report| report.event == kind && wanted(&report.state))
        };
        Kind::ALL.into_iter().filter(move |kind| {
            has(*kind, |state| matches!(state, HookState::Refused(_)))
                && !has(*kind, |state| *state == HookState::Attached)
        })
    }

    /// Takes the two rings: lifecycle, activity.
    ///
    /// # Errors
    /// When the kernel object lacks them.
    pub fn take_rings(&mut self) -> Result<[aya::maps::RingBuf<MapData>; 2]> {
        let mut take = |name| -> Result<_> {
            let map = self
                .ebpf
                .take_map(name)
                .with_context(|| format!("no map {name}"))?;
            Ok(aya::maps::RingBuf::try_from(map)?)
        };
        Ok([take("LIFECYCLE")?, take("ACTIVITY")?])
    }

    /// Messages of the kernel programs, where they were built with them (`VIGIE_KERNEL_LOG=1`).
    pub fn kernel_log(&mut self) -> Option<KernelLog> {
        self.ebpf.map(KERNEL_LOG_MAP)?;
        match EbpfLogger::init(&mut self.ebpf) {
            Ok(logger) => Some(KernelLog(logger)),
            Err(error) => {
                tracing::warn!(%error, "no messages of the kernel programs");
                None
            }
        }
    }

    /// Takes the maps of the in-kernel filter.
    ///
    /// # Errors
    /// When the kernel object lacks one.
    pub fn take_filter(&mut self) -> Result<FilterMaps> {
        FilterMaps::take(&mut self.ebpf)
    }

    /// Takes the counters.
    ///
    /// # Errors
    /// When the kernel object lacks them.
    pub fn take_counters(&mut self) -> Result<Counters> {
        Counters::take(&mut self.ebpf)
    }
}

impl Loaded {
    /// Runs and run time of each attached program, where `kernel.bpf_stats_enabled` is on:
    /// (program, runs, nanoseconds).
    #[must_use]
    pub fn run_statistics(&self) -> Vec<(String, u64, u64)> {
        self.ebpf
            .programs()
            .filter_map(|(name, program)| statistics(name, program))
            .collect()
    }
}

fn statistics(name: &str, program: &Program) -> Option<(String, u64, u64)> {
    use std::os::fd::{AsFd as _, AsRawFd as _};
    let fd = program.fd().ok()?.as_fd().as_raw_fd();
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).ok()?;
    let value = |key: &str| -> Option<u64> {
        info.lines()
            .find_map(|line| line.strip_prefix(key))?
            .trim()
            .parse()
            .ok()
    };
    let runs = value("run_cnt:")?;
    Some((name.to_owned(), runs, value("run_time_ns:")?))
}
