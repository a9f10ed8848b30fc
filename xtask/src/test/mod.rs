//! `cargo xtask test`: every test of the repository, and what was skipped.

mod lines;
mod tally;

use anyhow::{Result, bail};
use clap::Args;

use self::tally::Tally;
use crate::process::cargo;
use crate::setup::{self, Scope};
use crate::{build, docs, tidy};

/// The crate of the live tests: they share one kernel, so they run one after the other.
const LIVE: &str = "vigie-tests";

/// Names the agent's program to the live tests.
pub(crate) const SENSOR_VARIABLE: &str = "VIGIE_SENSOR";

/// Flags of `cargo xtask test`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Leave out the live end-to-end tests
    #[arg(long)]
    no_live: bool,
    /// Run only the tests whose name contains this
    filter: Option<String>,
}

/// Runs the tests, prints what was skipped and why, and one line that sums up.
///
/// # Errors
/// Something failed; it has been named on the terminal.
pub(crate) fn run(options: &Options) -> Result<()> {
    setup::ensure(if options.no_live {
        Scope::Build
    } else {
        Scope::Tests
    })?;
    let mut tally = Tally::default();
    let mut failed = Vec::new();
    let mut step = |name: &'static str, result: Result<()>| {
        if let Err(error) = result {
            eprintln!("error: {name}: {error:#}");
            failed.push(name);
        }
    };
    let filter = options.filter.as_deref();
    step("unit tests and exemplars", unit(filter, &mut tally));
    if options.no_live {
        tally.skip("all live tests: --no-live was given");
    } else {
        step("live tests", live(filter, &mut tally));
    }
    if filter.is_none() {
        step("tidy", tidy::run());
        step("generated pages", docs::run(true));
    }
    print!("{tally}");
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Every crate but the kernel's, which is for another target, and the live tests'.
fn unit(filter: Option<&str>, tally: &mut Tally) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--no-fail-fast", "--workspace"]);
    command.args(["--exclude", "sensor-ebpf", "--exclude", LIVE]);
    command.args(filter).args(["--", "--show-output"]);
    lines::run(&mut command, tally)
}

/// The live tests, against the agent as it is shipped.
fn live(filter: Option<&str>, tally: &mut Tally) -> Result<()> {
    let sensor = build::release()?;
    let mut command = cargo();
    command.args(["test", "--no-fail-fast", "--package", LIVE]);
    command
        .args(filter)
        .args(["--", "--show-output", "--test-threads=1"]);
    command.env(SENSOR_VARIABLE, sensor);
    lines::run(&mut command, tally)
}
