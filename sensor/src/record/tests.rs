use proptest::prelude::*;

use super::*;
use crate::{
    alert::sample::{World, exec, process},
    event::Text,
};

fn machine() -> Machine {
    Machine {
        node_name: "worker-1".to_owned(),
        kernel: "6.12.0".to_owned(),
        architecture: "x86_64".to_owned(),
        boot_id: "b".to_owned(),
        boot_time: 7,
        sensor_version: "0.1.0".to_owned(),
        mnt_ns: 9,
    }
}

fn write(sections: &[Section]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, &machine()).unwrap();
    for section in sections {
        match section {
            Section::Cgroup { id, path } => writer.cgroup(*id, path).unwrap(),
            Section::Process(process) => writer.process(process).unwrap(),
            Section::Event(record) => writer.event(record).unwrap(),
            Section::Loss { lost, from, to } => writer.loss(*lost, *from, *to).unwrap(),
        }
    }
    writer.finish().unwrap();
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<Section>, ReadError> {
    let reader = Reader::new(bytes)?;
    assert_eq!(*reader.machine(), machine());
    reader.collect()
}

fn sample() -> Vec<Section> {
    vec![
        Section::Cgroup {
            id: 5,
            path: b"/kubepods.slice/\xff".to_vec(),
        },
        Section::Process(Box::new((&World::reverse_shell().process).into())),
        Section::Event(vec![1, 2, 3]),
        Section::Loss {
            lost: 1,
            from: 2,
            to: u64::MAX,
        },
        Section::Event(Vec::new()),
    ]
}

fn check_error(bytes: &[u8], expected: &str) {
    match read(bytes) {
        Ok(sections) => panic!("{expected} expected, not {sections:?}"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(read(&write(&[])).unwrap(), []);
    assert_eq!(read(&write(&sample())).unwrap(), sample());
}

#[test]
fn a_process_survives_whole() {
    let mut program = exec("/bin/x", &["a", "b c"]);
    program.args.push(Text::from(&b"\xff\x1b"[..]));
    program.credentials.login_uid = Some(1000);
    let before = process(9, program, None);
    let json = serde_json::to_vec(&ProcessSnapshot::from(&before)).unwrap();
    let snapshot: ProcessSnapshot = serde_json::from_slice(&json).unwrap();
    let after = snapshot.to_process(None);
    assert_eq!(after.image.exec, before.image.exec);
    assert_eq!(after.key, before.key);
    assert_eq!(after.image.command_line, before.image.command_line);
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
}

#[test]
fn damage_is_named_with_its_place() {
    let good = write(&sample());
    check_error(b"", "at byte 0: this is not a recording of vigie-sensor");
    check_error(
        b"#!/bin/sh\necho hello world",
        "at byte 0: this is not a recording of vigie-sensor",
    );
    check_error(
        &good[..12],
        "at byte 0: it ends without an end mark: the recording was interrupted",
    );
    let mut bytes = good.clone();
    bytes[8] = 2;
    check_error(
        &bytes,
        "at byte 0: its format has version 2; this sensor reads version 1",
    );
    let mut bytes = good.clone();
    bytes[16] = 4;
    check_error(&bytes, "at byte 16: wrong checksum: damaged");
    let mut bytes = good.clone();
    bytes[16 + 7] = 0xff;
    let size = u32::from_le_bytes(bytes[20..24].try_into().unwrap());
    check_error(
        &bytes,
        &format!("at byte 16: section of type 1 claims {size} bytes: damaged"),
    );
    let machine_end = write(&[]).len() - (SECTION_HEAD_SIZE + 8);
    let doubled = [&good[..machine_end], &good[16..]].concat();
    check_error(
        &doubled,
        &format!("at byte {machine_end}: sections are out of order: damaged"),
    );
    let mut bytes = good.clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    check_error(
        &bytes,
        &format!("at byte {}: wrong checksum: damaged", last - 19),
    );
}

#[test]
fn every_cut_is_noticed() {
    let good = write(&sample());
    for size in 0..good.len() {
        let reason = read(&good[..size]).expect_err("cut").reason;
        assert!(
            matches!(reason, Reason::Truncated | Reason::NotARecording),
            "{size}: {reason}"
        );
    }
}

#[test]
fn an_event_that_no_ring_could_hold_is_refused() {
    let mut writer = Writer::new(Vec::new(), &machine()).unwrap();
    assert!(writer.event(&vec![0; EVENT_MAX as usize]).is_ok());
    assert!(writer.event(&vec![0; EVENT_MAX as usize + 1]).is_err());
}

#[test]
fn sections_of_later_sensors_are_skipped() {
    let good = write(&[Section::Event(vec![1])]);
    let content = b"new";
    let mut head = [99, 0, 0, 0, 3, 0, 0, 0].to_vec();
    let sum = checksum(&head, content);
    head.extend(sum.to_le_bytes());
    let end = good.len() - (SECTION_HEAD_SIZE + 8);
    let bytes = [&good[..end], &head, content, &good[end..]].concat();
    assert_eq!(read(&bytes).unwrap(), [Section::Event(vec![1])]);
}

proptest! {
    #[test]
    fn any_events_survive(events in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..99), 0..9)) {
        let sections: Vec<_> = events.into_iter().map(Section::Event).collect();
        prop_assert_eq!(read(&write(&sections)).unwrap(), sections);
    }

    #[test]
    fn any_bytes_are_harmless(bytes: Vec<u8>, with_head: bool) {
        let bytes = if with_head { [&write(&[])[..16], &bytes].concat() } else { bytes };
        if let Ok(reader) = Reader::new(bytes.as_slice()) {
            let _ = reader.count();
        }
    }

    #[test]
    fn any_flipped_bit_is_harmless(position: prop::sample::Index, bit in 0..8) {
        let mut bytes = write(&sample());
        let position = position.index(bytes.len());
        bytes[position] ^= 1_u8 << bit;
        // The reserved bytes of the head are the only ones that nothing guards.
        prop_assert_eq!(read(&bytes).is_ok(), (12..16).contains(&position));
    }
}
