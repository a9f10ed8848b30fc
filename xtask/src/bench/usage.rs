//! What a process uses, as the kernel counts it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// CPU time and memory of a process at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    at: Instant,
    cpu: Duration,
    /// Resident memory, KiB.
    pub(super) resident: u64,
}

impl Usage {
    /// Reads `/proc/PID`. Threads that have ended are not counted.
    ///
    /// # Errors
    /// The process is gone.
    pub(super) fn of(pid: u32) -> Result<Usage> {
        let proc = PathBuf::from(format!("/proc/{pid}"));
        let context = || format!("cannot read {}", proc.display());
        let mut nanoseconds = 0;
        // Per thread, because the tick-based counters of the whole process are too coarse.
        for task in std::fs::read_dir(proc.join("task")).with_context(context)? {
            let file = task.with_context(context)?.path().join("schedstat");
            nanoseconds += std::fs::read_to_string(file)
                .ok()
                .and_then(|text| ran(&text))
                .unwrap_or(0);
        }
        let status = std::fs::read_to_string(proc.join("status")).with_context(context)?;
        Ok(Usage {
            at: Instant::now(),
            cpu: Duration::from_nanos(nanoseconds),
            resident: resident(&status).unwrap_or(0),
        })
    }

    /// Part of one CPU that was used since `earlier`, in percent.
    pub(super) fn cpu_percent_since(&self, earlier: &Usage) -> f64 {
        let elapsed = self.at.duration_since(earlier.at).as_secs_f64();
        let used = self.cpu.saturating_sub(earlier.cpu).as_secs_f64();
        if elapsed > 0.0 {
            100.0 * used / elapsed
        } else {
            0.0
        }
    }
}

/// Nanoseconds on a CPU: the first number of `schedstat`.
fn ran(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().next()?.parse().ok()
}

/// `VmRSS` of `status`, in KiB.
fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_prints() {
        assert_eq!(ran("123456 78 9\n"), Some(123_456));
        assert_eq!(ran(""), None);
        assert_eq!(resident("Name:\tx\nVmRSS:\t   2048 kB\n"), Some(2048));
    }

    #[test]
    fn this_process_uses_something() {
        let first = Usage::of(std::process::id()).unwrap();
        assert!(first.resident > 0);
        assert!(
            Usage::of(std::process::id())
                .unwrap()
                .cpu_percent_since(&first)
                >= 0.0
        );
    }
}
