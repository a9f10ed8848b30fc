//! The Debian root, by `debootstrap`.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::tree;

/// The Debian release of the root.
pub const SUITE: &str = "bookworm";

/// What the root holds on top of Debian's essential packages.
pub const PACKAGES: &[&str] = &[
    "busybox-static",
    "curl",
    "e2fsprogs",
    "iproute2",
    "iputils-ping",
    "make",
    "mawk",
    "netcat-openbsd",
    "netcat-traditional",
    "openssh-client",
    "openssl",
    "perl-base",
    "procps",
    "psmisc",
    "python3",
    "socat",
    "wget",
];

/// Parts of a package that no test reads.
const UNUSED: &[&str] = &[
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/man",
];

/// Digest of all that decides the root's content.
pub(super) fn key() -> String {
    tree::digest(&format!("{SUITE} {}", PACKAGES.join(" ")))
}

/// Builds the root. `VIGIE_DEBIAN_MIRROR` overrides where packages come from.
pub(super) fn build(path: &Path) -> Result<()> {
    eprintln!(
        "building a Debian {SUITE} root in {} (about a minute, once)",
        path.display()
    );
    let mut command = Command::new("debootstrap");
    command
        .arg("--variant=minbase")
        .arg(format!("--include={}", PACKAGES.join(",")))
        .arg(SUITE)
        .arg(path)
        .args(env::var_os("VIGIE_DEBIAN_MIRROR"))
        .stdin(Stdio::null());
    let output = command
        .output()
        .context("run debootstrap (Debian package `debootstrap`)")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        let tail: Vec<&str> = text.lines().rev().take(8).collect();
        bail!("debootstrap: {}: {}", output.status, tail.join(" | "));
    }
    UNUSED
        .iter()
        .try_for_each(|part| tree::remove(&path.join(part)))
}
