//! Writes recordings.

use std::io::{self, ErrorKind, Write};

use super::{
    CGROUP, END, EVENT, EVENT_MAX, LOSS, MACHINE, MAGIC, Machine, PROCESS, ProcessSnapshot,
    SECTION_MAX, VERSION, checksum,
};

/// Writes a recording. Give it a buffered writer.
#[derive(Debug)]
pub struct Writer<W> {
    to: W,
    events: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a recording.
    ///
    /// # Errors
    /// When `to` does not take it; so too for the other methods.
    pub fn new(mut to: W, machine: &Machine) -> io::Result<Self> {
        to.write_all(MAGIC)?;
        to.write_all(&VERSION.to_le_bytes())?;
        to.write_all(&[0; 4])?;
        let mut writer = Writer { to, events: 0 };
        writer.section(MACHINE, &serde_json::to_vec(machine)?)?;
        Ok(writer)
    }

    /// Adds a control group: its kernfs id and path.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn cgroup(&mut self, id: u64, path: &[u8]) -> io::Result<()> {
        self.section(CGROUP, &[&id.to_le_bytes(), path].concat())
    }

    /// Adds a process that runs as recording begins.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn process(&mut self, process: &ProcessSnapshot) -> io::Result<()> {
        self.section(PROCESS, &serde_json::to_vec(process)?)
    }

    /// Adds a ring record.
    ///
    /// # Errors
    /// See [`Writer::new`]; and when it is larger than any ring record.
    pub fn event(&mut self, record: &[u8]) -> io::Result<()> {
        if record.len() > EVENT_MAX as usize {
            return Err(too_large(record.len(), EVENT_MAX));
        }
        self.section(EVENT, record)?;
        self.events += 1;
        Ok(())
    }

    /// Notes that `lost` events between two times (nanoseconds since boot) never arrived.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn loss(&mut self, lost: u64, from: u64, to: u64) -> io::Result<()> {
        self.section(LOSS, [lost, from, to].map(u64::to_le_bytes).as_flattened())
    }

    /// Ends the recording and flushes it; gives the number of events.
    ///
    /// # Errors
    /// See [`Writer::new`].
    pub fn finish(mut self) -> io::Result<u64> {
        self.section(END, &self.events.to_le_bytes())?;
        self.to.flush()?;
        Ok(self.events)
    }

    fn section(&mut self, section: u16, content: &[u8]) -> io::Result<()> {
        let size = u32::try_from(content.len())
            .ok()
            .filter(|size| *size <= SECTION_MAX);
        let size = size.ok_or_else(|| too_large(content.len(), SECTION_MAX))?;
        let mut head = [0; 8];
        for (to, from) in head.iter_mut().zip(
            section
                .to_le_bytes()
                .into_iter()
                .chain([0, 0])
                .chain(size.to_le_bytes()),
        ) {
            *to = from;
        }
        self.to.write_all(&head)?;
        self.to.write_all(&checksum(&head, content).to_le_bytes())?;
        self.to.write_all(content)
    }
}

fn too_large(size: usize, most: u32) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        format!("{size} bytes; a recording takes {most}"),
    )
}
