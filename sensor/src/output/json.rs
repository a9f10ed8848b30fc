//! One JSON object per line.

use std::io::{self, Write};

use super::Sink;
use crate::alert::Alert;

/// Writes each alert as one line of JSON.
#[derive(Debug)]
pub struct Json<W> {
    to: W,
    line: Vec<u8>,
    /// The last line may lack its end.
    is_torn: bool,
}

impl<W: Write> Json<W> {
    /// A sink that writes to `to`, best without a buffer.
    #[must_use]
    pub fn new(to: W) -> Self {
        Json {
            to,
            line: Vec::new(),
            is_torn: false,
        }
    }
}

impl<W: Write> Sink for Json<W> {
    fn write(&mut self, alert: &Alert) -> io::Result<()> {
        self.line.clear();
        if self.is_torn {
            // A full disk cut the last line short; do not let it spoil this one.
            self.line.push(b'\n');
        }
        serde_json::to_writer(&mut self.line, alert)?;
        self.line.push(b'\n');
        self.is_torn = true;
        // One call for the whole line: readers of a pipe never see half of a short one.
        self.to.write_all(&self.line)?;
        self.is_torn = false;
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        alert::sample::{World, detection},
        detect::Severity,
    };

    /// A disk that is full at its 100th byte, once.
    #[derive(Default)]
    struct Disk {
        bytes: Vec<u8>,
        was_full: bool,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = if self.was_full {
                bytes.len()
            } else {
                100 - self.bytes.len()
            };
            if room == 0 {
                self.was_full = true;
                return Err(io::ErrorKind::StorageFull.into());
            }
            let (taken, _) = bytes.split_at(room.min(bytes.len()));
            self.bytes.extend(taken);
            Ok(taken.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_torn_line_does_not_spoil_the_next() {
        let alert = World::reverse_shell().alert(&detection("K8S.NODE_Test", Severity::High));
        let mut disk = Disk::default();
        let mut sink = Json::new(&mut disk);
        assert!(sink.write(&alert).is_err());
        sink.write(&alert).unwrap();
        sink.write(&alert).unwrap();
        let text = String::from_utf8(disk.bytes).unwrap();
        let whole =
            |line: &str| serde_json::from_str::<Alert>(line).is_ok_and(|read| read == alert);
        assert_eq!(
            text.lines().map(whole).collect::<Vec<_>>(),
            [false, true, true]
        );
    }
}
