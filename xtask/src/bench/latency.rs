//! `cargo xtask bench latency`: from the kernel's time stamp of an event to its written alert.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::metrics::{Sample, increase, quantile};
use super::sensor::Sensor;

/// Histogram that the sensor keeps.
const HISTOGRAM: &str = "vigie_alert_latency_seconds";

/// The documented test of the alert pipeline: this name, and these arguments.
const PROGRAM: &str = "asc_alerttest_662jfi039n";
const ARGUMENTS: [&str; 3] = ["testing", "eicar", "pipe"];

/// Between two alerts, so that none waits for another.
const PAUSE: Duration = Duration::from_millis(20);

/// All alerts are written by then.
const SETTLE: Duration = Duration::from_secs(5);

/// Flags of `cargo xtask bench latency`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Alerts to raise
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    alerts: u32,
}

/// Measures and prints.
///
/// # Errors
/// The sensor or a command failed, or no alert was raised.
pub(super) fn run(program: &Path, options: &Options) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot create a folder for the measurement")?;
    let sensor = Sensor::start(program, folder.path())?;
    let before = sensor.metrics()?;
    for number in 0..options.alerts {
        raise(folder.path(), number)?;
        std::thread::sleep(PAUSE);
    }
    let samples = settled(&sensor, &before, f64::from(options.alerts))?;
    sensor.stop()?;
    let (Some((p50, count)), Some((p99, _))) = (
        quantile(&samples, HISTOGRAM, 0.5),
        quantile(&samples, HISTOGRAM, 0.99),
    ) else {
        bail!("no alert was raised: {HISTOGRAM} counts nothing");
    };
    println!(
        "kernel to alert: p50 {:.2} ms, p99 {:.2} ms",
        p50 * 1e3,
        p99 * 1e3
    );
    println!("{count} alerts of {} commands", options.alerts);
    Ok(())
}

/// Runs the test command at a path and with an argument of its own: no two are the same alert.
fn raise(folder: &Path, number: u32) -> Result<()> {
    let own = folder.join(number.to_string());
    let program = own.join(PROGRAM);
    let context = || format!("cannot run {}", program.display());
    std::fs::create_dir(&own).with_context(context)?;
    std::fs::copy("/bin/echo", &program).with_context(context)?;
    let status = Command::new(&program)
        .args(ARGUMENTS)
        .arg(number.to_string())
        .stdout(Stdio::null())
        .status()
        .with_context(context)?;
    if !status.success() {
        bail!("{} ended with {status}", program.display());
    }
    Ok(())
}

/// What was counted since `before`, once `wanted` alerts are counted, or when waiting longer is no use.
fn settled(sensor: &Sensor, before: &[Sample], wanted: f64) -> Result<Vec<Sample>> {
    let started = Instant::now();
    loop {
        let samples = increase(before, &sensor.metrics()?);
        let counted = quantile(&samples, HISTOGRAM, 0.5).map_or(0.0, |(_, count)| count);
        if counted >= wanted || started.elapsed() >= SETTLE {
            return Ok(samples);
        }
        std::thread::sleep(PAUSE);
    }
}
