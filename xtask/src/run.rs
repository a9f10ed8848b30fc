//! `cargo xtask run`: from a fresh clone to alerts on the terminal.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::process::{as_root, describe};
use crate::setup::{self, Scope};

/// Sets up, builds, and becomes the sensor with these arguments. Returns only when that fails.
///
/// # Errors
/// What failed.
pub(crate) fn sensor(args: &[String]) -> Result<()> {
    setup::ensure(Scope::Build)?;
    let sensor = crate::build::release()?;
    let mut command = as_root(&sensor.to_string_lossy());
    command.arg("run").args(args);
    let line = describe(&command);
    eprintln!("+ {line}");
    // Replaces this process, so that signals reach the sensor itself.
    Err(command.exec()).with_context(|| format!("cannot start `{line}`"))
}
