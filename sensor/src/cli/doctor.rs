//! `doctor`: what this kernel offers.

use anyhow::Result;
use clap::Args;

use super::{Done, SettingsArgs, terminal};
use crate::{
    config::Settings,
    doctor::{self, Report, Roots},
    pipeline,
};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// The process fails when the sensor could not run here.
pub(super) fn execute(args: DoctorArgs) -> Result<Done> {
    let settings = args.settings.load()?.settings;
    terminal::start_log(settings.log_level);
    let report = report(&settings);
    let text = if args.json {
        format!("{:#}\n", report.json())
    } else {
        report.text()
    };
    terminal::print(&text)?;
    Ok(if report.exit_code() == 0 {
        Done::Well
    } else {
        Done::Badly
    })
}

/// Looks at the machine; tries the programs, and takes them back.
fn report(settings: &Settings) -> Report {
    let roots = Roots {
        proc: settings.proc_root.clone(),
        ..Roots::default()
    };
    let (hooks, refusal) = match pipeline::try_hooks(settings) {
        Ok(hooks) => (hooks, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    doctor::examine(&roots, hooks, refusal)
}
