//! `cargo xtask bench`: what a live sensor costs, how quick it is, and what it loses.

mod flood;
mod http;
mod latency;
mod metrics;
mod overhead;
mod sensor;
mod stats;
mod tiny;
mod usage;
mod workload;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use crate::process::is_root;
use crate::setup::{self, Scope};

/// Flags of `cargo xtask bench`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measure this program instead of building the sensor
    #[arg(long, global = true, value_name = "PROGRAM")]
    sensor: Option<PathBuf>,
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// How much slower a node is with the sensor: ratios of rates, alternated in one run
    Overhead(overhead::Options),
    /// From the kernel's time stamp to the alert: p50 and p99
    Latency(latency::Options),
    /// Losses under a flood of execs and uninteresting opens
    Flood(flood::Options),
}

/// Builds the sensor as it is shipped, and measures it.
///
/// # Errors
/// Not root, or the sensor could not be built or run.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !is_root() {
        bail!("a live sensor needs root: run `sudo -E env PATH=\"$PATH\" cargo xtask bench ...`");
    }
    let sensor = match &options.sensor {
        Some(program) => program.clone(),
        None => {
            setup::ensure(Scope::Build)?;
            crate::build::release()?
        }
    };
    match &options.bench {
        Bench::Overhead(options) => overhead::run(&sensor, options),
        Bench::Latency(options) => latency::run(&sensor, options),
        Bench::Flood(options) => flood::run(&sensor, options),
    }
}
