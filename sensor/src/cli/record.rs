//! `record`: this machine's events to a file.

use std::{
    fs::{File, OpenOptions},
    io::BufWriter,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::Args;

use super::{SettingsArgs, terminal};
use crate::pipeline::{self, Recorded, Scope};

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
    /// Leave out the processes that run already: their command lines stay here, and ancestors are
    /// missing in a replay
    #[arg(long)]
    no_processes: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: RecordArgs) -> Result<()> {
    let settings = args.settings.load()?.settings;
    terminal::start_log(settings.log_level);
    let scope = Scope {
        duration: args.duration.map(Duration::from_secs),
        everything: args.everything,
        processes: !args.no_processes,
    };
    let file = create(&args.file)?;
    let path = args.file.display();
    let started = || terminal::complain(&format!("recording to {path}"));
    let done = pipeline::record(&settings, scope, BufWriter::new(file), started);
    if done.is_err() {
        remove_if_empty(&args.file);
    }
    terminal::complain(&sentence(done?));
    Ok(())
}

/// Creates the file, for its owner alone: command lines hold secrets.
fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
        .open(path)
        .with_context(|| format!("cannot create the recording {}", path.display()))
}

/// A recording that never began leaves no file that would be in the way of the next try.
fn remove_if_empty(path: &Path) {
    if path.metadata().is_ok_and(|found| found.len() == 0) {
        // It can stay: the error that is told matters more.
        let _ = std::fs::remove_file(path);
    }
}

fn sentence(done: Recorded) -> String {
    let Recorded {
        events,
        lost,
        suppressed,
    } = done;
    let mut sentence = format!("recorded {events} events");
    if lost > 0 {
        sentence.push_str(&format!("; {lost} were lost"));
    }
    if suppressed > 0 {
        sentence.push_str(&format!(
            "; {suppressed} were held back in the kernel (raise --activity-rate)"
        ));
    }
    sentence
}
