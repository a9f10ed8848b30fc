//! `cargo xtask bench overhead`: the same loops with and without a sensor, alternated.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use super::metrics::{Sample, losses};
use super::sensor::Sensor;
use super::stats::quartiles;
use super::workload::Workload;
use crate::table::Table;

/// Flags of `cargo xtask bench overhead`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// How often each loop runs with and without the sensor
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds that each loop runs in each round
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
}

/// What was measured of one loop, one value per round.
#[derive(Default)]
struct Series {
    without: Vec<f64>,
    with: Vec<f64>,
    /// Part of one CPU that the sensor used meanwhile, percent.
    cpu: Vec<f64>,
    /// Its resident memory at the end, MiB.
    memory: Vec<f64>,
}

/// Measures and prints.
///
/// # Errors
/// The sensor or a loop failed.
pub(super) fn run(program: &Path, options: &Options) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot create a folder for the measurement")?;
    let workloads = Workload::all(folder.path())?;
    let time = Duration::try_from_secs_f64(options.seconds).context("--seconds")?;
    let mut series: Vec<Series> = workloads.iter().map(|_| Series::default()).collect();
    let mut lost = Vec::new();
    let mut armed = Vec::new();
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        // The order changes, so that a machine that becomes slower favours neither side.
        for with in [round % 2 == 1, round % 2 == 0] {
            if !with {
                without_sensor(&workloads, time, &mut series)?;
                continue;
            }
            let sensor = Sensor::start(program, folder.path())?;
            armed.push(sensor.armed_in.as_secs_f64());
            with_sensor(&sensor, &workloads, time, &mut series)?;
            lost.extend(losses(&sensor.metrics()?).into_iter().cloned());
            sensor.stop()?;
        }
    }
    print(&workloads, &series);
    if let Some(armed) = quartiles(&armed) {
        println!("ready {:.2} s after its start (median)", armed.median);
    }
    print_losses(&lost);
    Ok(())
}

fn without_sensor(workloads: &[Workload], time: Duration, series: &mut [Series]) -> Result<()> {
    for (workload, series) in workloads.iter().zip(series) {
        series.without.push(workload.rate(time)?);
    }
    Ok(())
}

fn with_sensor(
    sensor: &Sensor,
    workloads: &[Workload],
    time: Duration,
    series: &mut [Series],
) -> Result<()> {
    for (workload, series) in workloads.iter().zip(series) {
        let before = sensor.usage()?;
        series.with.push(workload.rate(time)?);
        let after = sensor.usage()?;
        series.cpu.push(after.cpu_percent_since(&before));
        series.memory.push(mebibytes(after.resident));
    }
    Ok(())
}

fn print(workloads: &[Workload], series: &[Series]) {
    let mut table = Table::new(&[
        "loop",
        "without/s",
        "with/s",
        "ratio",
        "lower quartile",
        "upper quartile",
        "sensor CPU %",
        "RSS MiB",
    ]);
    for (workload, series) in workloads.iter().zip(series) {
        let ratios: Vec<f64> = series
            .with
            .iter()
            .zip(&series.without)
            .map(|(with, without)| with / without)
            .collect();
        let Some(ratio) = quartiles(&ratios) else {
            continue;
        };
        table.row(&[
            workload.name(),
            &format!("{:.0}", median(&series.without)),
            &format!("{:.0}", median(&series.with)),
            &format!("{:.3}", ratio.median),
            &format!("{:.3}", ratio.lower),
            &format!("{:.3}", ratio.upper),
            &format!("{:.1}", median(&series.cpu)),
            &format!("{:.1}", median(&series.memory)),
        ]);
    }
    println!("{table}");
}

/// Says which counters of losses are not zero.
pub(super) fn print_losses(lost: &[Sample]) {
    if lost.is_empty() {
        println!("no losses");
    }
    for sample in lost {
        println!("LOST {}{{{}}} {}", sample.name, sample.labels, sample.value);
    }
}

fn median(values: &[f64]) -> f64 {
    quartiles(values).map_or(f64::NAN, |quartiles| quartiles.median)
}

/// `kibibytes` of `/proc` in MiB.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}
