//! `cargo xtask bench flood`: more execs and opens than a busy node has, and what is lost.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use clap::Args;

use super::metrics::{counted, increase, losses};
use super::overhead::{mebibytes, print_losses};
use super::sensor::Sensor;
use super::tiny;

/// The flood comes in portions of this length.
const PORTION: Duration = Duration::from_millis(10);

/// The sensor has read what the kernel kept for it by then.
const DRAIN: Duration = Duration::from_secs(1);

/// Flags of `cargo xtask bench flood`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Programs to start per second
    #[arg(long, default_value_t = 5_000)]
    execs: u32,
    /// Files that no rule asks for to open per second
    #[arg(long, default_value_t = 50_000)]
    opens: u32,
    /// Seconds that the flood lasts
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// Threads that make it
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    threads: u32,
}

/// What is done, or was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Work {
    execs: u64,
    opens: u64,
}

/// Floods, and prints what was reached and lost.
///
/// # Errors
/// The sensor or the flood failed.
pub(super) fn run(program: &Path, options: &Options) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot create a folder for the measurement")?;
    let exec = folder.path().join("tiny");
    let open = folder.path().join("plain.txt");
    tiny::write(&exec)?;
    std::fs::write(&open, "nothing").with_context(|| format!("cannot write {}", open.display()))?;

    let sensor = Sensor::start(program, folder.path())?;
    let before = sensor.metrics()?;
    let usage_before = sensor.usage()?;
    let started = Instant::now();
    let done = flood(options, &exec, &open)?;
    let elapsed = started.elapsed().as_secs_f64();
    let usage = sensor.usage()?;
    std::thread::sleep(DRAIN);
    let samples = increase(&before, &sensor.metrics()?);
    sensor.stop()?;

    println!(
        "{:.0} execs/s of {} asked for",
        rate(done.execs, elapsed),
        options.execs
    );
    println!(
        "{:.0} opens/s of {} asked for",
        rate(done.opens, elapsed),
        options.opens
    );
    println!(
        "sensor: {:.1} % of one CPU, {:.1} MiB RSS",
        usage.cpu_percent_since(&usage_before),
        mebibytes(usage.resident)
    );
    for sample in counted(&samples) {
        println!("  {}{{{}}} {}", sample.name, sample.labels, sample.value);
    }
    let lost: Vec<_> = losses(&samples).into_iter().cloned().collect();
    print_losses(&lost);
    Ok(())
}

/// Each thread makes its share; the sum of what they did.
fn flood(options: &Options, exec: &Path, open: &Path) -> Result<Work> {
    let length = Duration::from_secs(u64::from(options.seconds));
    let share = |rate: u32| f64::from(rate) / f64::from(options.threads);
    let (execs, opens) = (share(options.execs), share(options.opens));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.threads)
            .map(|_| scope.spawn(move || stream(execs, opens, length, exec, open)))
            .collect();
        let mut sum = Work::default();
        for thread in threads {
            let done = thread
                .join()
                .map_err(|_| anyhow!("a thread of the flood panicked"))??;
            sum.execs += done.execs;
            sum.opens += done.opens;
        }
        Ok(sum)
    })
}

/// Does `execs` and `opens` per second for `length`, as far as this machine can.
fn stream(execs: f64, opens: f64, length: Duration, exec: &Path, open: &Path) -> Result<Work> {
    let started = Instant::now();
    let mut done = Work::default();
    let mut end = PORTION;
    while end <= length && started.elapsed() < length {
        let goal = Work {
            execs: count(execs, end),
            opens: count(opens, end),
        };
        // The opens are spread between the execs, not sent in one burst.
        let each = goal.opens.saturating_sub(done.opens) / (goal.execs - done.execs).max(1);
        while done.execs < goal.execs && started.elapsed() < length {
            start(exec)?;
            open_times(open, each)?;
            done = Work {
                execs: done.execs + 1,
                opens: done.opens + each,
            };
        }
        let rest = goal.opens.saturating_sub(done.opens);
        open_times(open, rest)?;
        done.opens += rest;
        // No pause when behind: the next portion begins at once.
        std::thread::sleep(end.saturating_sub(started.elapsed()));
        end += PORTION;
    }
    Ok(done)
}

fn start(program: &Path) -> Result<()> {
    let context = || format!("cannot run {}", program.display());
    Command::new(program).status().with_context(context)?;
    Ok(())
}

fn open_times(path: &Path, times: u64) -> Result<()> {
    for _ in 0..times {
        drop(File::open(path).with_context(|| format!("cannot open {}", path.display()))?);
    }
    Ok(())
}

/// What `rate` per second adds up to after `time`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive, and seconds few"
)]
fn count(rate: f64, time: Duration) -> u64 {
    (rate * time.as_secs_f64()).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "shown without decimals")]
fn rate(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_flood_does_what_was_asked() {
        let folder = tempfile::tempdir().unwrap();
        let (exec, open) = (folder.path().join("tiny"), folder.path().join("plain.txt"));
        tiny::write(&exec).unwrap();
        std::fs::write(&open, "").unwrap();
        let length = Duration::from_millis(200);
        let done = stream(50.0, 500.0, length, &exec, &open).unwrap();
        assert!(done.execs > 0 && done.execs <= 10, "{done:?}");
        assert!(done.opens > 0 && done.opens <= 100, "{done:?}");
    }
}
