//! File system roots for workloads, built from Debian packages and never from an image registry.
//!
//! A root is built once, under `target/test-roots/<name>-<key>` where the key is a digest of all
//! that decides its content, and is never written to again: every workload runs on an overlay.

mod busybox;
mod debian;
mod tree;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace;

pub use debian::{PACKAGES, SUITE};
pub(crate) use tree::write;

/// A finished, read-only root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    path: PathBuf,
}

impl Root {
    /// Debian with the interpreters and tools that the tests and cases use.
    ///
    /// # Errors
    /// When `debootstrap` is missing or fails.
    pub fn debian() -> Result<Self> {
        cached("debian", &debian::key(), debian::build)
    }

    /// One static busybox and its applets, nothing else.
    ///
    /// # Errors
    /// When the Debian root, which has the busybox package, cannot be built.
    pub fn busybox() -> Result<Self> {
        let debian = Self::debian()?;
        cached("busybox", &debian::key(), |path| {
            busybox::build(debian.path(), path)
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a command of this name is in one of the root's `bin` folders.
    #[must_use]
    pub fn has_command(&self, name: &str) -> bool {
        [
            "usr/local/sbin",
            "usr/local/bin",
            "usr/sbin",
            "usr/bin",
            "sbin",
            "bin",
        ]
        .iter()
        .any(|folder| self.path.join(folder).join(name).symlink_metadata().is_ok())
    }
}

/// Finds a root in the cache or builds it, one process at a time.
fn cached(name: &str, key: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<Root> {
    let cache = workspace::target().join("test-roots");
    fs::create_dir_all(&cache).with_context(|| format!("create {}", cache.display()))?;
    let lock = File::create(cache.join(format!("{name}.lock"))).context("create the cache lock")?;
    lock.lock().context("wait for the cache lock")?;
    let path = cache.join(format!("{name}-{key}"));
    if !path.exists() {
        let partial = cache.join(format!("{name}-{key}.partial"));
        tree::remove(&partial)?;
        build(&partial).with_context(|| format!("build the {name} root"))?;
        fs::rename(&partial, &path).context("move the finished root into place")?;
    }
    Ok(Root { path })
}
