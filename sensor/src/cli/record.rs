//! `record`: this machine's events to a file.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{SettingsArgs, terminal};
use crate::config::Settings;

/// Arguments of `record`.
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// File to write; it must not exist
    file: PathBuf,
    /// Stop after this many seconds; else on SIGTERM or SIGINT
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    duration: Option<u64>,
    /// Record every open and connect, also those that no rule asks for
    #[arg(long)]
    everything: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// What to record.
#[derive(Debug)]
struct Scope {
    duration: Option<Duration>,
    everything: bool,
}

pub(super) fn execute(args: RecordArgs) -> Result<()> {
    let settings = args.settings.load()?.settings;
    terminal::start_log(settings.log_level);
    let scope = Scope {
        duration: args.duration.map(Duration::from_secs),
        everything: args.everything,
    };
    let file = create(&args.file)?;
    record(&settings, &scope, file)
}

/// Creates the file, for its owner alone: command lines hold secrets.
fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
        .open(path)
        .with_context(|| format!("cannot create the recording {}", path.display()))
}

/// Loads the kernel programs and writes what they say with a [`crate::record::Writer`].
fn record(_settings: &Settings, scope: &Scope, _file: File) -> Result<()> {
    bail!(
        "`record` is not built yet ({:?}, everything: {})",
        scope.duration,
        scope.everything
    )
}
