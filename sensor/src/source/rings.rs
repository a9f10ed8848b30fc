//! Reads the two rings in an order in which a process is always known before what it did.
//!
//! A round takes what `ACTIVITY` holds (up to a limit), then all of `LIFECYCLE`, and hands out both
//! by their kernel time. What is younger than the last activity that was surely taken waits for the
//! next round: an activity from before it may still be in the ring.

use std::{ops::Range, time::Duration};

use aya::maps::{MapData, RingBuf};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    time::{ClockId, clock_gettime},
};

use crate::event::{sequence_of, time_of};

/// Activity records of one round: bounds the delay of a process event behind activity.
const ACTIVITY_BATCH: usize = 1024;

/// Process records of one round: bounds memory when processes start faster than they are read.
const LIFECYCLE_BATCH: usize = 16 * 1024;

/// Records that the kernel numbered but that never arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// How many.
    pub lost: u64,
    /// Time of the last record before them on that CPU, nanoseconds since boot.
    pub from: u64,
    /// Time of the first record after them.
    pub to: u64,
}

/// What a round hands out.
#[derive(Debug, Clone, Copy)]
pub enum Taken<'a> {
    /// Records are missing.
    Loss(Loss),
    /// A record.
    Record(&'a [u8]),
}

/// Nanoseconds since boot, suspend included: the clock of all records.
#[must_use]
pub fn boot_time() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    seconds * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or_default()
}

/// A record in the buffer of a round.
struct Entry {
    time: u64,
    range: Range<usize>,
}

/// Records of a round, by time.
#[derive(Default)]
struct Round {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl Round {
    fn push(&mut self, record: &[u8]) -> u64 {
        let time = time_of(record).unwrap_or_default();
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.entries.push(Entry {
            time,
            range: start..self.bytes.len(),
        });
        time
    }
}

/// The rings of loaded programs.
pub struct Rings {
    lifecycle: Ring,
    activity: Ring,
    round: Round,
    next: Round,
}

struct Ring {
    ring: RingBuf<MapData>,
    sequences: Sequences,
}

impl Rings {
    /// Reads these rings: lifecycle, activity.
    #[must_use]
    pub fn new([lifecycle, activity]: [RingBuf<MapData>; 2]) -> Self {
        let ring = |ring| Ring {
            ring,
            sequences: Sequences::default(),
        };
        Rings {
            lifecycle: ring(lifecycle),
            activity: ring(activity),
            round: Round::default(),
            next: Round::default(),
        }
    }

    /// Waits until a ring has something, at most for `timeout`.
    pub fn wait(&self, timeout: Duration) {
        let timeout = if self.round.entries.is_empty() {
            timeout
        } else {
            Duration::ZERO
        };
        let mut rings = [
            PollFd::new(&self.lifecycle.ring, PollFlags::IN),
            PollFd::new(&self.activity.ring, PollFlags::IN),
        ];
        let timeout = Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        };
        // An interrupted wait is as good as a short one.
        let _ = poll(&mut rings, Some(&timeout));
    }

