//! Attack cases: rows of commands that must, or must not, raise an alert, run against a live
//! sensor, each in a fresh root.

mod attribute;
mod execute;
mod options;
mod plan;
mod report;
mod row;
mod score;

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::require;
use crate::sensor::Sensor;

pub use options::Options;

/// After the last case the sensor has at least this long to say what it saw ...
const SETTLE_LEAST: Duration = Duration::from_secs(3);

/// ... and this long must pass without an alert.
const SETTLE_QUIET: Duration = Duration::from_secs(1);

/// Runs the cases and prints the report. True when nothing was missed and nothing falsely raised.
///
/// # Errors
/// When a row cannot be read, the machine does not allow live work, or the sensor fails.
pub fn run(options: &Options) -> Result<bool> {
    let rows = row::read(&options.cases)?;
    let plan = plan::plan(&rows, options);
    if plan.runs.is_empty() {
        bail!("no case of {} is left to run", options.cases.display());
    }
    if let Some(reason) = require::missing(true) {
        bail!("cannot run cases: {reason}");
    }
    let sensor_args: Vec<&str> = options.sensor_args.iter().map(String::as_str).collect();
    let sensor = Sensor::start(&sensor_args)?;
    let done = execute::all(&plan.runs, options.jobs)?;
    sensor.settle(SETTLE_LEAST, SETTLE_QUIET);
    if let Some(status) = sensor.exited()? {
        bail!(
            "the sensor ended during the cases ({status}):\n{}",
            sensor.log()
        );
    }
    let attributed = attribute::attribute(&done, sensor.alerts());
    let scores = score::score(&done, &attributed);
    report::print(&report::Report {
        plan: &plan,
        scores: &scores,
        attributed: &attributed,
    });
    if let Some(path) = &options.json {
        let json = report::json(&plan, &scores, &attributed);
        let text = serde_json::to_string_pretty(&json).context("encode the report")?;
        fs::write(path, text + "\n").with_context(|| format!("write {}", path.display()))?;
    }
    report::notices(&sensor.notices());
    let garbage = sensor.garbage();
    if let Some(line) = garbage.first() {
        bail!(
            "the sensor wrote {} lines that are no JSON object; first: {line:?}",
            garbage.len()
        );
    }
    Ok(scores.iter().all(|score| !score.verdict.is_bad()))
}
