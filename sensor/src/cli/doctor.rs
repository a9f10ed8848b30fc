//! `doctor`: what this kernel offers.

use anyhow::{Result, bail};
use clap::Args;

use super::{SettingsArgs, terminal};
use crate::config::Settings;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: DoctorArgs) -> Result<()> {
    let settings = args.settings.load()?.settings;
    terminal::start_log(settings.log_level);
    terminal::print(&report(&settings)?)
}

/// Looks at the machine and writes what it found.
fn report(_settings: &Settings) -> Result<String> {
    bail!("`doctor` is not built yet")
}
