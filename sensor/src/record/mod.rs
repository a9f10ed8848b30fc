//! Recordings: what the rings gave, byte for byte, and what the sensor knew when it began, so that
//! a replay feeds the same core.
//!
//! # Format, version 1
//! All numbers are little-endian. A recording is a head and then sections.
//!
//! | bytes of the head | |
//! |---|---|
//! | 8 | `VIGIEREC` |
//! | 4 | version |
//! | 4 | zero |
//!
//! | bytes of a section | |
//! |---|---|
//! | 2 | type |
//! | 2 | zero |
//! | 4 | size of the content |
//! | 4 | CRC-32 of the eight bytes before and of the content |
//! | size | content |
//!
//! | type | section | content |
//! |---|---|---|
//! | 1 | machine, always first and once | JSON, [`Machine`] |
//! | 2 | control group | 8 bytes kernfs id, then its path |
//! | 3 | process that ran when recording began | JSON, [`ProcessSnapshot`] |
//! | 4 | event | the ring record |
//! | 5 | loss | 8 bytes each: events lost, from, to (nanoseconds since boot) |
//! | 6 | end, always last | 8 bytes: number of events |
//!
//! Readers skip sections of unknown type. A recording without an end was interrupted. A change that
//! old readers would misread needs a new version.

mod process;
mod read;
mod write;

pub use process::ProcessSnapshot;
pub use read::{ReadError, Reader, Reason};
pub use write::Writer;

use schemars::JsonSchema;
use sensor_common::limits;
use serde::{Deserialize, Serialize};

/// Version of the format.
pub const VERSION: u32 = 1;

const MAGIC: &[u8; 8] = b"VIGIEREC";
const HEAD_SIZE: usize = 16;
const SECTION_HEAD_SIZE: usize = 12;

/// Most bytes of a section's content: a process whose paths and arguments are as long as the kernel
/// programs allow and not UTF-8 takes about 120 KiB of JSON.
const SECTION_MAX: u32 = 256 * 1024;

/// Most bytes of an event: what the kernel programs can write.
const EVENT_MAX: u32 = limits::SCRATCH_SIZE as u32;

const MACHINE: u16 = 1;
const CGROUP: u16 = 2;
const PROCESS: u16 = 3;
const EVENT: u16 = 4;
const LOSS: u16 = 5;
const END: u16 = 6;

/// The machine that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Name of the node.
    pub node_name: String,
    /// Kernel release.
    pub kernel: String,
    /// Processor architecture, as Rust names it.
    pub architecture: String,
    /// Id of that run of the kernel.
    pub boot_id: String,
    /// When the machine booted, nanoseconds since the Unix epoch.
    pub boot_time: u64,
    /// Version of the sensor that recorded.
    pub sensor_version: String,
    /// Inode number of the node's own mount namespace.
    pub mnt_ns: u32,
}

/// A section, after the machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Section {
    /// A control group.
    Cgroup {
        /// kernfs id.
        id: u64,
        /// Path in its hierarchy.
        path: Vec<u8>,
    },
    /// A process that ran when recording began.
    Process(Box<ProcessSnapshot>),
    /// A ring record; bytes of any kind.
    Event(Vec<u8>),
    /// Events that never arrived.
    Loss {
        /// How many.
        lost: u64,
        /// First possible time, nanoseconds since boot.
        from: u64,
        /// Last possible time, nanoseconds since boot.
        to: u64,
    },
}

/// Checksum of a section.
fn checksum(head: &[u8], content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(content);
    hasher.finalize()
}

#[cfg(test)]
mod tests;
