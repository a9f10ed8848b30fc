//! Where alerts go on this machine: blocks for a reader, or lines of JSON for a program.

mod escape;
mod json;
mod style;
mod terminal;

#[cfg(test)]
mod hostile;

pub use escape::escape;
pub use json::Json;
pub use style::{Style, colours};
pub use terminal::Terminal;

use std::io::{self, ErrorKind};

use crate::alert::Alert;

/// Takes alerts, one at a time.
pub trait Sink {
    /// Writes one alert whole and flushes it.
    ///
    /// # Errors
    /// When the destination does not take it.
    fn write(&mut self, alert: &Alert) -> io::Result<()>;
}

/// What became of an alert.
#[derive(Debug)]
pub enum Written {
    /// It was written.
    Done,
    /// The reader has gone away (`vigie-sensor run | head`): a quiet reason to end.
    Closed,
    /// It is lost: to be counted and said.
    Failed(io::Error),
}

/// Writes `alert` and tells a reader that has gone from a real failure.
pub fn write(sink: &mut dyn Sink, alert: &Alert) -> Written {
    match sink.write(alert) {
        Ok(()) => Written::Done,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Written::Closed,
        Err(error) => Written::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        alert::sample::{World, detection},
        detect::Severity,
    };

    struct Broken(ErrorKind);

    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_failure() {
        let alert = World::reverse_shell().alert(&detection("K8S.NODE_Test", Severity::High));
        let write_to = |kind| write(&mut Json::new(Broken(kind)), &alert);
        assert!(matches!(write_to(ErrorKind::BrokenPipe), Written::Closed));
        assert!(matches!(
            write_to(ErrorKind::StorageFull),
            Written::Failed(_)
        ));
        assert!(matches!(
            write(&mut Json::new(io::sink()), &alert),
            Written::Done
        ));
    }
}
