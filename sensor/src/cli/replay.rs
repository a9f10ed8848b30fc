//! `replay`: the detections over a recording.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{SettingsArgs, terminal};
use crate::{config::Settings, output::Sink, record::Reader};

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Recording made by `record`
    recording: PathBuf,
    /// Keep the pauses between events; else replay as fast as possible
    #[arg(long)]
    real_time: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: ReplayArgs) -> Result<()> {
    let settings = args.settings.load()?.settings;
    terminal::start_log(settings.log_level);
    let reader = open(&args.recording)?;
    replay(
        &settings,
        reader,
        args.real_time,
        terminal::sink(settings.output)?,
    )
}

/// Opens a recording and checks its head.
fn open(path: &Path) -> Result<Reader<BufReader<File>>> {
    let file = File::open(path)
        .with_context(|| format!("cannot open the recording {}", path.display()))?;
    Reader::new(BufReader::new(file))
        .with_context(|| format!("cannot read the recording {}", path.display()))
}

/// Feeds the core with the recording and prints alerts.
fn replay(
    _settings: &Settings,
    reader: Reader<BufReader<File>>,
    _real_time: bool,
    _sink: Box<dyn Sink + Send>,
) -> Result<()> {
    for section in reader {
        section?;
    }
    bail!("`replay` is not built yet; the recording itself is whole")
}
