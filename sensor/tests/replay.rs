//! Recordings through the program: the same alerts every time, without a kernel.
#![expect(
    clippy::expect_used,
    reason = "a test stops where the program does not behave"
)]

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;

use support::run;

fn recording() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings/reverse-shell.rec")
}

fn replay(path: &Path) -> (Vec<Value>, String) {
    let path = path.to_str().expect("UTF-8");
    let (code, stdout, stderr) = run(&["replay", "--output", "json", path]);
    assert_eq!(code, Some(0), "{stderr}");
    let alerts = stdout.lines().map(serde_json::from_str);
    let alerts: Result<Vec<Value>, _> = alerts.collect();
    (alerts.expect("JSON lines"), stderr)
}

fn field<'a>(alert: &'a Value, pointer: &str) -> &'a Value {
    alert.pointer(pointer).unwrap_or(&Value::Null)
}

#[test]
fn a_recorded_attack_raises_its_alerts() {
    let (alerts, stderr) = replay(&recording());
    let types: Vec<_> = alerts.iter().map(|it| field(it, "/alert_type")).collect();
    assert_eq!(
        types,
        [
            "K8S.NODE_EICAR",
            "K8S.NODE_ReverseShell",
            "K8S.NODE_ReverseShell"
        ]
    );
    assert!(stderr.contains("replayed 149 events in "), "{stderr}");
    assert!(stderr.contains(": 3 alerts"), "{stderr}");
    for alert in &alerts {
        assert_eq!(field(alert, "/node/name"), "node-a");
        assert_eq!(field(alert, "/process/cwd"), "/tmp/demo");
        let time = field(alert, "/time").as_str().expect("a time");
        assert!(time.starts_with("2026-01-01T01:22:3"), "{time}");
    }
}

#[test]
fn the_shells_of_a_recorded_attack_show_their_peer() {
    let (alerts, _) = replay(&recording());
    for (alert, via) in alerts[1..].iter().zip(["connect", "socket"]) {
        assert_eq!(field(alert, "/connection/via"), via);
        assert_eq!(field(alert, "/connection/address"), "127.0.0.1");
        assert_eq!(field(alert, "/connection/port"), 4444);
    }
    let wired = &alerts[2];
    assert_eq!(field(wired, "/shell_link/remote/port"), 4444);
    assert_eq!(
        field(wired, "/process/args"),
        &serde_json::json!(["bash", "--norc", "-i"])
    );
    let script = field(wired, "/process/ancestors")
        .as_array()
        .expect("ancestors");
    assert!(
        script
            .iter()
            .any(|it| it.to_string().contains("/tmp/demo/run.sh"))
    );
}

#[test]
fn replays_differ_in_their_ids_alone() {
    let strip = |mut alerts: Vec<Value>| {
        for alert in &mut alerts {
            alert["id"] = Value::Null;
        }
        alerts
    };
    let (one, other) = (replay(&recording()).0, replay(&recording()).0);
    assert_ne!(field(&one[0], "/id"), field(&other[0], "/id"));
    assert_eq!(strip(one), strip(other));
}

#[test]
fn an_explanation_names_the_reasons() {
    let path = recording();
    let path = path.to_str().expect("UTF-8");
    let explain = |rest: &[&str]| {
        let args = [&["detections", "explain", "K8S.NODE_EICAR", path][..], rest].concat();
        run(&args)
    };
    let (code, all, _) = explain(&[]);
    assert_eq!(code, Some(0));
    let position = all
        .find("(not a threat): matches")
        .expect("one that matches");
    let (before, _) = all.split_at(position);
    let head = before.rfind("event ").expect("its head");
    let number = before[head + 6..].split(':').next().expect("a number");
    let (code, one, _) = explain(&["--event", number]);
    assert_eq!(code, Some(0));
    assert!(
        one.contains("asc_alerttest_662jfi039n testing eicar pipe"),
        "{one}"
    );
    assert!(
        one.contains("+ Names (exact asc_alerttest_662jfi039n)"),
        "{one}"
    );
    let (code, _, stderr) = explain(&["--event", "100000"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("has 149 events"), "{stderr}");
}

#[test]
fn a_damaged_recording_gives_what_is_whole_and_says_where_it_ends() {
    let whole = std::fs::read(recording()).expect("the recording");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cut.rec");
    std::fs::write(&path, &whole[..whole.len() - 30]).expect("a file");
    let path = path.to_str().expect("UTF-8");
    let (code, stdout, stderr) = run(&["replay", "--output", "json", path]);
    assert_eq!(code, Some(1));
    assert_eq!(stdout.lines().count(), 3);
    assert!(stderr.contains("the recording was interrupted"), "{stderr}");
}
