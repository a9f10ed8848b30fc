//! Nanoseconds per event that the rules cost, with more and more rules.
//!
//! `cargo bench --bench detect`. The shipped rules are multiplied under other ids, with their
//! strings changed, so that the copies are as hard to rule out as the originals.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark stops on any error"
)]

use std::{hint::black_box, net::IpAddr, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use vigie_sensor::{
    detect::{RuleSet, RuleSource, embedded},
    enrich::{Image, Observation, Process},
    event::{
        Body, Connect, Credentials, Destination, Event, Exec, ExecutableFile, Namespaces, Open,
        Origin, ProcessKey, Stdio, Text,
    },
};

/// How many rules a run has at least.
const SIZES: [usize; 3] = [10, 40, 250];

fn main_rules(size: usize) -> RuleSet {
    let shipped: Vec<_> = embedded().collect();
    let count = RuleSet::load(shipped.iter().cloned())
        .unwrap_or_else(|_| panic!())
        .rules()
        .len();
    let copies = size.div_ceil(count);
    let sources = (0..copies).flat_map(|copy| shipped.iter().map(move |source| vary(source, copy)));
    RuleSet::load(sources).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// The same file with other ids and other strings.
fn vary(source: &RuleSource, copy: usize) -> RuleSource {
    let mut text = String::new();
    for line in source.text.lines() {
        let is_value = line.starts_with("      - ") && !line.contains([':', '(', '\'', '"', '-']);
        let is_detection = is_value && !line.contains("true") && copy > 0;
        let suffix = if line.trim_start().starts_with("id: ") || is_detection {
            format!("x{copy}")
        } else {
            String::new()
        };
        text.push_str(&format!("{line}{suffix}\n"));
    }
    // Exemplars are not run here, and would no longer fit.
    let documents = text.split("\n---\n").map(|document| {
        document
            .split("  exemplars:\n")
            .next()
            .unwrap()
            .trim_end_matches("vigie:\n")
            .to_owned()
    });
    RuleSource {
        file: format!("{copy}-{}", source.file),
        text: documents.collect::<Vec<_>>().join("\n---\n"),
    }
}

fn detect(criterion: &mut Criterion) {
    let environment = "NODE_ENV=production";
    let npm = [
        "/usr/bin/env",
        environment,
        "node",
        "/app/server.js",
        "--port",
        "8080",
        "--log-level",
        "info",
    ];
    let events = [
        ("exec", exec("/usr/bin/node", &npm)),
        ("open", activity(Body::Open(open("/etc/ld.so.cache")))),
        (
            "connect",
            activity(Body::Connect(connect("10.96.0.10".parse().unwrap(), 5432))),
        ),
        (
            "matching exec",
            exec("/tmp/n", &["/tmp/n", "192.0.2.1", "4444", "-e", "/bin/sh"]),
        ),
    ];
    for size in SIZES {
        let mut rules = main_rules(size);
        let count = rules.rules().len();
        let mut group = criterion.benchmark_group(format!("{count} rules"));
        for (name, (event, process)) in &events {
            let observation = Observation {
                event,
                process,
                ancestors: &[],
                container: None,
                in_container: false,
                shell_link: None,
            };
            let found = rules.detect(&observation).len();
            assert_eq!(found > 0, name.starts_with("matching"), "{name}");
            group.bench_function(*name, |bencher| {
                bencher.iter(|| rules.detect(black_box(&observation)));
            });
        }
        group.finish();
    }
}

const KEY: ProcessKey = ProcessKey {
    pid: 100,
    start_time: 1,
};

fn exec(executable: &str, args: &[&str]) -> (Event, Process) {
    let process = process(executable, args);
    (
        event(Body::Exec(Box::new(process.image.exec.clone()))),
        process,
    )
}

fn activity(body: Body) -> (Event, Process) {
    (
        event(body),
        process("/usr/bin/node", &["node", "/app/server.js"]),
    )
}

fn open(path: &str) -> Open {
    Open {
        path: path.into(),
        path_cut: false,
        flags: 0,
        created: false,
        create_mode: None,
        inode: 1,
        device: 1,
        mode: 0o644,
        owner: 0,
        size: 100,
    }
}

fn connect(ip: IpAddr, port: u16) -> Connect {
    Connect {
        destination: Destination::Inet(ip, port),
        socket_type: 1,
        protocol: 6,
        errno: None,
    }
}

fn event(body: Body) -> Event {
    Event {
        origin: Origin {
            time: 0,
            cpu: 0,
            sequence: 0,
            process: KEY,
            tid: 100,
            cgroup: 1,
            uid: 0,
            gid: 0,
            mnt_ns: 1,
            pid_ns: 1,
            comm: "node".into(),
        },
        body,
    }
}

fn process(executable: &str, args: &[&str]) -> Process {
    let exec = Exec {
        parent: KEY,
        old_tid: 100,
        namespace_pid: 100,
        args: args.iter().map(|arg| Text::from(*arg)).collect(),
        args_cut: false,
        executable: executable.into(),
        path_cut: false,
        cwd: "/app".into(),
        asked: executable.into(),
        interpreter: Text::default(),
        cgroup_path: "/kubepods".into(),
        environment: Vec::new(),
        file: ExecutableFile::default(),
        credentials: Credentials::default(),
        tty: Text::default(),
        session: 1,
        namespaces: Namespaces::default(),
        stdio: [Stdio::Closed, Stdio::Closed, Stdio::Closed],
    };
    Process {
        key: KEY,
        parent: None,
        namespace_pid: 100,
        image: Arc::new(Image {
            command_line: args.join(" "),
            exec,
            user: Some("app".into()),
            in_container: false,
            time: 0,
            cgroup: 1,
        }),
        cgroup: 1,
        container: None,
        exited: None,
        remote: None,
        remote_time: 0,
    }
}

criterion_group!(benches, detect);
criterion_main!(benches);
