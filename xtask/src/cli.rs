//! The commands and their flags.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::setup::Scope;
use crate::{bench, build, cases, docs, kernel, run, setup, test, tidy};

/// Vigie's build, test and measurement commands.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install what building, testing or checking needs and this machine lacks
    Setup(SetupArgs),
    /// Build the kernel object and print its programs and maps
    BuildEbpf,
    /// Check the kernel crate with clippy, warnings as errors
    ClippyEbpf,
    /// Build target/release/vigie-sensor, kernel object and detections embedded
    Build,
    /// Set up, build, and run the sensor as root
    Run {
        /// Arguments of `vigie-sensor run`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Set up, then run every test of the repository
    Test(test::Options),
    /// Run attack cases against a live sensor; print recall and false positives (`-- --help`)
    Cases {
        /// Arguments of the program `vigie-cases`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Check the rules of the house: imports, sizes, comments, unsafe code
    Tidy,
    /// Write the generated reference pages
    Docs {
        /// Write nothing; fail when a page is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Measure a live sensor (as root)
    Bench(bench::Options),
}

#[derive(Debug, Args)]
struct SetupArgs {
    /// Also what the live tests need
    #[arg(long)]
    tests: bool,
    /// Also what .ci/run needs
    #[arg(long)]
    ci: bool,
}

impl Cli {
    /// Does what was asked.
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::Setup(args) => setup::ensure(args.scope()),
            Command::BuildEbpf => kernel::build_and_print(),
            Command::ClippyEbpf => kernel::clippy(),
            Command::Build => build::release().map(|_| ()),
            Command::Run { args } => run::sensor(&args),
            Command::Test(options) => test::run(&options),
            Command::Cases { args } => cases::exec(&args),
            Command::Tidy => tidy::run(),
            Command::Docs { check } => docs::run(check),
            Command::Bench(options) => bench::run(&options),
        }
    }
}

impl SetupArgs {
    fn scope(&self) -> Scope {
        match (self.ci, self.tests) {
            (true, _) => Scope::Ci,
            (false, true) => Scope::Tests,
            (false, false) => Scope::Build,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn commands_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
