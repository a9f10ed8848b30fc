//! The table of metrics.

use prometheus_client::registry::{self, Registry};

/// Begins the name of every metric of ours.
pub(super) const PREFIX: &str = "vigie";

/// Kinds of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows; its name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Distribution.
    Histogram,
    /// Text in labels; its name ends in `_info`.
    Info,
}

/// One metric.
#[derive(Debug)]
pub struct Metric {
    /// Name without prefix and without the ending that its kind adds.
    name: &'static str,
    /// Kind.
    pub kind: MetricKind,
    /// Labels.
    pub labels: &'static [&'static str],
    /// What it means, unit included.
    pub help: &'static str,
}

impl Metric {
    /// Its whole name, as queries use it.
    #[must_use]
    pub fn full_name(&self) -> String {
        let base = match self.name.starts_with("process_") {
            // The names that every Prometheus client library uses.
            true => self.name.to_owned(),
            false => format!("{PREFIX}_{}", self.name),
        };
        match self.kind {
            MetricKind::Counter => format!("{base}_total"),
            MetricKind::Info => format!("{base}_info"),
            MetricKind::Gauge | MetricKind::Histogram => base,
        }
    }

    /// Name without endings, as registries take it.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Puts `metric` into `registry` under the name and help of this row.
    pub(super) fn register(&self, registry: &mut Registry, metric: impl registry::Metric) {
        registry.register(self.name, self.help, metric);
    }
}

macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(pub(super) const $constant: Metric = Metric {
            name: $name,
            kind: MetricKind::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*
        /// Every metric, in the order of the reference page.
        pub const METRICS: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    BUILD: Info "build" ["version", "architecture"] "Version of the sensor";
    EVENTS: Counter "events" ["kind"] "Events received from the kernel";
    LOST: Counter "events_lost" ["kind", "cause"]
        "Events that were wanted and never arrived";
    UNINTERESTING: Counter "events_uninteresting" ["kind"]
        "Events that the kernel programs passed over because no rule asks for them";
    SUPPRESSED: Counter "events_suppressed" ["kind"]
        "Events withheld because their control group had used up its share";
    DECODE_ERRORS: Counter "decode_errors" ["reason"] "Ring records that are not events";
    DETECTIONS: Counter "detections" ["alert_type", "severity"] "Detections by alert type";
    ALERTS: Counter "alerts" ["result"] "Alerts by what became of them: written or failed";
    LATENCY: Histogram "alert_latency_seconds" []
        "Seconds from the event in the kernel to its alert written";
    RULES: Gauge "rules" ["state"] "Rules by state: loaded or refused";
    RELOADS: Counter "reloads" ["result"] "Reloads of the rules: done or refused";
    HOOK_TIER: Gauge "hook_tier" ["event", "hook"] "Tier of each attached hook; 1 is best";
    HOOK_MISSING: Gauge "hook_missing" ["event", "hook"]
        "1 for each hook that this kernel refused";
    TABLE_ENTRIES: Gauge "table_entries" ["table"] "Entries of each bounded table";
    BPF_RUNS: Counter "bpf_runs" ["program"]
        "Runs of each kernel program, where the kernel counts them";
    BPF_SECONDS: Counter "bpf_run_seconds" ["program"] "Seconds spent in each kernel program";
    CPU: Counter "process_cpu_seconds" [] "User and system CPU time of the sensor in seconds";
    MEMORY: Gauge "process_resident_memory_bytes" [] "Resident memory of the sensor in bytes";
}

/// The reference page of all metrics.
#[must_use]
pub fn markdown() -> String {
    let mut page = "# Metrics\n\n\
        Served at `/metrics` of `metrics.address` in the OpenMetrics text format.\n\n\
        | name | kind | labels | meaning |\n|---|---|---|---|\n"
        .to_owned();
    for metric in METRICS {
        let kind = format!("{:?}", metric.kind).to_lowercase();
        let labels: Vec<_> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let labels = labels.join(", ");
        page.push_str(&format!(
            "| `{}` | {kind} | {labels} | {} |\n",
            metric.full_name(),
            metric.help
        ));
    }
    page
}
