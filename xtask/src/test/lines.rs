//! Shows the output of test programs as it comes, and reads it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use super::tally::Tally;
use crate::process::describe;

/// Runs `command`, shows its lines, and counts what they say. A test may report on either stream:
/// the runner captures standard output, unless it is told to show it.
pub(super) fn run(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let line = describe(command);
    eprintln!("+ {line}");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let tally = Mutex::new(tally);
    let read = |line: &str| {
        tally
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read(line);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            each_line(errors, |line| {
                eprintln!("{line}");
                read(line);
            });
        });
        let mut listing = Listing::default();
        each_line(output, |line| {
            if !listing.holds(line) {
                println!("{line}");
            }
            read(line);
        });
    });
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Calls `take` with every line until the stream ends, or cannot be read any more.
fn each_line(stream: Option<impl Read>, mut take: impl FnMut(&str)) {
    let Some(stream) = stream else { return };
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        take(&String::from_utf8_lossy(&line));
    }
}

/// The runner's second list of the tests that passed, which comes with their output.
#[derive(Debug, Default)]
struct Listing {
    inside: bool,
}

impl Listing {
    /// Whether `line`, the next one, belongs to the list.
    fn holds(&mut self, line: &str) -> bool {
        if line == "successes:" {
            self.inside = true;
        } else if !line.is_empty() && !line.starts_with("    ") {
            self.inside = false;
        }
        self.inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let mut lines = Vec::new();
        each_line(Some(&b"a\nb\xff\nc"[..]), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(lines, ["a", "b\u{fffd}", "c"]);
    }

    #[test]
    fn a_failure_is_an_error() {
        let mut tally = Tally::default();
        assert!(run(&mut Command::new("true"), &mut tally).is_ok());
        assert!(run(&mut Command::new("false"), &mut tally).is_err());
        assert!(run(&mut Command::new("/nonexistent"), &mut tally).is_err());
    }

    #[test]
    fn the_second_list_is_hidden() {
        let text = "test a ... ok\n\nsuccesses:\n\n---- a stdout ----\nSKIP a: x\n\n\nsuccesses:\n    a\n\ntest result: ok.";
        let mut listing = Listing::default();
        let shown: Vec<&str> = text.lines().filter(|line| !listing.holds(line)).collect();
        let expected = "test a ... ok\n\n---- a stdout ----\nSKIP a: x\n\n\ntest result: ok.";
        assert_eq!(shown.join("\n"), expected);
    }
}
