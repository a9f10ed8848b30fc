//! Nanoseconds from the bytes of a record to its alert, or to the knowledge that there is none, with
//! the shipped rules. `cargo bench --bench core`.

#![expect(clippy::expect_used, reason = "a benchmark stops on any error")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use sensor_common::Kind;
use vigie_sensor::{
    alert::{Context, Node, Stage},
    detect::{RuleSet, embedded},
    enrich::Enricher,
    output::{Json, Sink as _},
    pipeline::Core,
    telemetry::Telemetry,
};

#[path = "../src/event/decode/tests/builder.rs"]
mod builder;

use builder::{Sample, sample};

fn core() -> Core {
    let node = Node {
        name: "node-a".to_owned(),
        kernel: "6.12.0".to_owned(),
        boot_id: "b".to_owned(),
    };
    let telemetry = Telemetry::new();
    Core::new(
        Enricher::new(1),
        RuleSet::load(embedded()).expect("the shipped rules are in order"),
        Stage::new(Context { node, boot_time: 0 }, 0),
        (telemetry.events, telemetry.detect),
    )
}

/// Feeds a record; how many alerts there were, each written as JSON.
fn feed(core: &mut Core, record: &[u8]) -> usize {
    let mut alerts = 0;
    let mut sink = Json::new(std::io::sink());
    core.record(record, &mut |_, _, _| None, &mut |alert, _| {
        sink.write(&alert).expect("a sink takes everything");
        alerts += 1;
    });
    alerts
}

fn bytes_to_alert(criterion: &mut Criterion) {
    let node = ["node", "/app/server.js", "--port", "8080"];
    let test = ["./asc_alerttest_662jfi039n", "testing", "eicar", "pipe"];
    let mut group = criterion.benchmark_group("core");
    for (name, kind, path, args, expected) in [
        ("exec", Kind::Exec, "/usr/bin/node", &node, 0),
        ("fork", Kind::Fork, "", &node, 0),
        ("exit", Kind::Exit, "", &node, 0),
        ("open", Kind::Open, "/etc/ld.so.cache", &node, 0),
        ("connect", Kind::Connect, "", &node, 0),
        (
            "exec to alert",
            Kind::Exec,
            "/tmp/asc_alerttest_662jfi039n",
            &test,
            1,
        ),
    ] {
        let mut core = core();
        let of = |kind, path| {
            let sample_of = Sample {
                pid: 50,
                relative: 51,
                path,
                args,
            };
            sample(kind, &sample_of)
        };
        feed(&mut core, &of(Kind::Exec, "/usr/bin/node"));
        let record = of(kind, path);
        assert_eq!(feed(&mut core, &record), expected, "{name}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| feed(&mut core, black_box(&record)));
        });
    }
    group.finish();
}

criterion_group!(benches, bytes_to_alert);
criterion_main!(benches);
