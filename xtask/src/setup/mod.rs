//! `cargo xtask setup`: installs what is missing, and says so. Quick when nothing is.

mod apt;
mod packages;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use self::packages::{BPF_LINKER, BUILD, CARGO_DENY, LINKER, TESTS, Tool};
use crate::process::{answer, as_root, cargo, run};

/// Where tracepoint ids and formats are read.
const TRACEFS: &str = "/sys/kernel/tracing";

/// How much to set up. Each one holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// What building and running need.
    Build,
    /// What the live tests need as well.
    Tests,
    /// What `.ci/run` needs as well.
    Ci,
}

/// Installs what `scope` needs and this machine lacks.
///
/// # Errors
/// A sentence that says what could not be installed, and what to do.
pub(crate) fn ensure(scope: Scope) -> Result<()> {
    let linker = is_installed(&BPF_LINKER);
    let mut wanted = vec![&BUILD];
    if !linker {
        wanted.push(&LINKER);
    }
    if scope >= Scope::Tests {
        wanted.push(&TESTS);
    }
    apt::ensure(&wanted)?;
    ensure_rust_source()?;
    if !linker {
        install(&BPF_LINKER)?;
    }
    if scope >= Scope::Ci && !is_installed(&CARGO_DENY) {
        install(&CARGO_DENY)?;
    }
    if scope >= Scope::Tests {
        ensure_tracefs();
    }
    Ok(())
}

/// The kernel crate compiles `core` for its own target.
fn ensure_rust_source() -> Result<()> {
    let sysroot = answer(Command::new("rustc").args(["--print", "sysroot"]))
        .context("cannot run `rustc`: install Rust from https://rustup.rs")?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core");
    if library.exists() {
        return Ok(());
    }
    run(Command::new("rustup").args(["component", "add", "rust-src"])).with_context(|| {
        format!(
            "the sources of Rust's core library are not at {}; without rustup, install your \
             distribution's package of them (rust-src)",
            library.display()
        )
    })
}

/// Whether `tool` is there in the version that we want.
fn is_installed(tool: &Tool) -> bool {
    answer(Command::new(tool.name).arg("--version"))
        .is_some_and(|text| text.split_whitespace().nth(1) == Some(tool.version))
}

fn install(tool: &Tool) -> Result<()> {
    let mut command = cargo();
    command
        // By force: one that is there cannot be run, or is another version.
        .args([
            "install",
            tool.name,
            "--version",
            tool.version,
            "--locked",
            "--force",
        ])
        .args(tool.args)
        // What the user says about this machine goes first.
        .envs(
            tool.env
                .iter()
                .copied()
                .filter(|(name, _)| std::env::var_os(name).is_none()),
        );
    run(&mut command)?;
    if !is_installed(tool) {
        bail!(
            "{} {} is installed but cannot be run: is cargo's bin directory (~/.cargo/bin) on PATH?",
            tool.name,
            tool.version
        );
    }
    Ok(())
}

/// Mounts tracefs; where that is not allowed, the live tests say which of them they skip.
fn ensure_tracefs() {
    if Path::new(TRACEFS).join("events").exists() {
        return;
    }
    let mut mount = as_root("mount");
    mount.args(["-t", "tracefs", "tracefs", TRACEFS]);
    if let Err(error) = run(&mut mount) {
        eprintln!("note: {TRACEFS} stays unmounted, and tests that need it are skipped: {error:#}");
    }
}
