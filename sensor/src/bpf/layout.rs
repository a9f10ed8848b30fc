//! Resolves the places and settings that the kernel programs read (see
//! [`sensor_common::offsets`]).

use anyhow::{Context as _, Result, bail};
use sensor_common::offsets::{LAYOUT_SIZE, MISSING, PLACES, PLACES_COUNT, Setting};

use super::btf::Btf;

/// Facts about the kernel and the agent that are no offsets.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Process id of the agent in the initial pid namespace.
    pub agent_pid: u32,
    /// Index of the control group subsystem whose hierarchy identifies containers; `None`: v2.
    pub cgroup_subsystem: Option<u32>,
    /// Whether the kernel has `bpf_task_pt_regs` (5.15).
    pub has_task_pt_regs: bool,
}

/// Size of a kernel stack (`THREAD_SIZE`) on x86_64 and arm64 without KASAN.
const THREAD_SIZE: u32 = 16 * 1024;

/// Content of the programs' read-only global `LAYOUT`.
///
/// # Errors
/// Names the first place that this kernel does not have.
pub fn resolve(btf: &Btf<'_>, settings: Settings) -> Result<[u32; LAYOUT_SIZE]> {
    let mut layout = [MISSING; LAYOUT_SIZE];
    let (offsets, rest) = layout.split_at_mut(PLACES_COUNT);
    for (slot, (_, specification)) in offsets.iter_mut().zip(PLACES) {
        *slot = place(btf, specification)?;
    }
    for (setting, value) in [
        (Setting::AgentPid, settings.agent_pid),
        (
            Setting::CgroupSubsystem,
            settings.cgroup_subsystem.unwrap_or(MISSING),
        ),
        (Setting::HasTaskPtRegs, u32::from(settings.has_task_pt_regs)),
        (Setting::ThreadSize, THREAD_SIZE),
    ] {
        *rest
            .get_mut(setting as usize)
            .context("a setting has no slot")? = value;
    }
    Ok(layout)
}

/// Resolves one specification.
fn place(btf: &Btf<'_>, specification: &str) -> Result<u32> {
    let optional = specification.starts_with('?');
    let alternatives = specification.trim_start_matches('?');
    match alternatives
        .split('|')
        .find_map(|alternative| one(btf, alternative))
    {
        Some(offset) => Ok(offset),
        None if optional => Ok(MISSING),
        None => bail!(
            "this kernel's type information has no {alternatives}: Vigie cannot read it safely; \
             please report the kernel version"
        ),
    }
}

fn one(btf: &Btf<'_>, alternative: &str) -> Option<u32> {
    if let Some(structure) = alternative.strip_prefix("sizeof(") {
        return btf.size_of(structure.strip_suffix(')')?);
    }
    let (structure, path) = alternative.split_once('.')?;
    btf.offset_of(structure, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_resolves_on_the_running_kernel() {
        let Ok(bytes) = std::fs::read("/sys/kernel/btf/vmlinux") else {
            println!("SKIP every_place_resolves_on_the_running_kernel: no BTF");
            return;
        };
        let btf = Btf::parse(&bytes).unwrap();
        let settings = Settings {
            agent_pid: 7,
            cgroup_subsystem: None,
            has_task_pt_regs: true,
        };
        let layout = resolve(&btf, settings).unwrap();
        assert_eq!(layout[PLACES_COUNT..], [7, MISSING, 1, THREAD_SIZE]);
    }

    #[test]
    fn a_missing_place_is_named() {
        let Ok(bytes) = std::fs::read("/sys/kernel/btf/vmlinux") else {
            return;
        };
        let btf = Btf::parse(&bytes).unwrap();
        let error = place(&btf, "task_struct.absent|task_struct.gone")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("task_struct.absent|task_struct.gone"),
            "{error}"
        );
        assert_eq!(place(&btf, "?task_struct.absent").unwrap(), MISSING);
    }
}
