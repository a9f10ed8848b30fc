//! The program as its users meet it.
#![expect(
    clippy::expect_used,
    reason = "a test stops where the program does not behave"
)]

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

fn sensor(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigie-sensor"));
    command.args(args).env_clear();
    command
}

/// Runs the program; gives exit code, standard output and standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        status.code().expect("an exit code"),
        text(stdout),
        text(stderr),
    )
}

#[test]
fn settings_are_checked_as_a_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sensor.yaml");
    std::fs::write(&path, "output: xml\nzzz: 1\n").unwrap();
    let path = path.to_str().unwrap();
    let (code, stdout, stderr) = run(&mut sensor(&["check-config", "--config", path]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("there are 2 mistakes"), "{stderr}");
    assert!(stderr.contains(&format!("{path}:1: output: ")), "{stderr}");
    assert!(
        stderr.contains(&format!("{path}:2: unknown key `zzz`")),
        "{stderr}"
    );

    std::fs::write(path, "output: json\n").unwrap();
    let mut command = sensor(&["check-config", "--config", path, "--node-name", "here"]);
    let (code, stdout, stderr) = run(command.env("VIGIE_LOG_LEVEL", "off"));
    assert_eq!((code, stderr.as_str()), (0, ""));
    for (key, value, place) in [
        ("output", "json", format!("{path}:1")),
        ("log_level", "off", "VIGIE_LOG_LEVEL".to_owned()),
        ("node_name", "here", "--node-name".to_owned()),
        ("proc_root", "/proc", "default".to_owned()),
    ] {
        let words = [key, value, place.as_str()];
        let is_there = |line: &str| line.split_whitespace().eq(words);
        assert!(stdout.lines().any(is_there), "{words:?}\n{stdout}");
    }
}

#[test]
fn failures_have_exit_code_1_and_name_the_file() {
    for args in [
        ["check-config", "--config", "/nowhere/x.yaml"],
        ["replay", "/nowhere/x.rec", "--real-time"],
    ] {
        let (code, stdout, stderr) = run(&mut sensor(&args));
        assert_eq!((code, stdout.as_str()), (1, ""));
        assert!(stderr.starts_with("vigie-sensor: cannot ") && stderr.contains("/nowhere/x."));
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn an_endless_settings_file_is_refused() {
    let (code, _, stderr) = run(&mut sensor(&["check-config", "--config", "/dev/zero"]));
    assert_eq!(code, 1);
    assert!(stderr.contains("larger than"), "{stderr}");
}

#[test]
fn what_is_not_a_recording_is_said() {
    let not_a_recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let (code, _, stderr) = run(&mut sensor(&["replay", not_a_recording.to_str().unwrap()]));
    assert_eq!(code, 1);
    assert!(stderr.contains("this is not a recording"), "{stderr}");
}

#[test]
fn wrong_usage_has_exit_code_2() {
    assert_eq!(run(&mut sensor(&["run", "--no-such-flag"])).0, 2);
    assert_eq!(run(&mut sensor(&["replay"])).0, 2);
}

#[test]
fn reference_pages_are_printed() {
    let (_, schema, _) = run(&mut sensor(&["docs", "alert-schema"]));
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(schema["title"], "Vigie alert");
    assert!(
        run(&mut sensor(&["docs", "metrics"]))
            .1
            .contains("vigie_events_total")
    );
    assert!(
        run(&mut sensor(&["docs", "configuration"]))
            .1
            .contains("VIGIE_METRICS_ADDRESS")
    );
    assert!(
        run(&mut sensor(&["version"]))
            .1
            .starts_with("vigie-sensor ")
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = sensor(&["docs", "alert-schema"])
        .stdout(Stdio::from(writer))
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
}
