//! Counters that the kernel programs keep per CPU (map `COUNTERS`).

use crate::Kind;

/// Why a record was not delivered, or that it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Outcome {
    /// Put into its ring.
    Sent = 0,
    /// No rule asks for it (not a loss).
    Uninteresting = 1,
    /// Its control group used up its share of the `ACTIVITY` ring.
    Suppressed = 2,
    /// The ring was full.
    RingFull = 3,
    /// No scratch slot was free, or another program overwrote it.
    Scratch = 4,
    /// Kernel memory that the record needs could not be read.
    Fault = 5,
}

impl Outcome {
    /// Every outcome, in the order of their numbers.
    pub const ALL: [Outcome; 6] = [
        Outcome::Sent,
        Outcome::Uninteresting,
        Outcome::Suppressed,
        Outcome::RingFull,
        Outcome::Scratch,
        Outcome::Fault,
    ];

    /// Label in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Sent => "sent",
            Outcome::Uninteresting => "uninteresting",
            Outcome::Suppressed => "suppressed",
            Outcome::RingFull => "ring_full",
            Outcome::Scratch => "scratch",
            Outcome::Fault => "fault",
        }
    }
}

/// Entries of map `COUNTERS`.
pub const COUNTERS: u32 = Kind::ALL.len() as u32 * Outcome::ALL.len() as u32;

/// Entry of map `COUNTERS` for this kind and outcome.
#[must_use]
pub const fn counter(kind: Kind, outcome: Outcome) -> u32 {
    kind.index() * Outcome::ALL.len() as u32 + outcome as u32
}
