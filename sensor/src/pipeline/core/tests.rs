//! Records through the whole core.

use sensor_common::{Header, Kind};

use super::*;
use crate::{
    alert::Context,
    detect::embedded,
    event::builder::{Sample, sample},
    telemetry::Telemetry,
};

const EICAR: &str = "/tmp/asc_alerttest_662jfi039n";

fn core() -> (Core, Telemetry) {
    let telemetry = Telemetry::new();
    let metrics = (telemetry.events.clone(), telemetry.detect.clone());
    let rules = RuleSet::load(embedded()).expect("the shipped rules are in order");
    let stage = Stage::new(Context::default(), 0);
    (
        Core::new(Enricher::new(1), rules, stage, metrics),
        telemetry,
    )
}

fn record(kind: Kind, path: &str) -> Vec<u8> {
    let about = Sample {
        pid: 50,
        relative: 51,
        path,
        args: &[path.rsplit('/').next().unwrap_or_default(), "testing"],
    };
    sample(kind, &about)
}

/// Feeds records, then lets a second go by; the types of the alerts.
#[track_caller]
fn check(records: &[Vec<u8>], expected: &[&str], metric: &str) {
    let (mut core, telemetry) = core();
    let mut alerts = Vec::new();
    let out = &mut |alert: Alert, _| alerts.push(alert.alert_type);
    for record in records {
        core.record(record, &mut |_, _, _| None, out);
    }
    core.finish(&mut |_, _, _| None, out);
    assert_eq!(alerts, expected);
    let metrics = telemetry.encode();
    assert!(metrics.contains(metric), "no {metric} in {metrics}");
}

#[test]
fn one_exec_is_one_alert() {
    check(
        &[record(Kind::Exec, EICAR)],
        &["K8S.NODE_EICAR"],
        "vigie_events_total{kind=\"exec\"} 1\n",
    );
    check(
        &[record(Kind::Exec, "/bin/true"), record(Kind::Exit, "")],
        &[],
        "vigie_events_total{kind=\"exit\"} 1\n",
    );
}

#[test]
fn a_search_that_finds_is_one_alert() {
    let tries = |last| {
        [
            record(Kind::ExecFailed, "/usr/bin/asc_alerttest_662jfi039n"),
            record(Kind::ExecFailed, "/bin/asc_alerttest_662jfi039n"),
            last,
        ]
    };
    let failed = "vigie_events_total{kind=\"exec_failed\"} 2\n";
    check(
        &tries(record(Kind::Exec, EICAR)),
        &["K8S.NODE_EICAR"],
        failed,
    );
    // The search is given up: its last try is what there is to see.
    check(&tries(record(Kind::Exit, "")), &["K8S.NODE_EICAR"], failed);
}

#[test]
fn what_is_no_record_is_counted_and_does_no_harm() {
    let mut unknown = record(Kind::Exec, EICAR);
    unknown[4..6].copy_from_slice(&999_u16.to_ne_bytes());
    let mut cut = record(Kind::Exec, EICAR);
    cut.truncate(size_of::<Header>() + 10);
    let records = [
        Vec::new(),
        vec![0xFF; 3],
        vec![0xFF; 4096],
        unknown,
        cut,
        record(Kind::Exec, EICAR),
    ];
    let (mut core, telemetry) = core();
    for record in &records {
        core.record(record, &mut |_, _, _| None, &mut |_, _| {});
    }
    let metrics = telemetry.encode();
    let errors: u64 = metrics
        .lines()
        .filter(|line| line.starts_with("vigie_decode_errors_total{"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum();
    assert_eq!(errors, 5, "{metrics}");
    check(&records, &["K8S.NODE_EICAR"], "kind=\"exec\"} 1\n");
}
