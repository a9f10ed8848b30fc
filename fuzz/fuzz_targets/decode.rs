//! Any bytes as a ring record: an event or an error. What comes out goes through enrichment, which
//! must take any event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_sensor::{
    enrich::Enricher,
    event::{decode, sequence_of, time_of},
};

fuzz_target!(|bytes: &[u8]| {
    let (time, sequence) = (time_of(bytes), sequence_of(bytes));
    if let Ok(event) = decode(bytes) {
        assert_eq!(time, Some(event.origin.time));
        assert_eq!(sequence, Some((event.origin.cpu, event.origin.sequence)));
        let mut enricher = Enricher::new(1);
        if let Some(subject) = enricher.apply(&event, &mut |_, _, _| None) {
            let _ = subject.observe(&event);
        }
    }
});
