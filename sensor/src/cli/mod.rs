//! The command line.
//!
//! Exit codes: 0 done, 1 failed (with a sentence that says what and what to do), 2 wrong usage.

mod check_config;
mod detections;
mod docs;
mod doctor;
mod hooks_page;
mod record;
mod replay;
mod run;
mod settings;
mod terminal;
mod version;

pub use settings::SettingsArgs;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::config::Mistakes;

/// Vigie's node agent: watches processes, files, connections and namespaces of this machine through
/// eBPF, and raises alerts.
#[derive(Debug, Parser)]
#[command(name = "vigie-sensor", version, max_term_width = 100)]
#[command(arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch this machine and print alerts until stopped
    Run(run::RunArgs),
    /// Say what this machine's kernel offers, what it lacks, and what to do
    Doctor(doctor::DoctorArgs),
    /// Look at the detections, test them, or ask why one did or did not fire
    Detections(detections::DetectionsArgs),
    /// Write this machine's events to a file
    Record(record::RecordArgs),
    /// Run the detections over a recording
    Replay(replay::ReplayArgs),
    /// Check the settings and print them with where each comes from
    CheckConfig(check_config::CheckConfigArgs),
    /// Print versions
    Version,
    /// Print a reference page
    #[command(hide = true)]
    Docs(docs::DocsArgs),
}

/// How a command ended that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// With a good answer.
    Well,
    /// With a bad one, which it has printed: an exemplar failed, the sensor cannot run here.
    Badly,
}

impl Command {
    fn execute(self) -> Result<Done> {
        match self {
            Command::Doctor(args) => return doctor::execute(args),
            Command::Detections(args) => return detections::execute(args),
            Command::Run(args) => run::execute(args),
            Command::Record(args) => record::execute(args),
            Command::Replay(args) => replay::execute(args),
            Command::CheckConfig(args) => check_config::execute(args),
            Command::Version => version::execute(),
            Command::Docs(args) => docs::execute(&args),
        }?;
        Ok(Done::Well)
    }
}

/// Parses the arguments of this process and does what they say.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::parse().command.execute() {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::Badly) => ExitCode::FAILURE,
        Err(error) => {
            // Written, not printed: a closed standard error must not turn into a panic.
            terminal::complain(&format!("vigie-sensor: {error:#}"));
            match error.downcast_ref::<Mistakes>() {
                Some(mistakes) if mistakes.are_usage() => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

#[cfg(test)]
mod tests;
