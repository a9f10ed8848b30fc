//! Nanoseconds per event that the process table takes, with as many processes as a busy node has.
//! `cargo bench --bench enrich`.

#![expect(clippy::expect_used, reason = "a benchmark stops on any error")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use sensor_common::Kind;
use vigie_sensor::{
    enrich::Enricher,
    event::{Event, decode},
};

#[path = "../src/event/decode/tests/builder.rs"]
mod builder;

use builder::{Sample, sample};

/// Processes that run all the time.
const PROCESSES: u32 = 2_000;

/// The parent of everything that the benchmark does.
const PARENT: u32 = 1_000;

fn event(kind: Kind, pid: u32, relative: u32) -> Event {
    let sample_of = Sample {
        pid,
        relative,
        path: "/usr/bin/node",
        args: &["node", "/app/server.js"],
    };
    decode(&sample(kind, &sample_of)).expect("whole")
}

/// An enricher that knows [`PROCESSES`], each a child of the one before.
fn busy() -> Enricher {
    let mut enricher = Enricher::new(1);
    for pid in 1..=PROCESSES {
        apply(&mut enricher, &event(Kind::Exec, pid, pid - 1));
    }
    enricher
}

fn apply(enricher: &mut Enricher, event: &Event) {
    let subject = enricher.apply(event, &mut |_, _, _| None);
    if let Some(subject) = &subject {
        black_box(subject.observe(event));
    }
}

fn enrich(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("enrich");
    for kind in [Kind::Exec, Kind::Open, Kind::Connect] {
        let mut enricher = busy();
        let event = event(kind, PARENT, PARENT - 1);
        group.bench_function(kind.name(), |bencher| {
            bencher.iter(|| apply(&mut enricher, black_box(&event)));
        });
    }
    let mut enricher = busy();
    let mut child = PROCESSES;
    group.bench_function("fork and exit", |bencher| {
        let next = || {
            child += 1;
            (
                event(Kind::Fork, PARENT, child),
                event(Kind::Exit, child, PARENT),
            )
        };
        let both = |(fork, exit)| {
            apply(&mut enricher, &fork);
            apply(&mut enricher, &exit);
        };
        bencher.iter_batched(next, both, BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, enrich);
criterion_main!(benches);
