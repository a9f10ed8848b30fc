//! Builds the kernel object that the agent embeds, and notes which commit it is built from.
//!
//! Sets `VIGIE_KERNEL_OBJECT` (path of the object) and `VIGIE_COMMIT` (`unknown` outside of git).

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[path = "../xtask/shared/kernel_object.rs"]
mod kernel_object;

/// What the kernel object is made from, relative to the workspace.
const SOURCES: [&str; 6] = [
    "Cargo.lock",
    "sensor-common/src",
    "sensor-ebpf/.cargo/config.toml",
    "sensor-ebpf/Cargo.toml",
    "sensor-ebpf/src",
    "xtask/shared/kernel_object.rs",
];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let root = manifest
        .parent()
        .ok_or("the agent's crate is not inside of the workspace")?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=VIGIE_KERNEL_LOG");
    let commit = commit(root).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=VIGIE_COMMIT={commit}");

    let built = kernel_object::build(root, &variable("CARGO_CFG_TARGET_ARCH")?)?;
    // A copy, so that an agent never embeds an object that another build is just writing.
    let object = Path::new(&variable("OUT_DIR")?).join("vigie.bpf.o");
    std::fs::copy(&built, &object).map_err(|error| {
        format!(
            "cannot copy {} to {}: {error}",
            built.display(),
            object.display()
        )
    })?;
    println!("cargo::rustc-env=VIGIE_KERNEL_OBJECT={}", object.display());
    Ok(())
}

/// The checked-out commit, shortened, or `None` outside of a git work tree.
fn commit(root: &Path) -> Option<String> {
    // HEAD names the branch, its log changes with every commit and exists in work trees too.
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(root, &["rev-parse", "--git-path", file])?;
        let path = root.join(path);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    git(root, &["rev-parse", "--short=12", "HEAD"])
}

/// What `git` answers, or `None` when it does not.
fn git(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(args)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|error| format!("cargo did not set {name}: {error}"))
}
