//! What a rule says about itself, from Sigma's own keys and from ours (`vigie:`).

use std::collections::{BTreeMap, HashMap};

use rsigma_parser::Level;
use serde::Deserialize;
use yaml_serde::Value;

use super::{Rule, Severity};

/// The top-level key under which everything stands that Sigma does not define.
pub(super) const KEY: &str = "vigie";

/// The block under [`KEY`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attributes {
    alert_type: Option<String>,
    tactics: Option<Vec<String>>,
    remediation: Option<String>,
    #[serde(default)]
    pub(super) exemplars: Exemplars,
}

/// Events that a rule must and must not match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exemplars {
    #[serde(default)]
    pub(super) positive: Vec<Exemplar>,
    #[serde(default)]
    pub(super) negative: Vec<Exemplar>,
}

/// One such event.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exemplar {
    /// What it shows.
    pub(super) name: String,
    /// Values by field.
    pub(super) event: BTreeMap<String, Value>,
}

impl Attributes {
    /// Reads the block.
    ///
    /// # Errors
    /// When it has an unknown key or a value of the wrong type.
    pub(super) fn parse(custom: &HashMap<String, Value>) -> Result<Self, String> {
        match custom.get(KEY) {
            Some(block) => yaml_serde::from_value(block.clone()).map_err(|error| error.to_string()),
            None => Ok(Attributes::default()),
        }
    }
}

/// Sigma's own metadata of a rule, a correlation alike.
pub(super) struct Metadata<'a> {
    pub(super) id: &'a str,
    pub(super) file: &'a str,
    pub(super) title: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) level: Option<Level>,
    pub(super) tags: &'a [String],
}

impl Metadata<'_> {
    /// The rule as the rest of the agent sees it.
    pub(super) fn rule(&self, attributes: &Attributes) -> Rule {
        let alert_type = attributes.alert_type.clone();
        let tactics = attributes.tactics.clone();
        let remediation = attributes.remediation.as_deref().unwrap_or_default();
        Rule {
            id: self.id.to_owned(),
            file: self.file.to_owned(),
            alert_type: alert_type.unwrap_or_else(|| format!("SIGMA_{}", self.id)),
            title: self.title.to_owned(),
            description: self.description.unwrap_or_default().trim().to_owned(),
            severity: self.level.map_or(Severity::Medium, severity),
            tactics: tactics
                .unwrap_or_else(|| self.tags.iter().filter_map(|it| tactic(it)).collect()),
            techniques: self.tags.iter().filter_map(|tag| technique(tag)).collect(),
            remediation: remediation.trim().to_owned(),
        }
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Critical | Level::High => Severity::High,
        Level::Medium => Severity::Medium,
        Level::Low => Severity::Low,
        Level::Informational => Severity::Informational,
    }
}

/// The tactics of MITRE ATT&CK, as their tags write them.
const TACTICS: &[&str] = &[
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
];

/// `Defense Evasion` for `attack.defense-evasion` (or with underscores).
fn tactic(tag: &str) -> Option<String> {
    let name = tag
        .strip_prefix("attack.")?
        .replace('_', "-")
        .to_lowercase();
    if !TACTICS.contains(&name.as_str()) {
        return None;
    }
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    Some(words.collect::<Vec<_>>().join(" "))
}

/// `T1059.004` for `attack.t1059.004`.
fn technique(tag: &str) -> Option<String> {
    let name = tag.strip_prefix("attack.")?.to_uppercase();
    let digits = name.strip_prefix('T')?;
    let is_id = digits.len() >= 4
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_id.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let check = |tag, expected_tactic: Option<&str>, expected_technique: Option<&str>| {
            assert_eq!(tactic(tag).as_deref(), expected_tactic, "{tag}");
            assert_eq!(technique(tag).as_deref(), expected_technique, "{tag}");
        };
        check("attack.defense-evasion", Some("Defense Evasion"), None);
        check(
            "attack.command_and_control",
            Some("Command And Control"),
            None,
        );
        check("attack.t1059.004", None, Some("T1059.004"));
        check("attack.t1496", None, Some("T1496"));
        check("attack.g0016", None, None);
        check("cve.2021-44228", None, None);
    }
}
