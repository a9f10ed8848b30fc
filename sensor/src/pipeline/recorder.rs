//! From the rings to a recording, without the core in between.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use sensor_common::{
    Kind,
    counters::Outcome,
    filter::{CONNECT_ALL, CONNECT_UNIX, OPEN_ALL},
};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
};

use super::{
    interest::interest,
    kernel::{self, Kernel},
    rules,
};
use crate::{
    bpf::Interest,
    config::Settings,
    enrich::Enricher,
    event::scrub,
    record::{Machine, Writer},
    source::{node_namespace, rings::Taken, users::Users},
    telemetry,
};

/// Longest sleep: bounds how late a request to stop is noticed.
const SLEEP: Duration = Duration::from_millis(50);

/// Rounds in which a stopping recorder empties the rings: what comes later is not waited for.
const LAST_ROUNDS: u32 = 64;

/// What to record.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// How long; `None` until a signal (SIGTERM, SIGINT) comes.
    pub duration: Option<Duration>,
    /// Every open and connect, not only those that the rules ask for.
    pub everything: bool,
    /// The processes that run already.
    pub processes: bool,
}

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Events.
    pub events: u64,
    /// Events that never arrived.
    pub lost: u64,
    /// Activity that a control group was not allowed to send (`activity.rate`).
    pub suppressed: u64,
}

/// Records into `to`. `started` is called once everything is in place.
///
/// # Errors
/// When the kernel programs cannot be loaded, the rules are wrong, or `to` does not take it.
pub fn record(
    settings: &Settings,
    scope: Scope,
    to: impl Write,
    started: impl FnOnce(),
) -> Result<Recorded> {
    let interest = wanted(settings, scope)?;
    let stop = Arc::new(AtomicBool::new(false));
    let _signals = listen(Arc::clone(&stop))?;
    let mut kernel = Kernel::open(settings)?;
    let mut writer = Writer::new(to, &machine(settings)?)?;
    if scope.processes {
        let mut users = Users::new(&settings.proc_root);
        processes(&mut writer, &kernel.seed(settings, &mut users))?;
    }
    kernel
        .filter
        .apply(&interest, settings.activity_rate, settings.activity_burst)?;
    started();
    let end = scope.duration.map(|duration| Instant::now() + duration);
    let mut lost = 0;
    while !stop.load(Ordering::Relaxed) && end.is_none_or(|end| Instant::now() < end) {
        kernel.rings.wait(SLEEP);
        lost += round(&mut kernel, &mut writer, false)?.1;
    }
    for _ in 0..LAST_ROUNDS {
        let (taken, missing) = round(&mut kernel, &mut writer, true)?;
        lost += missing;
        if taken == 0 {
            break;
        }
    }
    let suppressed = |kind| kernel.counters.get(kind, Outcome::Suppressed);
    Ok(Recorded {
        events: writer.finish().context("cannot end the recording")?,
        lost,
        suppressed: Kind::ALL.into_iter().map(suppressed).sum(),
    })
}

fn wanted(settings: &Settings, scope: Scope) -> Result<Interest> {
    if !scope.everything {
        return Ok(interest(rules::load(settings)?.kernel_filter()));
    }
    Ok(Interest {
        flags: OPEN_ALL | CONNECT_ALL | CONNECT_UNIX,
        ..Interest::default()
    })
}

/// Sets `stop` when a signal asks for the end, for as long as the returned runtime lives.
fn listen(stop: Arc<AtomicBool>) -> Result<Runtime> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("vigie-signals")
        .enable_all()
        .build()
        .context("cannot start the thread for signals")?;
    let guard = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    drop(guard);
    runtime.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.store(true, Ordering::Relaxed);
    });
    Ok(runtime)
}

fn machine(settings: &Settings) -> Result<Machine> {
    let node = kernel::node(settings);
    Ok(Machine {
        node_name: node.name,
        kernel: node.kernel,
        architecture: std::env::consts::ARCH.to_owned(),
        boot_id: node.boot_id,
        boot_time: kernel::boot_epoch()?,
        sensor_version: telemetry::VERSION.to_owned(),
        mnt_ns: node_namespace(&settings.proc_root, "mnt").unwrap_or_default(),
    })
}

/// Writes what is known when recording begins.
fn processes(writer: &mut Writer<impl Write>, known: &Enricher) -> Result<()> {
    let groups: BTreeMap<u64, _> = known
        .processes()
        .filter(|process| process.cgroup != 0)
        .map(|process| (process.cgroup, &process.image.exec.cgroup_path))
        .collect();
    for (id, path) in groups {
        writer.cgroup(id, path.as_bytes())?;
    }
    for process in known.processes() {
        writer.process(&process.into())?;
    }
    Ok(())
}

/// Writes one round of records; how many there were, and how many were missing.
fn round(kernel: &mut Kernel, writer: &mut Writer<impl Write>, all: bool) -> Result<(usize, u64)> {
    let mut missing = 0;
    let mut failure: Option<io::Error> = None;
    let taken = kernel.rings.read(all, |taken| {
        let written = match taken {
            Taken::Loss(loss) => {
                missing += loss.lost;
                writer.loss(loss.lost, loss.from, loss.to)
            }
            Taken::Record(record) => {
                // A copy without the environment's secrets.
                let mut record = record.to_vec();
                scrub(&mut record);
                writer.event(&record)
            }
        };
        failure = failure.take().or(written.err());
    });
    match failure {
        Some(error) => Err(error).context("cannot write the recording"),
        None => Ok((taken, missing)),
    }
}
