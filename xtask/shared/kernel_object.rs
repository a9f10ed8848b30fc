//! The one way in which the kernel object is built, for `cargo xtask build-ebpf` and for the
//! agent's build script (both include this file). Flags are in `sensor-ebpf/.cargo/config.toml`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The linker of kernel objects, found on `PATH`.
const LINKER: &str = "bpf-linker";

/// Variables of an outer cargo (a build script's, or clippy's) that would change the inner build,
/// or make it new each time that the caller changes.
const OUTER: [&str; 10] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_CFG_BPF_TARGET_ARCH",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "HOST",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTFLAGS",
];

/// Builds the kernel object for nodes of `arch` (as in `std::env::consts::ARCH`) and gives its path.
///
/// # Errors
/// A sentence for a person: the linker is missing, or the build failed (the compiler's own messages
/// have gone to standard error by then).
pub(crate) fn build(root: &Path, arch: &str) -> Result<PathBuf, String> {
    check_linker()?;
    let target_dir = target_dir(root);
    let status = command(root, &target_dir, arch, "build")
        .status()
        .map_err(|error| format!("cannot start cargo for the kernel object: {error}"))?;
    if !status.success() {
        return Err(format!("building the kernel object failed ({status})"));
    }
    strip(&target_dir.join("bpfel-unknown-none/release/vigie"))
}

/// Leaves out the debug information, four fifths of the object: BTF, which the loader reads, has
/// been made from it by now. Without the tool, which rustup's compilers bring, all of it stays.
fn strip(built: &Path) -> Result<PathBuf, String> {
    let Some(tool) = objcopy() else {
        return Ok(built.to_owned());
    };
    let stripped = built.with_extension("stripped");
    let status = Command::new(&tool)
        .arg("--strip-debug")
        .args([built, &stripped])
        .status()
        .map_err(|error| format!("cannot run {}: {error}", tool.display()))?;
    if !status.success() {
        return Err(format!("stripping the kernel object failed ({status})"));
    }
    Ok(stripped)
}

/// `objcopy` as it comes with the compiler.
fn objcopy() -> Option<PathBuf> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler)
        .args(["--print", "target-libdir"])
        .output()
        .ok()?;
    let libraries = String::from_utf8(output.stdout).ok()?;
    let tool = Path::new(libraries.trim()).with_file_name("bin/rust-objcopy");
    tool.exists().then_some(tool)
}

/// The cargo command `verb` (`build`, `clippy`) for the kernel crate.
pub(crate) fn command(root: &Path, target_dir: &Path, arch: &str, verb: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in OUTER {
        command.env_remove(name);
    }
    command
        .current_dir(root.join("sensor-ebpf"))
        .args([verb, "--release", "--target-dir"])
        .arg(target_dir)
        // The BPF target does not say whose registers the programs will read.
        .arg("--config")
        .arg(format!(
            "target.bpfel-unknown-none.rustflags=['--cfg=bpf_target_arch=\"{arch}\"']"
        ))
        .args(kernel_log())
        // `-Z build-std` with the pinned stable compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        // A build script's standard output is read by cargo.
        .stdout(Stdio::null());
    command
}

/// Messages of the kernel programs themselves, for who develops them (`VIGIE_KERNEL_LOG=1`): the
/// agent shows them at level debug. Never in a release, since they cost time in every event.
fn kernel_log() -> &'static [&'static str] {
    match std::env::var_os("VIGIE_KERNEL_LOG") {
        Some(value) if value == "1" => &["--features", "log"],
        _ => &[],
    }
}

/// Where the kernel crate is built: beside the workspace's own build, never inside of it.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    let outer = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target"));
    root.join(outer).join("ebpf")
}

/// Says what to do when the linker cannot be run.
fn check_linker() -> Result<(), String> {
    let run = Command::new(LINKER)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match run {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!(
            "`{LINKER} --version` failed ({status}): run `cargo xtask setup`"
        )),
        Err(error) => Err(format!(
            "cannot run `{LINKER}` ({error}): run `cargo xtask setup`"
        )),
    }
}
