//! The metrics of each stage.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use sensor_common::{Kind, counters::Outcome};

use super::table;
use crate::detect::Severity;

type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

/// A counter of which somebody else, the kernel, knows the total.
type Seconds = Counter<f64, AtomicU64>;

/// Sets a counter to a total that only grows.
fn set(counter: &Counter, total: u64) {
    counter.inner().store(total, Ordering::Relaxed);
}

/// One counter per event kind, reached without a lock.
#[derive(Debug, Clone)]
struct PerKind(Arc<[Counter]>);

impl PerKind {
    fn new(registry: &mut Registry, metric: &table::Metric, kinds: &[Kind]) -> Self {
        let family = Family::<Labels<1>, Counter>::default();
        metric.register(registry, family.clone());
        let counter = |kind: &Kind| {
            // Kinds that are never counted here get a counter that is not shown.
            if kinds.contains(kind) {
                family.get_or_create_owned(&[("kind", Cow::from(kind.name()))])
            } else {
                Counter::default()
            }
        };
        PerKind(Kind::ALL.iter().map(counter).collect())
    }

    fn with(&self, kind: Kind, act: impl FnOnce(&Counter)) {
        if let Some(counter) = self.0.get(kind.index() as usize) {
            act(counter);
        }
    }
}

/// Events from the kernel.
#[derive(Debug, Clone)]
pub struct EventMetrics {
    events: PerKind,
    uninteresting: PerKind,
    suppressed: PerKind,
    lost: Family<Labels<2>, Counter>,
    decode_errors: Family<Labels<1>, Counter>,
}

impl EventMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let activity: Vec<_> = Kind::ALL
            .into_iter()
            .filter(|kind| !kind.is_lifecycle())
            .collect();
        let metrics = EventMetrics {
            events: PerKind::new(registry, &table::EVENTS, &Kind::ALL),
            uninteresting: PerKind::new(registry, &table::UNINTERESTING, &activity),
            suppressed: PerKind::new(registry, &table::SUPPRESSED, &activity),
            lost: Family::default(),
            decode_errors: Family::default(),
        };
        table::LOST.register(registry, metrics.lost.clone());
        table::DECODE_ERRORS.register(registry, metrics.decode_errors.clone());
        metrics
    }

    /// An event arrived.
    pub fn received(&self, kind: Kind) {
        self.events.with(kind, |counter| {
            counter.inc();
        });
    }

    /// A ring record was not an event; `reason` names a variant of the decoder's error.
    pub fn decode_error(&self, reason: &'static str) {
        self.decode_errors
            .get_or_create(&[("reason", reason.into())])
            .inc();
    }

    /// Takes over the kernel programs' total for a kind and an outcome.
    pub fn kernel_total(&self, kind: Kind, outcome: Outcome, total: u64) {
        match outcome {
            // What was sent is counted as it is received.
            Outcome::Sent => {}
            Outcome::Uninteresting => self.uninteresting.with(kind, |counter| set(counter, total)),
            Outcome::Suppressed => self.suppressed.with(kind, |counter| set(counter, total)),
            Outcome::RingFull | Outcome::Scratch | Outcome::Fault => {
                let labels = [
                    ("kind", kind.name().into()),
                    ("cause", outcome.name().into()),
                ];
                set(&self.lost.get_or_create(&labels), total);
            }
        }
    }
}

/// Detections and rules.
#[derive(Debug, Clone)]
pub struct DetectMetrics {
    detections: Family<Labels<2>, Counter>,
    rules: Family<Labels<1>, Gauge>,
    reloads: Family<Labels<1>, Counter>,
}

impl DetectMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = DetectMetrics {
            detections: Family::default(),
            rules: Family::default(),
            reloads: Family::default(),
        };
        table::DETECTIONS.register(registry, metrics.detections.clone());
        table::RULES.register(registry, metrics.rules.clone());
        table::RELOADS.register(registry, metrics.reloads.clone());
        metrics
    }

    /// A detection was made.
    pub fn detected(&self, alert_type: &str, severity: Severity) {
        let labels = [
            ("alert_type", Cow::Owned(alert_type.to_owned())),
            ("severity", severity_name(severity).into()),
        ];
        self.detections.get_or_create(&labels).inc();
    }

    /// Rules now in use, and rules that were refused at the last load.
    pub fn rules(&self, loaded: usize, refused: usize) {
        for (state, count) in [("loaded", loaded), ("refused", refused)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.rules
                .get_or_create(&[("state", state.into())])
                .set(count);
        }
    }

    /// The rules were reloaded, or the new ones were refused and the old kept.
    pub fn reloaded(&self, done: bool) {
        let result = if done { "done" } else { "refused" };
        self.reloads
            .get_or_create(&[("result", result.into())])
            .inc();
    }
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Informational => "Informational",
    }
}

