//! Standard output and error: results go to the one, words about them to the other.

use std::{
    env,
    fs::File,
    io::{self, ErrorKind, IsTerminal, Write},
    os::fd::AsFd,
};

use anyhow::{Context as _, Result};
use tracing::level_filters::LevelFilter;

use crate::{
    config::OutputFormat,
    output::{Json, Sink, Style, Terminal, colours},
};

/// Prints a result. A reader that has gone away (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Prints a line to standard error, as well as that goes.
pub(super) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The sink for alerts on standard output.
pub(super) fn sink(format: OutputFormat) -> Result<Box<dyn Sink + Send>> {
    let stdout = io::stdout();
    let style = style(stdout.is_terminal());
    // Without the library's buffer: what could not be written must not come out later, in the
    // middle of something else.
    let descriptor = stdout
        .as_fd()
        .try_clone_to_owned()
        .context("cannot use standard output")?;
    let stdout = File::from(descriptor);
    Ok(match format {
        OutputFormat::Terminal => Box::new(Terminal::new(stdout, style)),
        OutputFormat::Json => Box::new(Json::new(stdout)),
    })
}

fn style(is_terminal: bool) -> Style {
    let (no_color, term) = (env::var("NO_COLOR").ok(), env::var("TERM").ok());
    colours(is_terminal, no_color.as_deref(), term.as_deref())
}

/// Sends log messages to standard error, whatever the form of alerts.
pub(super) fn start_log(level: LevelFilter) {
    let ansi = style(io::stderr().is_terminal()) == Style::COLOUR;
    // Fails only when a log was started before, which then stays.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(ansi)
        .with_target(false)
        .try_init();
}
