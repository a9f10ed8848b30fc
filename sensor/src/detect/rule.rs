//! A loaded rule as the rest of the agent sees it, and what it says when it matches.

use std::sync::Arc;

/// Severity of an alert, as the catalogue names them.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// Probably harmless.
    Low,
    /// To be looked at.
    Medium,
    /// To be looked at now.
    High,
}

/// What a rule says about itself; shared by its alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Sigma id.
    pub id: String,
    /// File it was loaded from, relative to its rule directory.
    pub file: String,
    /// Stable alert type (`K8S.NODE_ReverseShell`); for a rule without one, `SIGMA_<id>`.
    pub alert_type: String,
    /// One line: what was detected.
    pub title: String,
    /// What it means.
    pub description: String,
    /// How much it matters.
    pub severity: Severity,
    /// MITRE ATT&CK tactics, by name.
    pub tactics: Vec<String>,
    /// MITRE ATT&CK techniques, by id (`T1059.004`).
    pub techniques: Vec<String>,
    /// What to do about it.
    pub remediation: String,
}

/// A rule matched an observation.
#[derive(Debug, Clone)]
pub struct Detection {
    /// The rule.
    pub rule: Arc<Rule>,
    /// Why: what matched, in the order of the rule.
    pub matched: Vec<Matched>,
}

/// One reason for a match.
#[derive(
    Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Matched {
    /// Name of the selection.
    pub selection: String,
    /// Field, absent for keywords and correlations.
    pub field: Option<String>,
    /// Value of the field in the event.
    pub value: Option<String>,
}
