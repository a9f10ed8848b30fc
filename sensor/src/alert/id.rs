//! Ids of alerts.

use uuid::{Builder, Uuid};

use super::Time;

/// Most ids that share a millisecond; after that the millisecond is advanced.
const COUNTER_MAX: u32 = (1 << 26) - 1;

/// Makes UUIDs of version 7: each is greater than all before it from the same maker.
///
/// After the milliseconds comes a 26-bit counter (12 bits before the variant, 14 after), then 48
/// bits that tell makers on different nodes apart. Ids name alerts, they are no secret.
#[derive(Debug)]
pub struct Ids {
    millisecond: u64,
    counter: u32,
    random: u64,
}

impl Ids {
    /// A maker whose ids depend on `seed` and the times alone. Seeds of different sensors, and of
    /// different runs of one sensor, must differ.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Ids {
            millisecond: 0,
            counter: 0,
            random: seed,
        }
    }

    /// The next id. A time before that of an earlier id counts as that of the earlier id.
    pub fn next(&mut self, time: Time) -> Uuid {
        if time.milliseconds() > self.millisecond {
            self.millisecond = time.milliseconds();
            self.counter = 0;
        } else if self.counter < COUNTER_MAX {
            self.counter += 1;
        } else {
            self.millisecond += 1;
            self.counter = 0;
        }
        let [_, _, r0, r1, r2, r3, r4, r5] = self.random().to_be_bytes();
        let [a0, a1] = ((self.counter >> 14) as u16).to_be_bytes();
        let [b0, b1] = ((self.counter & 0x3fff) as u16).to_be_bytes();
        let bytes = [a0, a1, b0, b1, r0, r1, r2, r3, r4, r5];
        Builder::from_unix_timestamp_millis(self.millisecond, &bytes).into_uuid()
    }

    /// The next number of the `SplitMix64` sequence.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_of_their_time() {
        let id = Ids::new(1).next(Time::from_nanoseconds(1_700_000_000_123_456_789));
        assert_eq!(id.get_version(), Some(uuid::Version::SortRand));
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(
            id.get_timestamp().unwrap().to_unix(),
            (1_700_000_000, 123_000_000)
        );
    }

    #[test]
    fn ids_only_grow() {
        let mut ids = Ids::new(7);
        let mut last = Uuid::nil();
        for step in 0..100_000_u64 {
            // Times stand still for long, and go back now and then.
            let time = 5_000_000_000 + step / 40_000 * 1_000_000 - step % 3 * 2_000_000;
            let id = ids.next(Time::from_nanoseconds(time));
            assert!(id > last, "{id} after {last}");
            last = id;
        }
    }

    #[test]
    fn a_full_counter_borrows_from_the_future() {
        let mut ids = Ids {
            millisecond: 9,
            counter: COUNTER_MAX - 1,
            random: 3,
        };
        let full = ids.next(Time::default());
        let next = ids.next(Time::default());
        assert!(next > full);
        assert_eq!(next.get_timestamp().unwrap().to_unix(), (0, 10_000_000));
    }

    #[test]
    fn seeds_tell_sensors_apart() {
        let time = Time::from_nanoseconds(1);
        assert_eq!(Ids::new(1).next(time), Ids::new(1).next(time));
        assert_ne!(Ids::new(1).next(time), Ids::new(2).next(time));
    }
}
