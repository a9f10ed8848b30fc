//! What the sensor says about itself: metrics for Prometheus, health and readiness over HTTP.
//!
//! One table ([`METRICS`]) names every metric; registration and the reference page both read it.
//! Each stage is handed its own small struct and knows nothing of the registry. Labels take their
//! values from closed sets (kinds, hooks, rules), so the number of series is bounded.

mod process;
mod server;
mod stages;
mod table;

pub use server::{Server, State};
pub use stages::{
    AlertMetrics, BpfMetrics, DetectMetrics, EventMetrics, HookMetrics, TableMetrics,
};
pub use table::{METRICS, Metric, MetricKind, markdown};

use prometheus_client::{encoding::text::encode, metrics::info::Info, registry::Registry};

/// What the build of this sensor is called in metrics and by `version`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All metrics. Stages get clones of their structs; the registry stays with the server.
#[derive(Debug)]
pub struct Telemetry {
    registry: Registry,
    /// Events from the kernel.
    pub events: EventMetrics,
    /// Detections and rules.
    pub detect: DetectMetrics,
    /// Alerts.
    pub alerts: AlertMetrics,
    /// Attached hooks.
    pub hooks: HookMetrics,
    /// Sizes of tables.
    pub tables: TableMetrics,
    /// Cost of the kernel programs.
    pub bpf: BpfMetrics,
}

impl Default for Telemetry {
    fn default() -> Self {
        Telemetry::new()
    }
}

impl Telemetry {
    /// Registers everything.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(process::Usage));
        let ours = registry.sub_registry_with_prefix(table::PREFIX);
        let build = Info::new([
            ("version", VERSION),
            ("architecture", std::env::consts::ARCH),
        ]);
        table::BUILD.register(ours, build);
        let events = EventMetrics::new(ours);
        let detect = DetectMetrics::new(ours);
        let alerts = AlertMetrics::new(ours);
        let hooks = HookMetrics::new(ours);
        let tables = TableMetrics::new(ours);
        let bpf = BpfMetrics::new(ours);
        Telemetry {
            registry,
            events,
            detect,
            alerts,
            hooks,
            tables,
            bpf,
        }
    }

    /// All metrics in the `OpenMetrics` text format.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail, and no metric of ours does.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests;
