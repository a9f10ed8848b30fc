//! `detections explain`.

use std::{
    io::{self, BufWriter, ErrorKind, Write as _},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use clap::Args;

use super::{SettingsArgs, select, start};
use crate::{
    cli::replay,
    pipeline::{self, rules},
};

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Alert type, Sigma id or file of a detection
    detection: String,
    /// Recording made by `record`
    recording: PathBuf,
    /// Only the event with this number in the recording, from 1
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    event: Option<u64>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: ExplainArgs) -> Result<()> {
    let settings = start(args.settings)?;
    let set = rules::load(&settings)?;
    let selected = select(&set, &args.detection)?;
    let reader = replay::open(&args.recording)?;
    let mut to = BufWriter::new(io::stdout().lock());
    let done = pipeline::explain(reader, &set, &selected, args.event, &mut to)
        .and_then(|()| Ok(to.flush()?));
    match done {
        Err(error) if is_reader_gone(&error) => Ok(()),
        done => done.with_context(|| format!("cannot explain {}", args.recording.display())),
    }
}

/// A reader that has gone away (`| head`) is no failure.
fn is_reader_gone(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
