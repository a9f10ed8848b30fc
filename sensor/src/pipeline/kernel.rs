//! The live source: programs in the kernel, their rings, and what was there before them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    alert::Node,
    bpf::{self, Counters, FilterMaps, HookReport, HookState, KernelLog, LoadOptions, Loaded},
    config::{HookTier, Settings},
    enrich::Enricher,
    source::{
        cgroups::{self, Hierarchy},
        node_namespace, proc,
        rings::Rings,
        tracefs,
        users::Users,
    },
    telemetry::HookMetrics,
};

/// Where the kernel's own type information is.
const BTF: &str = "/sys/kernel/btf/vmlinux";

/// Everything live.
pub(super) struct Kernel {
    pub(super) loaded: Loaded,
    pub(super) rings: Rings,
    pub(super) filter: FilterMaps,
    pub(super) counters: Counters,
    /// For developers of the kernel programs.
    pub(super) log: Option<KernelLog>,
    hierarchy: Option<Hierarchy>,
}

impl Kernel {
    /// Loads and attaches the programs.
    pub(super) fn open(settings: &Settings) -> Result<Self> {
        // Without it only syscall tracepoints are out of reach; the report of hooks says so.
        if let Err(error) = tracefs::find_or_mount(Path::new("/sys")) {
            tracing::warn!("{error:#}");
        }
        let hierarchy = Hierarchy::detect(&settings.proc_root);
        let mut loaded = bpf::load(&options(settings, hierarchy.as_ref()))?;
        Ok(Kernel {
            rings: Rings::new(loaded.take_rings()?),
            filter: loaded.take_filter()?,
            counters: loaded.take_counters()?,
            log: loaded.kernel_log(),
            loaded,
            hierarchy,
        })
    }

    /// Says which hooks are in place and which event kinds are blind.
    pub(super) fn report_hooks(&self, metrics: &HookMetrics) {
        let mut tiers = BTreeMap::new();
        for report in &self.loaded.hooks {
            let (event, hook) = (report.event.name(), report.hook.as_str());
            match &report.state {
                HookState::Attached => {
                    metrics.attached(report.event, hook, report.tier);
                    tiers.insert(event, report.tier);
                    tracing::debug!(event, tier = report.tier, "attached {hook}");
                }
                HookState::Refused(reason) => {
                    metrics.missing(report.event, hook);
                    tracing::debug!(event, tier = report.tier, "no {hook}: {reason}");
                }
                HookState::NotNeeded | HookState::LeftOut => {}
            }
        }
        let tiers: Vec<String> = tiers
            .iter()
            .map(|(event, tier)| format!("{event} at tier {tier}"))
            .collect();
        tracing::info!("watching {}", tiers.join(", "));
        for event in self.loaded.blind_events() {
            tracing::error!(
                event = event.name(),
                "this kernel took no hook for these events: Vigie does not see them; \
                 `vigie-sensor doctor` tells more"
            );
        }
    }

    /// Takes in the processes that are older than the programs.
    pub(super) fn seed(&self, settings: &Settings, users: &mut Users) -> Enricher {
        let mut enricher =
            Enricher::new(node_namespace(&settings.proc_root, "mnt").unwrap_or_default());
        let scan = proc::scan(&settings.proc_root, self.hierarchy.as_ref());
        if scan.dropped > 0 {
            tracing::warn!(
                dropped = scan.dropped,
                "more processes than the table holds"
            );
        }
        for found in scan.processes {
            let uid = found.exec.credentials.effective_uid;
            let user = users.name(found.key.pid, found.exec.namespaces.mnt, uid);
            enricher.seed(found.key, found.exec, found.cgroup_id, user);
        }
        enricher
    }
}

fn options(settings: &Settings, hierarchy: Option<&Hierarchy>) -> LoadOptions {
    LoadOptions {
        btf: PathBuf::from(BTF),
        cgroup2: cgroups::unified_mount(&settings.proc_root),
        cgroup_controller: hierarchy.and_then(|found| found.controller.clone()),
        tier: match settings.hooks_tier {
            HookTier::Auto => None,
            HookTier::One => Some(1),
            HookTier::Two => Some(2),
        },
        refused_attempts: false,
        rings: [settings.rings_lifecycle, settings.rings_activity],
    }
}

/// Loads and attaches the programs to see how that goes, and takes them back. Changes nothing else:
/// tracefs is not mounted for it.
///
/// # Errors
/// As for [`bpf::load`].
pub fn try_hooks(settings: &Settings) -> Result<Vec<HookReport>> {
    let hierarchy = Hierarchy::detect(&settings.proc_root);
    let loaded = bpf::load(&options(settings, hierarchy.as_ref()))?;
    Ok(loaded.hooks)
}

/// This machine, as alerts name it.
pub(super) fn node(settings: &Settings) -> Node {
    let random = settings.proc_root.join("sys/kernel/random/boot_id");
    Node {
        name: settings.node_name.clone(),
        kernel: rustix::system::uname()
            .release()
            .to_string_lossy()
            .into_owned(),
        boot_id: std::fs::read_to_string(random)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    }
}

/// When this machine booted, nanoseconds since the Unix epoch.
pub(super) fn boot_epoch() -> Result<u64> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .context("the clock of this machine is before 1970")?;
    let now = u64::try_from(now.as_nanos()).context("the clock of this machine is after 2554")?;
    Ok(now.saturating_sub(crate::source::rings::boot_time()))
}
