//! What live tests need of the machine. A test that cannot run says so and passes.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::workspace;

/// Commands of the host that workloads are made with.
const COMMANDS: &[&str] = &[
    "debootstrap",
    "ip",
    "mount",
    "pivot_root",
    "runc",
    "setpriv",
    "unshare",
];

/// Whether a live test can run here. Prints `SKIP <test>: <reason>` when not.
#[must_use]
pub fn live(test: &str) -> bool {
    runnable(test, missing(true).as_deref())
}

/// Whether a test that needs the sensor, but neither root nor workloads, can run here.
#[must_use]
pub fn sensor_only(test: &str) -> bool {
    runnable(test, missing_sensor().as_deref())
}

/// Whether a test that makes workloads without a sensor can run here.
#[must_use]
pub fn workloads(test: &str) -> bool {
    runnable(test, missing(false).as_deref())
}

/// Prints why a test is skipped. Not through `println!`, which the test harness captures.
pub fn skip(test: &str, reason: &str) {
    let _closed = writeln!(io::stderr(), "SKIP {test}: {reason}");
}

/// Path of a command of the host.
#[must_use]
pub fn command(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn runnable(test: &str, reason: Option<&str>) -> bool {
    if let Some(reason) = reason {
        skip(test, reason);
    }
    reason.is_none()
}

/// Why live work is not possible, or nothing.
pub(crate) fn missing(with_sensor: bool) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("needs root".to_owned());
    }
    if let Some(name) = COMMANDS.iter().find(|name| command(name).is_none()) {
        return Some(format!(
            "needs the command {name} (`cargo xtask setup` installs it)"
        ));
    }
    if with_sensor {
        missing_sensor().or_else(missing_kernel)
    } else {
        None
    }
}

fn missing_sensor() -> Option<String> {
    let sensor = workspace::sensor();
    (!sensor.is_file()).then(|| {
        format!(
            "no sensor at {} (run `cargo xtask build`)",
            sensor.display()
        )
    })
}

fn missing_kernel() -> Option<String> {
    let btf = Path::new("/sys/kernel/btf/vmlinux");
    (!btf.exists()).then(|| "this kernel has no BTF".to_owned())
}