    /// Takes a round of records and hands out first what is missing, then the records by time.
    /// With `all`, nothing is left for a next round (at shutdown). Returns how many records there
    /// were.
    pub fn read(&mut self, all: bool, mut hand_out: impl FnMut(Taken<'_>)) -> usize {
        let mut loss = |loss| hand_out(Taken::Loss(loss));
        let started = boot_time();
        let (taken, last) = self
            .activity
            .drain(ACTIVITY_BATCH, &mut self.round, &mut loss);
        self.lifecycle
            .drain(LIFECYCLE_BATCH, &mut self.round, &mut loss);
        let limit = match (all, taken == ACTIVITY_BATCH) {
            (true, _) => u64::MAX,
            (false, true) => last,
            (false, false) => started,
        };
        self.round.entries.sort_by_key(|entry| entry.time);
        let mut handed_out = 0;
        for entry in &self.round.entries {
            let Some(bytes) = self.round.bytes.get(entry.range.clone()) else {
                continue;
            };
            if entry.time <= limit {
                hand_out(Taken::Record(bytes));
                handed_out += 1;
            } else {
                self.next.push(bytes);
            }
        }
        self.round.bytes.clear();
        self.round.entries.clear();
        std::mem::swap(&mut self.round, &mut self.next);
        handed_out
    }
}

impl Ring {
    /// Moves at most `limit` records into `round`; how many, and the time of the last.
    fn drain(
        &mut self,
        limit: usize,
        round: &mut Round,
        loss: &mut impl FnMut(Loss),
    ) -> (usize, u64) {
        let mut last = 0;
        for taken in 0..limit {
            let Some(record) = self.ring.next() else {
                return (taken, last);
            };
            last = round.push(&record);
            if let Some(gap) = self.sequences.note(&record, last) {
                loss(gap);
            }
        }
        (limit, last)
    }
}

/// The sequence numbers of one ring, by CPU.
#[derive(Debug, Default)]
struct Sequences {
    cpus: Vec<Expected>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    sequence: u64,
    time: u64,
}

impl Sequences {
    /// Notes a record; tells of those missing before it.
    fn note(&mut self, record: &[u8], time: u64) -> Option<Loss> {
        let (cpu, sequence) = sequence_of(record)?;
        let cpu = usize::from(cpu);
        if self.cpus.len() <= cpu {
            self.cpus.resize(cpu + 1, Expected::default());
        }
        let expected = self.cpus.get_mut(cpu)?;
        // A lower number is a record that another one overtook on its CPU: not a loss.
        let lost = sequence.saturating_sub(expected.sequence);
        let from = expected.time;
        if sequence >= expected.sequence {
            *expected = Expected {
                sequence: sequence.saturating_add(1),
                time,
            };
        }
        (lost > 0).then_some(Loss {
            lost,
            from,
            to: time,
        })
    }
}

#[cfg(test)]
mod tests {
    use sensor_common::Header;

    use super::*;

    fn record(cpu: u16, sequence: u64) -> Vec<u8> {
        let mut bytes = vec![0; size_of::<Header>()];
        bytes[6..8].copy_from_slice(&cpu.to_ne_bytes());
        bytes[8..16].copy_from_slice(&sequence.to_ne_bytes());
        bytes
    }

    #[test]
    fn gaps_are_losses_and_late_records_are_not() {
        let mut sequences = Sequences::default();
        let mut note = |cpu, sequence, time| {
            sequences
                .note(&record(cpu, sequence), time)
                .map(|loss| (loss.lost, loss.from, loss.to))
        };
        assert_eq!(note(0, 0, 10), None);
        assert_eq!(note(1, 2, 11), Some((2, 0, 11)));
        assert_eq!(note(0, 1, 12), None);
        assert_eq!(note(0, 5, 20), Some((3, 12, 20)));
        assert_eq!(note(0, 4, 21), None);
        assert_eq!(note(0, 6, 22), None);
    }

    #[test]
    fn no_number_is_too_odd() {
        let mut sequences = Sequences::default();
        assert_eq!(sequences.note(&[], 1), None);
        assert_eq!(sequences.note(&record(0, 0)[..9], 1), None);
        let lost = |loss: Option<Loss>| loss.map(|loss| loss.lost);
        assert_eq!(lost(sequences.note(&record(u16::MAX, 1), 1)), Some(1));
        assert_eq!(
            lost(sequences.note(&record(0, u64::MAX), 1)),
            Some(u64::MAX)
        );
        assert_eq!(lost(sequences.note(&record(0, u64::MAX), 2)), None);
        assert_eq!(lost(sequences.note(&record(0, 3), 3)), None);
    }

    #[test]
    fn rounds_keep_bytes_and_times_apart() {
        let at = |time: u64| {
            let mut bytes = record(0, 0);
            bytes[16..24].copy_from_slice(&time.to_ne_bytes());
            bytes
        };
        let mut round = Round::default();
        let times = [at(30), vec![7; 3], at(10)].map(|record| round.push(&record));
        assert_eq!(times, [30, 0, 10]);
        let sizes: Vec<usize> = round.entries.iter().map(|one| one.range.len()).collect();
        assert_eq!(sizes, [size_of::<Header>(), 3, size_of::<Header>()]);
        assert_eq!(round.bytes[round.entries[1].range.clone()], [7; 3]);
    }
}
