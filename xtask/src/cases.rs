//! `cargo xtask cases`: recall and false positives on attack cases (the program is in `tests`).

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::process::{as_root, cargo, describe, run, target_dir};
use crate::setup::{self, Scope};

/// Sets up, builds, and becomes the program with these arguments. Returns only when that fails.
///
/// # Errors
/// What failed.
pub(crate) fn exec(args: &[String]) -> Result<()> {
    setup::ensure(Scope::Tests)?;
    let sensor = crate::build::release()?;
    run(cargo().args(["build", "--package", "vigie-tests", "--bin", "vigie-cases"]))?;
    let mut command = as_root(&target_dir().join("debug/vigie-cases").to_string_lossy());
    command.args(args).env(crate::test::SENSOR_VARIABLE, sensor);
    let line = describe(&command);
    eprintln!("+ {line}");
    Err(command.exec()).with_context(|| format!("cannot start `{line}`"))
}
