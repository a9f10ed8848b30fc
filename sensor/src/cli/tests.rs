use clap::CommandFactory as _;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn right_usage_is_understood() {
    for line in [
        "vigie-sensor run",
        "vigie-sensor run --config /x --output json --metrics-address off",
        "vigie-sensor run --detections-directories /a --detections-directories /b",
        "vigie-sensor doctor --json",
        "vigie-sensor detections list --json",
        "vigie-sensor detections show K8S.NODE_ReverseShell",
        "vigie-sensor detections test rules",
        "vigie-sensor detections explain K8S.NODE_ReverseShell file --event 7",
        "vigie-sensor record file --duration 5 --everything --no-processes",
        "vigie-sensor replay file --real-time --output json",
        "vigie-sensor check-config",
        "vigie-sensor version",
        "vigie-sensor docs alert-schema",
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
}

#[test]
fn wrong_usage_has_exit_code_2() {
    for line in [
        "vigie-sensor",
        "vigie-sensor walk",
        "vigie-sensor run --colour",
        "vigie-sensor run extra",
        "vigie-sensor record",
        "vigie-sensor record file --duration 0",
        "vigie-sensor docs poem",
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}