/// Alerts.
#[derive(Debug, Clone)]
pub struct AlertMetrics {
    written: Counter,
    failed: Counter,
    latency: Histogram,
}

/// Upper bounds of the latency histogram in seconds: from below what a ring wake-up costs to longer
/// than anybody should wait.
const LATENCIES: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

impl AlertMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let alerts = Family::<Labels<1>, Counter>::default();
        let result = |name: &'static str| alerts.get_or_create_owned(&[("result", name.into())]);
        let metrics = AlertMetrics {
            written: result("written"),
            failed: result("failed"),
            latency: Histogram::new(LATENCIES),
        };
        table::ALERTS.register(registry, alerts.clone());
        table::LATENCY.register(registry, metrics.latency.clone());
        metrics
    }

    /// An alert was written, `latency` seconds after its event.
    pub fn written(&self, latency: f64) {
        self.written.inc();
        self.latency.observe(latency);
    }

    /// An alert could not be written.
    pub fn failed(&self) {
        self.failed.inc();
    }
}

/// Attached hooks.
#[derive(Debug, Clone)]
pub struct HookMetrics {
    tier: Family<Labels<2>, Gauge>,
    missing: Family<Labels<2>, Gauge>,
}

impl HookMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = HookMetrics {
            tier: Family::default(),
            missing: Family::default(),
        };
        table::HOOK_TIER.register(registry, metrics.tier.clone());
        table::HOOK_MISSING.register(registry, metrics.missing.clone());
        metrics
    }

    /// `hook` is attached for `event`.
    pub fn attached(&self, event: Kind, hook: &str, tier: u8) {
        let labels = hook_labels(event, hook);
        self.tier.get_or_create(&labels).set(i64::from(tier));
    }

    /// The kernel refused `hook` for `event`.
    pub fn missing(&self, event: Kind, hook: &str) {
        self.missing.get_or_create(&hook_labels(event, hook)).set(1);
    }
}

fn hook_labels(event: Kind, hook: &str) -> Labels<2> {
    [
        ("event", event.name().into()),
        ("hook", Cow::Owned(hook.to_owned())),
    ]
}

/// Sizes of tables.
#[derive(Debug, Clone)]
pub struct TableMetrics {
    entries: Family<Labels<1>, Gauge>,
}

impl TableMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = TableMetrics {
            entries: Family::default(),
        };
        table::TABLE_ENTRIES.register(registry, metrics.entries.clone());
        metrics
    }

    /// A table now has this many entries.
    pub fn entries(&self, table: &'static str, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.entries
            .get_or_create(&[("table", table.into())])
            .set(count);
    }
}

/// Cost of the kernel programs.
#[derive(Debug, Clone)]
pub struct BpfMetrics {
    runs: Family<Labels<1>, Counter>,
    seconds: Family<Labels<1>, Seconds>,
}

impl BpfMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = BpfMetrics {
            runs: Family::default(),
            seconds: Family::default(),
        };
        table::BPF_RUNS.register(registry, metrics.runs.clone());
        table::BPF_SECONDS.register(registry, metrics.seconds.clone());
        metrics
    }

    /// Takes over the kernel's totals for a program.
    pub fn totals(&self, program: &str, runs: u64, nanoseconds: u64) {
        let labels = [("program", Cow::Owned(program.to_owned()))];
        set(&self.runs.get_or_create(&labels), runs);
        let seconds = std::time::Duration::from_nanos(nanoseconds).as_secs_f64();
        let counter = self.seconds.get_or_create(&labels);
        // This kind of counter keeps the bits of its value.
        counter.inner().store(seconds.to_bits(), Ordering::Relaxed);
    }
}
