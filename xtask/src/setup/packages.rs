//! What has to be installed, as data. A test that needs another program adds its package here.

/// Debian packages that are needed for one purpose.
pub(crate) struct Packages {
    /// What for, as said to the user.
    pub(crate) purpose: &'static str,
    /// Names in Debian and Ubuntu.
    pub(crate) names: &'static [&'static str],
}

/// To compile the workspace.
pub(crate) const BUILD: Packages = Packages {
    purpose: "building",
    names: &["build-essential", "pkg-config"],
};

/// To install the linker of kernel objects; not needed again once it is there.
pub(crate) const LINKER: Packages = Packages {
    purpose: "the linker of kernel objects",
    names: &[
        "llvm-22-dev",
        "libclang-22-dev",
        "libpolly-22-dev",
        "zlib1g-dev",
        "libzstd-dev",
    ],
};

/// For the live tests, which build a Debian root and run containers of it.
pub(crate) const TESTS: Packages = Packages {
    purpose: "live tests",
    names: &["debootstrap", "iproute2", "mount", "runc", "util-linux"],
};

/// The compiler's LLVM, which the linker must share; see `rustc --version --verbose`.
pub(crate) const LLVM_PREFIX: &str = "/usr/lib/llvm-22";

/// A program that cargo installs.
pub(crate) struct Tool {
    /// Name of the crate and of the program.
    pub(crate) name: &'static str,
    /// Exactly this version, so that every machine builds the same.
    pub(crate) version: &'static str,
    /// More arguments of `cargo install`.
    pub(crate) args: &'static [&'static str],
    /// Variables for its build.
    pub(crate) env: &'static [(&'static str, &'static str)],
}

/// Links the kernel object and writes its BTF.
pub(crate) const BPF_LINKER: Tool = Tool {
    name: "bpf-linker",
    version: "0.13.0",
    args: &["--no-default-features", "--features", "llvm-22"],
    env: &[("LLVM_PREFIX", LLVM_PREFIX)],
};

/// Checks licences and sources of dependencies.
pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    args: &[],
    env: &[],
};
