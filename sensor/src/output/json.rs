//! One JSON object per line.

use std::io::{self, Write};

use super::Sink;
use crate::alert::Alert;

/// Writes each alert as one line of JSON.
#[derive(Debug)]
pub struct Json<W> {
    to: W,
    line: Vec<u8>,
}

impl<W: Write> Json<W> {
    /// A sink that writes to `to`.
    #[must_use]
    pub fn new(to: W) -> Self {
        Json {
            to,
            line: Vec::new(),
        }
    }
}

impl<W: Write> Sink for Json<W> {
    fn write(&mut self, alert: &Alert) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, alert)?;
        self.line.push(b'\n');
        // One call for the whole line: readers of a pipe never see half of a short one.
        self.to.write_all(&self.line)?;
        self.to.flush()
    }
}
