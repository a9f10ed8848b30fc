//! `run`: watch this machine.

use anyhow::Result;
use clap::Args;

use super::{SettingsArgs, terminal};
use crate::pipeline;

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: RunArgs) -> Result<()> {
    let settings = args.settings.load()?.settings;
    terminal::start_log(settings.log_level);
    let mut sink = terminal::sink(settings.output)?;
    pipeline::run(&settings, sink.as_mut())
}
