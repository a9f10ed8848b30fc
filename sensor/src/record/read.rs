//! Reads recordings. Files may come from anywhere: nothing in them is trusted.

use std::{
    fmt,
    io::{self, Read},
};

use super::{
    CGROUP, END, EVENT, EVENT_MAX, HEAD_SIZE, LOSS, MACHINE, MAGIC, Machine, PROCESS,
    SECTION_HEAD_SIZE, SECTION_MAX, Section, VERSION, checksum,
};

/// What is wrong with a recording, and where.
#[derive(Debug)]
pub struct ReadError {
    /// Offset of the head or section, bytes from the start.
    pub offset: u64,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a recording.
#[derive(Debug)]
pub enum Reason {
    /// It cannot be read.
    Io(io::Error),
    /// It does not begin as recordings do.
    NotARecording,
    /// Its format is of another version.
    Version(u32),
    /// It ends in the middle, or without an end section.
    Truncated,
    /// A section is larger than any that is written.
    TooLarge {
        /// Type.
        section: u16,
        /// Size that it claims.
        size: u32,
    },
    /// A section's checksum is wrong.
    Checksum,
    /// The first section is not the machine, or it comes again.
    Order,
    /// A section's content is not what its type wants.
    Content(String),
    /// The end counts another number of events.
    Count {
        /// Events that the end counts.
        expected: u64,
        /// Events that were read.
        found: u64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Io(error) => write!(formatter, "cannot be read: {error}"),
            Reason::NotARecording => formatter.write_str("this is not a recording of vigie-sensor"),
            Reason::Version(version) => write!(
                formatter,
                "its format has version {version}; this sensor reads version {VERSION}"
            ),
            Reason::Truncated => {
                formatter.write_str("it ends without an end mark: the recording was interrupted")
            }
            Reason::TooLarge { section, size } => {
                write!(
                    formatter,
                    "section of type {section} claims {size} bytes: damaged"
                )
            }
            Reason::Checksum => formatter.write_str("wrong checksum: damaged"),
            Reason::Order => formatter.write_str("sections are out of order: damaged"),
            Reason::Content(what) => write!(formatter, "a section cannot be understood: {what}"),
            Reason::Count { expected, found } => {
                write!(
                    formatter,
                    "it should hold {expected} events and holds {found}"
                )
            }
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at byte {}: {}", self.offset, self.reason)
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// Reads a recording: its machine at once, its sections as an iterator that stops at the end or
/// after an error. Give it a buffered reader.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    machine: Machine,
    offset: u64,
    events: u64,
    finished: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the head and the machine.
    ///
    /// # Errors
    /// When it is not a recording that this sensor reads.
    pub fn new(mut from: R) -> Result<Self, ReadError> {
        let failed = |offset, reason| ReadError { offset, reason };
        let mut head = [0; HEAD_SIZE];
        let got = fill(&mut from, &mut head).map_err(|error| failed(0, Reason::Io(error)))?;
        if got < MAGIC.len() || !head.starts_with(MAGIC) {
            return Err(failed(0, Reason::NotARecording));
        }
        if got < HEAD_SIZE {
            return Err(failed(0, Reason::Truncated));
        }
        let [.., v0, v1, v2, v3, _, _, _, _] = head;
        let version = u32::from_le_bytes([v0, v1, v2, v3]);
        if version != VERSION {
            return Err(failed(0, Reason::Version(version)));
        }
        let mut offset = HEAD_SIZE as u64;
        let machine = match raw_section(&mut from) {
            Ok((MACHINE, content)) => {
                let machine = serde_json::from_slice(&content)
                    .map_err(|error| failed(offset, Reason::Content(error.to_string())))?;
                offset += size_of_section(&content);
                machine
            }
            Ok(_) => return Err(failed(offset, Reason::Order)),
            Err(reason) => return Err(failed(offset, reason)),
        };
        Ok(Reader {
            from,
            machine,
            offset,
            events: 0,
            finished: false,
        })
    }

    /// The machine that was recorded.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Events read so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The next section; `None` at the end.
    fn section(&mut self) -> Result<Option<Section>, Reason> {
        loop {
            let (section, content) = raw_section(&mut self.from)?;
            let size = size_of_section(&content);
            let understood = match section {
                MACHINE => return Err(Reason::Order),
                CGROUP => Some(cgroup(&content)?),
                PROCESS => Some(process(&content)?),
                EVENT => Some(Section::Event(content)),
                LOSS => Some(loss(&content)?),
                END => return end(&content, self.events).map(|()| None),
                _ => None,
            };
            self.offset += size;
            if let Some(section) = understood {
                self.events += u64::from(matches!(section, Section::Event(_)));
                return Ok(Some(section));
            }
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Section, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let result = self.section();
        self.finished = !matches!(result, Ok(Some(_)));
        result
            .map_err(|reason| ReadError {
                offset: self.offset,
                reason,
            })
            .transpose()
    }
}

fn size_of_section(content: &[u8]) -> u64 {
    (SECTION_HEAD_SIZE + content.len()) as u64
}

/// Reads until `buffer` is full or the input ends; gives the number of bytes.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while let Some(rest) = buffer.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(size) => got += size,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// Type and content of the next section, after its checks.
fn raw_section(from: &mut impl Read) -> Result<(u16, Vec<u8>), Reason> {
    let mut head = [0; SECTION_HEAD_SIZE];
    if fill(from, &mut head).map_err(Reason::Io)? < head.len() {
        return Err(Reason::Truncated);
    }
    let [t0, t1, _, _, s0, s1, s2, s3, c0, c1, c2, c3] = head;
    let section = u16::from_le_bytes([t0, t1]);
    let size = u32::from_le_bytes([s0, s1, s2, s3]);
    if size
        > if section == EVENT {
            EVENT_MAX
        } else {
            SECTION_MAX
        }
    {
        return Err(Reason::TooLarge { section, size });
    }
    let mut content = vec![0; size as usize];
    if fill(from, &mut content).map_err(Reason::Io)? < content.len() {
        return Err(Reason::Truncated);
    }
    let (summed, _) = head.split_at(SECTION_HEAD_SIZE - 4);
    if checksum(summed, &content) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(Reason::Checksum);
    }
    Ok((section, content))
}

/// The number at the start of `content`, and the rest.
fn number(content: &[u8]) -> Result<(u64, &[u8]), Reason> {
    let (number, rest) = content
        .split_first_chunk::<8>()
        .ok_or_else(|| Reason::Content("a number is missing".to_owned()))?;
    Ok((u64::from_le_bytes(*number), rest))
}

fn cgroup(content: &[u8]) -> Result<Section, Reason> {
    let (id, path) = number(content)?;
    Ok(Section::Cgroup {
        id,
        path: path.to_vec(),
    })
}

fn process(content: &[u8]) -> Result<Section, Reason> {
    let process = serde_json::from_slice(content);
    Ok(Section::Process(
        process.map_err(|error| Reason::Content(error.to_string()))?,
    ))
}

fn loss(content: &[u8]) -> Result<Section, Reason> {
    let (lost, rest) = number(content)?;
    let (from, rest) = number(rest)?;
    let (to, _) = number(rest)?;
    Ok(Section::Loss { lost, from, to })
}

fn end(content: &[u8], found: u64) -> Result<(), Reason> {
    match number(content)? {
        (expected, _) if expected == found => Ok(()),
        (expected, _) => Err(Reason::Count { expected, found }),
    }
}
