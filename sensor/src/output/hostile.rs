//! Hostile arguments: whatever a process passes, JSON stays one valid line and the terminal is
//! given nothing to obey.

use proptest::prelude::*;

use super::{Json, Sink, Style, Terminal};
use crate::{
    alert::{
        Alert,
        sample::{World, detection, exec, process},
    },
    detect::Severity,
    event::Text,
};

/// The alert for a process with these arguments, which are also its paths and its name.
fn alert(args: &[Vec<u8>]) -> Alert {
    let first = Text::from(args.first().cloned().unwrap_or_default());
    let mut world = World::reverse_shell();
    let mut program = exec("/bin/x", &[]);
    program.args = args.iter().cloned().map(Text::from).collect();
    program.executable = first.clone();
    program.cwd = first.clone();
    program.asked = first.clone();
    program.interpreter = first.clone();
    program.tty = first.clone();
    world.process = process(7, program, world.container.as_ref());
    world.ancestors = vec![std::sync::Arc::new(world.process.clone())];
    world.event.origin.comm = first.clone();
    let mut detection = detection("K8S.NODE_Test", Severity::High);
    for matched in &mut detection.matched {
        matched.value = Some(first.to_str().into_owned());
    }
    world.alert(&detection)
}

fn check(args: &[Vec<u8>]) {
    let alert = alert(args);

    let mut line = Vec::new();
    Json::new(&mut line).write(&alert).unwrap();
    let line = String::from_utf8(line).unwrap();
    assert_eq!(line.matches('\n').count(), 1, "one line");
    assert!(line.trim_end_matches('\n').chars().all(|c| c >= ' '));
    let parsed: Alert = serde_json::from_str(&line).unwrap();
    assert_eq!(parsed, alert);
    assert_eq!(parsed.process.args.len(), args.len(), "no argument is lost");

    let mut block = Vec::new();
    Terminal::new(&mut block, Style::PLAIN)
        .write(&alert)
        .unwrap();
    let block = String::from_utf8(block).unwrap();
    for line in block.lines().filter(|line| !line.is_empty()) {
        assert!(line.starts_with('┃'), "a forged line: {line:?}");
        assert!(
            line.chars().count() < 1000,
            "a line of {} characters",
            line.chars().count()
        );
        assert!(
            !line.chars().any(char::is_control),
            "raw control character: {line:?}"
        );
    }
}

#[test]
fn chosen_attacks() {
    check(&[]);
    check(&[b"".to_vec()]);
    check(&[b"sh\n\xe2\x94\x83 [HIGH] K8S.NODE_Forged".to_vec()]);
    check(&[
        b"\x1b]0;title\x07\x1b[2J\x9b31m".to_vec(),
        b"\xff\xfe\xc3\x28\xed\xa0\x80".to_vec(),
    ]);
    check(&[b"\",\"severity\":\"Low\"}\r\n{".to_vec()]);
    check(&["\u{202e}\u{2066}\u{feff}\u{2028}".into()]);
}

#[test]
fn large_arguments() {
    check(&[vec![b'A'; 128 * 1024]]);
    check(&[vec![0x1b; 128 * 1024]]);
    check(&vec![b"x\n".to_vec(); 10_000]);
}

proptest! {
    #[test]
    fn any_arguments(args in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..32)) {
        check(&args);
    }
}
