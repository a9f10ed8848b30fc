//! Alerts: what leaves the sensor. Pure: the clock and the ids come in through [`Context`] and
//! [`Ids`].
//!
//! The form is versioned ([`SCHEMA_VERSION`]) and published as a JSON Schema ([`json_schema`]).
//! Fields may be added within a version; removing one or changing its meaning needs a new version.

mod facts;
mod id;
mod process;
mod stage;
mod time;

#[cfg(test)]
pub(crate) mod sample;

pub use facts::{Connection, ExecFailed, File, LinkProcess, Namespaces, Operation, ShellLink, Via};
pub use id::Ids;
pub use process::{
    ANCESTORS_MAX, Ancestor, Endpoint, ExecutableFile, NamespaceIds, Process, Stdio, StdioKind,
};
pub use stage::Stage;
pub use time::{NotATime, Time};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    detect::{Detection, Matched, Severity},
    enrich::{self, Observation},
    event::Body,
};

/// Version of the form of alerts.
pub const SCHEMA_VERSION: u32 = 1;

/// Something that a detection found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Vigie alert")]
pub struct Alert {
    /// Version of this form.
    pub schema_version: u32,
    /// Unique id: a UUID of version 7, so that ids sort by time. Deliveries may repeat; ids do not.
    #[schemars(with = "String", extend("format" = "uuid"))]
    pub id: Uuid,
    /// When the event happened.
    pub time: Time,
    /// Stable name of the detection, for playbooks (`K8S.NODE_ReverseShell`).
    pub alert_type: String,
    /// One line: what was detected.
    pub title: String,
    /// What it means.
    pub description: String,
    /// How much it matters.
    pub severity: Severity,
    /// MITRE ATT&CK tactics, by name.
    pub tactics: Vec<String>,
    /// MITRE ATT&CK techniques, by id.
    pub techniques: Vec<String>,
    /// The machine.
    pub node: Node,
    /// The container of the process; null on the node itself.
    pub container: Option<Container>,
    /// The Kubernetes pod of the container; null outside of pods.
    pub pod: Option<Pod>,
    /// The process that acted.
    pub process: Process,
    /// The file, when the event was an open.
    pub file: Option<File>,
    /// The remote end, when the event was a connect or a shell reaches the network.
    pub connection: Option<Connection>,
    /// Namespaces, when the event created or joined some.
    pub namespaces: Option<Namespaces>,
    /// How a shell's input and output reach the network.
    pub shell_link: Option<ShellLink>,
    /// The program that was not started, when the event was a refused exec.
    pub exec_failed: Option<ExecFailed>,
    /// The rule, and why it fired.
    pub rule: RuleFacts,
    /// How many events this alert stands for.
    pub count: u64,
    /// When the first of them happened.
    pub first_seen: Time,
    /// When the last of them happened.
    pub last_seen: Time,
    /// Events that may belong to this alert were lost; null when none were.
    pub evidence_gap: Option<EvidenceGap>,
    /// What to do about it.
    pub remediation: String,
}

/// The machine that an alert comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// Name in Kubernetes, else the host name.
    pub name: String,
    /// Kernel release.
    pub kernel: String,
    /// Id of this run of the kernel (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Container {
    /// Id, as its runtime gives it.
    pub id: String,
    /// Runtime (`containerd`, `cri-o`, `docker`, `podman`, `unknown`).
    pub runtime: String,
    /// Name; null until it is known.
    pub name: Option<String>,
    /// Image; null until it is known.
    pub image: Option<String>,
}

/// A Kubernetes pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pod {
    /// UID.
    pub uid: String,
    /// Name; null until it is known.
    pub name: Option<String>,
    /// Namespace; null until it is known.
    pub namespace: Option<String>,
}

/// The rule behind an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleFacts {
    /// Sigma id.
    pub id: String,
    /// File it was loaded from.
    pub file: String,
    /// Why it fired: the selections that matched, with field and value.
    pub matched: Vec<Matched>,
    /// Other rules of the same alert type that matched the same event; what they matched is in
    /// `matched` too.
    pub also: Vec<RuleName>,
}

/// Names a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleName {
    /// Sigma id.
    pub id: String,
    /// File it was loaded from.
    pub file: String,
}

/// Events that were lost while the process of an alert lived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceGap {
    /// How many.
    pub lost: u64,
    /// When they were lost.
    pub window: Window,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Start.
    pub from: Time,
    /// End.
    pub to: Time,
}

/// What alerts need to know about the machine and its clock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// The machine.
    pub node: Node,
    /// When the machine booted, nanoseconds since the Unix epoch: wall clock minus boot clock.
    pub boot_time: u64,
}

impl Context {
    /// Wall time of a time of the kernel's boot clock, in nanoseconds.
    #[must_use]
    pub fn time(&self, since_boot: u64) -> Time {
        Time::from_nanoseconds(self.boot_time.saturating_add(since_boot))
    }
}

impl Alert {
    /// The alert that says that `detection` found something in `observation`.
    #[must_use]
    pub fn new(
        observation: &Observation<'_>,
        detection: &Detection,
        context: &Context,
        id: Uuid,
    ) -> Self {
        let rule = &detection.rule;
        let time = context.time(observation.event.origin.time);
        let body = &observation.event.body;
        let container = observation.container.map(AsRef::as_ref);
        Alert {
            schema_version: SCHEMA_VERSION,
            id,
            time,
            alert_type: rule.alert_type.clone(),
            title: rule.title.clone(),
            description: rule.description.clone(),
            severity: rule.severity,
            tactics: rule.tactics.clone(),
            techniques: rule.techniques.clone(),
            node: context.node.clone(),
            container: container.map(Container::from),
            pod: container.and_then(Pod::of),
            process: Process::new(observation, context),
            file: if let Body::Open(open) = body {
                Some(open.into())
            } else {
                None
            },
            connection: Connection::new(observation),
            namespaces: if let Body::Namespace(change) = body {
                Some(change.into())
            } else {
                None
            },
            shell_link: observation
                .shell_link
                .as_ref()
                .map(|link| ShellLink::new(link, context)),
            exec_failed: if let Body::ExecFailed(exec) = body {
                Some(exec.into())
            } else {
                None
            },
            rule: RuleFacts::from(detection),
            count: 1,
            first_seen: time,
            last_seen: time,
            evidence_gap: None,
            remediation: rule.remediation.clone(),
        }
    }
}

impl From<&enrich::Container> for Container {
    fn from(container: &enrich::Container) -> Self {
        Container {
            id: container.id.clone(),
            runtime: container.runtime.name().to_owned(),
            name: None,
            image: None,
        }
    }
}

impl Pod {
    fn of(container: &enrich::Container) -> Option<Self> {
        let uid = container.pod_uid.clone()?;
        Some(Pod {
            uid,
            name: None,
            namespace: None,
        })
    }
}

impl From<&Detection> for RuleFacts {
    fn from(detection: &Detection) -> Self {
        RuleFacts {
            id: detection.rule.id.clone(),
            file: detection.rule.file.clone(),
            matched: detection.matched.clone(),
            also: Vec::new(),
        }
    }
}

/// The JSON Schema of [`Alert`].
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings
        .into_generator()
        .into_root_schema_for::<Alert>()
        .to_value()
}

#[cfg(test)]
mod tests;
