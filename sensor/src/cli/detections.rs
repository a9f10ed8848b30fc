//! `detections`: look at them, test them, explain them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::{SettingsArgs, terminal};
use crate::config::Settings;

/// Arguments of `detections`.
#[derive(Debug, Args)]
pub(super) struct DetectionsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the detections that the settings select
    List(ListArgs),
    /// Show a detection: its texts and its rules
    Show(ShowArgs),
    /// Run the exemplars of the detections
    Test(TestArgs),
    /// Say why recorded events did or did not match a detection
    Explain(ExplainArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Alert type, Sigma id or file of a detection
    detection: String,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, Args)]
struct TestArgs {
    /// Rule files or directories; without any, the detections that the settings select
    paths: Vec<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// Alert type, Sigma id or file of a detection
    detection: String,
    /// Recording made by `record`
    recording: PathBuf,
    /// Only the event with this number in the recording, from 1
    #[arg(long, value_name = "NUMBER")]
    event: Option<u64>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: DetectionsArgs) -> Result<()> {
    let text = match args.action {
        Action::List(args) => list(&start(args.settings)?, args.json),
        Action::Show(args) => show(&start(args.settings)?, &args.detection),
        Action::Test(args) => test(&start(args.settings)?, &args.paths),
        Action::Explain(args) => explain(
            &start(args.settings)?,
            &args.detection,
            &args.recording,
            args.event,
        ),
    };
    terminal::print(&text?)
}

fn start(args: SettingsArgs) -> Result<Settings> {
    let settings = args.load()?.settings;
    terminal::start_log(settings.log_level);
    Ok(settings)
}

fn list(_settings: &Settings, _json: bool) -> Result<String> {
    bail!("`detections list` is not built yet")
}

fn show(_settings: &Settings, _detection: &str) -> Result<String> {
    bail!("`detections show` is not built yet")
}

/// Runs exemplars; an error when one fails.
fn test(_settings: &Settings, _paths: &[PathBuf]) -> Result<String> {
    bail!("`detections test` is not built yet")
}

fn explain(
    _settings: &Settings,
    _detection: &str,
    _recording: &Path,
    _event: Option<u64>,
) -> Result<String> {
    bail!("`detections explain` is not built yet")
}
