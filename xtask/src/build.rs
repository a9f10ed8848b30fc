//! `cargo xtask build`: the agent as it is shipped, and the one that tests use.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::{cargo, run, target_dir};

/// Builds the agent for nodes and prints where it is.
///
/// # Errors
/// The build failed.
pub(crate) fn release() -> Result<PathBuf> {
    let path = sensor("release", &["--release"])?;
    let size = std::fs::metadata(&path)
        .with_context(|| format!("cannot find {} after the build", path.display()))?
        .len();
    eprintln!("{} ({:.1} MiB)", path.display(), mebibytes(size));
    Ok(path)
}

/// Builds the agent quickly, for tests and generators.
///
/// # Errors
/// The build failed.
pub(crate) fn debug() -> Result<PathBuf> {
    sensor("debug", &[])
}

fn sensor(folder: &str, args: &[&str]) -> Result<PathBuf> {
    run(cargo()
        .args([
            "build",
            "--package",
            "vigie-sensor",
            "--bin",
            "vigie-sensor",
        ])
        .args(args))?;
    Ok(target_dir().join(folder).join("vigie-sensor"))
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
