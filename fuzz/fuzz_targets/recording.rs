//! Any bytes as a recording, through all stages as far as it is whole. Checksums are made right
//! first, or the fuzzer would hardly get behind them.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use vigie_sensor::{
    alert::{Context, Node, Stage},
    detect::{RuleSet, embedded},
    enrich::Enricher,
    event::{Text, decode},
    output::{Sink as _, Style, Terminal},
    record::{Reader, Section},
};

/// The bytes of a recording before its first section.
const HEAD: usize = 16;

/// The bytes of a section before its content.
const SECTION_HEAD: usize = 12;

thread_local! {
    /// Loaded once: that takes longer than a run.
    static RULES: RefCell<RuleSet> =
        RefCell::new(RuleSet::load(embedded()).expect("the shipped rules are in order"));
}

/// Makes the checksum of every section right, as far as there are sections.
fn mend(bytes: &mut [u8]) {
    let mut rest = bytes.get_mut(HEAD..).unwrap_or_default();
    while let Some((head, after)) = rest.split_at_mut_checked(SECTION_HEAD) {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let Some((content, next)) = after.split_at_mut_checked(size) else {
            return;
        };
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head[..8]);
        hasher.update(content);
        head[8..].copy_from_slice(&hasher.finalize().to_le_bytes());
        rest = next;
    }
}

fn stage() -> Stage {
    let node = Node {
        name: "node".to_owned(),
        kernel: "6".to_owned(),
        boot_id: "b".to_owned(),
    };
    Stage::new(Context { node, boot_time: 0 }, 0)
}

fn event(record: &[u8], enricher: &mut Enricher, rules: &mut RuleSet, stage: &mut Stage) {
    let Ok(event) = decode(record) else {
        return;
    };
    let Some(subject) = enricher.apply(&event, &mut |_, _, _| None) else {
        return;
    };
    let observation = subject.observe(&event);
    let detections = rules.detect(&observation);
    for alert in stage.alerts(&observation, &detections) {
        let json = serde_json::to_string(&alert).expect("every alert is JSON");
        assert!(!json.contains('\n'));
        let block = &mut Vec::new();
        let written = Terminal::new(&mut *block, Style::PLAIN).write(&alert);
        written.expect("memory takes everything");
        assert!(!block.contains(&0x1b), "an escape reaches the terminal");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    mend(&mut bytes);
    let Ok(reader) = Reader::new(bytes.as_slice()) else {
        return;
    };
    let mut enricher = Enricher::new(reader.machine().mnt_ns);
    let mut stage = stage();
    RULES.with_borrow_mut(|rules| {
        for section in reader.map_while(Result::ok) {
            match section {
                Section::Cgroup { id, path } => {
                    enricher.learn_cgroup(id, &Text::from(path.as_slice()));
                }
                Section::Process(process) => {
                    let (group, path) = (process.cgroup(), process.cgroup_path());
                    enricher.restore(group, &path, |container| process.to_process(container));
                }
                Section::Event(record) => event(&record, &mut enricher, rules, &mut stage),
                Section::Loss { lost, from, to } => stage.note_loss(lost, from, to),
            }
        }
    });
});
