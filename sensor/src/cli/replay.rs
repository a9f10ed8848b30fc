//! `replay`: the detections over a recording.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Args;

use super::{SettingsArgs, terminal};
use crate::{
    pipeline::{self, Replayed, rules},
    record::Reader,
};

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
    let rules = rules::load(&settings)?;
    let mut sink = terminal::sink(settings.output)?;
    let done = pipeline::replay(reader, rules, args.real_time, sink.as_mut())
        .with_context(|| format!("cannot replay {}", args.recording.display()))?;
    terminal::complain(&sentence(done));
    Ok(())
}

/// Opens a recording and checks its head.
pub(super) fn open(path: &Path) -> Result<Reader<BufReader<File>>> {
    let file = File::open(path)
        .with_context(|| format!("cannot open the recording {}", path.display()))?;
    Reader::new(BufReader::new(file))
        .with_context(|| format!("cannot read the recording {}", path.display()))
}

fn sentence(done: Replayed) -> String {
    let seconds = done.took.as_secs_f64();
    let mut sentence = format!(
        "replayed {} events in {seconds:.3} s ({:.0} per second): {} alerts",
        done.events,
        done.events as f64 / seconds.max(1e-9),
        done.alerts
    );
    if done.lost > 0 {
        sentence.push_str(&format!("; {} events were lost at recording", done.lost));
    }
    sentence
}
