//! Where things are in this repository.

use std::env;
use std::path::PathBuf;

/// Environment variables that steer the tests and are no business of the sensor.
pub const VARIABLES: [&str; 2] = ["VIGIE_SENSOR", "VIGIE_DEBIAN_MIRROR"];

/// The repository's own folder.
#[must_use]
pub fn repository() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().map_or_else(|| tests.clone(), PathBuf::from)
}

/// Cargo's target folder: `CARGO_TARGET_DIR`, or `target` in the repository.
#[must_use]
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// The sensor under test: `VIGIE_SENSOR`, or what `cargo xtask build` leaves behind.
#[must_use]
pub fn sensor() -> PathBuf {
    env::var_os("VIGIE_SENSOR").map_or_else(|| target().join("release/vigie-sensor"), PathBuf::from)
}

/// Attack cases of this repository.
#[must_use]
pub fn node_cases() -> PathBuf {
    repository().join("tests/cases/node.jsonl")
}
