//! Nanoseconds per record that the decoder takes. `cargo bench --bench decode`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sensor_common::Kind;
use vigie_sensor::event::decode;

#[path = "../src/event/decode/tests/builder.rs"]
mod builder;

use builder::{Sample, sample};

fn decode_each_kind(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for kind in Kind::ALL {
        let record = sample(
            kind,
            &Sample {
                pid: 50,
                relative: 51,
                path: "/usr/lib/node_modules/.bin/server",
                args: &["node", "/app/server.js", "--port", "8080"],
            },
        );
        group.throughput(Throughput::Bytes(record.len() as u64));
        group.bench_function(kind.name(), |bencher| {
            bencher.iter(|| decode(black_box(&record)));
        });
    }
    group.finish();
}

criterion_group!(benches, decode_each_kind);
criterion_main!(benches);
