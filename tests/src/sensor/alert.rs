//! The fields of an alert that tests look at.

use serde::Deserialize;
use serde_json::Value;
use std::time::Instant;

/// One alert as the sensor wrote it.
#[derive(Debug, Clone)]
pub struct Alert {
    /// All of it.
    pub json: Value,
    /// When this process read it.
    pub received: Instant,
    fields: Fields,
}

/// The fields that every alert has.
#[derive(Debug, Clone, Deserialize)]
struct Fields {
    alert_type: String,
    severity: String,
    process: Process,
    #[serde(default)]
    container: Option<Container>,
    #[serde(default)]
    pod: Option<Pod>,
    #[serde(default)]
    connection: Option<Peer>,
}

/// The process of an alert.
#[derive(Debug, Clone, Deserialize)]
pub struct Process {
    /// Process id on the host.
    pub pid: u32,
    /// Path of the executable.
    #[serde(default)]
    pub executable: Option<String>,
    /// Arguments in one line.
    #[serde(default)]
    pub command_line: Option<String>,
    /// Arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Ancestors, the parent first.
    #[serde(default)]
    pub ancestors: Vec<Process>,
}

/// The other end of a connection.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct Peer {
    /// IP address.
    #[serde(default)]
    pub address: Option<String>,
    /// Port.
    #[serde(default)]
    pub port: Option<u16>,
}

#[derive(Debug, Clone, Deserialize)]
struct Container {
    id: String,
    #[serde(default)]
    runtime: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Pod {
    uid: Option<String>,
}

impl Alert {
    /// Reads an object of the sensor's output; nothing when it is not an alert.
    #[must_use]
    pub fn read(json: Value) -> Option<Self> {
        let fields = Fields::deserialize(&json).ok()?;
        Some(Self {
            json,
            received: Instant::now(),
            fields,
        })
    }

    /// Type, as `K8S.NODE_ReverseShell`.
    #[must_use]
    pub fn alert_type(&self) -> &str {
        &self.fields.alert_type
    }

    /// Severity, as `High`.
    #[must_use]
    pub fn severity(&self) -> &str {
        &self.fields.severity
    }

    /// The process that it is about.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.fields.process
    }

    /// Id of the container.
    #[must_use]
    pub fn container_id(&self) -> Option<&str> {
        self.fields
            .container
            .as_ref()
            .map(|container| container.id.as_str())
    }

    /// Runtime of the container.
    #[must_use]
    pub fn runtime(&self) -> Option<&str> {
        self.fields.container.as_ref()?.runtime.as_deref()
    }

    /// UID of the pod.
    #[must_use]
    pub fn pod_uid(&self) -> Option<&str> {
        self.fields.pod.as_ref()?.uid.as_deref()
    }

    /// The other end of its connection.
    #[must_use]
    pub fn peer(&self) -> Option<&Peer> {
        self.fields.connection.as_ref()
    }

    /// Any other field by its JSON pointer, as `/process/script`; null when it is not there.
    #[must_use]
    pub fn field(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Whether its process is this one or descends from it.
    #[must_use]
    pub fn descends_from(&self, pid: u32) -> bool {
        let process = self.process();
        process.pid == pid || process.ancestors.iter().any(|ancestor| ancestor.pid == pid)
    }

    /// One line for messages.
    #[must_use]
    pub fn summary(&self) -> String {
        let process = self.process();
        let container = self
            .container_id()
            .map_or("host", |id| id.get(..12).unwrap_or(id));
        let what = process
            .command_line
            .as_deref()
            .or(process.executable.as_deref());
        let what: String = what.unwrap_or("?").chars().take(200).collect();
        format!(
            "{} pid {} {container} {what:?}",
            self.alert_type(),
            process.pid
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Alert;

    #[test]
    fn reads_an_alert() {
        let line = r#"{"alert_type":"K8S.NODE_ReverseShell","severity":"High",
            "process":{"pid":7,"args":["sh"],"ancestors":[{"pid":3},{"pid":1}]},
            "container":{"id":"c0ffee","runtime":"podman"},"pod":null,
            "connection":{"address":"127.0.0.1","port":4444}}"#;
        let alert = Alert::read(serde_json::from_str(line).unwrap()).unwrap();
        assert_eq!(alert.container_id(), Some("c0ffee"));
        assert_eq!(alert.pod_uid(), None);
        assert_eq!(alert.peer().unwrap().port, Some(4444));
        assert!(alert.descends_from(3) && alert.descends_from(7) && !alert.descends_from(4));
    }

    #[test]
    fn refuses_what_is_no_alert() {
        for line in ["{}", "[1]", r#"{"alert_type":"x","severity":"High"}"#] {
            assert!(
                Alert::read(serde_json::from_str(line).unwrap()).is_none(),
                "{line}"
            );
        }
    }
}
