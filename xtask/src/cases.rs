//! `cargo xtask cases`: the attack cases against a live sensor. The work is in `vigie-tests`.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs the cases with these arguments. The sensor must have been built.
///
/// # Errors
/// When a case was missed, falsely raised an alert, or could not be run.
pub(crate) fn main(args: &[String]) -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "vigie-tests", "--bin", "vigie-cases", "--"]);
    let status = command.args(args).status().context("run vigie-cases")?;
    ensure!(status.success(), "cases: {status}");
    Ok(())
}
