//! The busybox root: what a minimal image offers to an intruder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::tree;

const FOLDERS: &[&str] = &[
    "bin",
    "dev",
    "etc",
    "proc",
    "root",
    "sys",
    "tmp",
    "usr/local/bin",
    "var/tmp",
];

/// Builds the root from the busybox of the Debian root.
pub(super) fn build(debian: &Path, path: &Path) -> Result<()> {
    for folder in FOLDERS {
        fs::create_dir_all(path.join(folder)).with_context(|| format!("create {folder}"))?;
    }
    for folder in ["tmp", "var/tmp"] {
        fs::set_permissions(path.join(folder), fs::Permissions::from_mode(0o1777))?;
    }
    let busybox = path.join("bin/busybox");
    fs::copy(debian.join("bin/busybox"), &busybox).context("copy busybox")?;
    let output = Command::new(&busybox)
        .arg("--list")
        .output()
        .context("list the applets")?;
    for applet in String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|name| *name != "busybox")
    {
        symlink("busybox", path.join("bin").join(applet))
            .with_context(|| format!("link {applet}"))?;
    }
    tree::write(
        path,
        "etc/passwd",
        b"root:x:0:0:root:/root:/bin/sh\n",
        0o644,
    )?;
    tree::write(path, "etc/group", b"root:x:0:\n", 0o644)
}
