//! `run`: watch this machine.

use anyhow::{Result, bail};
use clap::Args;

use super::{SettingsArgs, terminal};
use crate::{config::Settings, output::Sink};

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: RunArgs) -> Result<()> {
    let settings = args.settings.load()?.settings;
    terminal::start_log(settings.log_level);
    let sink = terminal::sink(settings.output)?;
    watch(&settings, sink)
}

/// Loads the kernel programs and prints alerts until SIGTERM or SIGINT.
fn watch(_settings: &Settings, _sink: Box<dyn Sink + Send>) -> Result<()> {
    bail!("`run` is not built yet")
}
