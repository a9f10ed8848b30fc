//! The detections that Vigie ships.

use std::{collections::BTreeSet, fs, path::Path};

use serde::Deserialize;

use super::*;

const CATALOGUE: &str = include_str!("../../../../detections/catalogue.yaml");

#[derive(Deserialize)]
struct Catalogue {
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
struct Alert {
    #[serde(rename = "type")]
    alert_type: String,
    name: String,
    tactics: Vec<String>,
    severity: Severity,
}

fn shipped() -> RuleSet {
    RuleSet::load(embedded()).unwrap_or_else(|errors| {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", errors.join("\n"));
    })
}

#[test]
fn exemplars_pass_and_are_enough() {
    let mut failures = Vec::new();
    for report in shipped().test(None) {
        let (file, id) = (&report.rule.file, &report.rule.id);
        let count = |expected| {
            report
                .exemplars
                .iter()
                .filter(|it| it.expected == expected)
                .count()
        };
        assert!(
            count(true) >= 2 && count(false) >= 3,
            "{file}: {id} has too few exemplars"
        );
        for exemplar in report
            .exemplars
            .iter()
            .filter(|exemplar| !exemplar.passed())
        {
            let why = exemplar.explanation.as_deref().unwrap_or_default();
            let expected = exemplar.expected;
            failures.push(format!(
                "{file}: `{}`: should match: {expected}\n{why}",
                exemplar.name
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn alerts_are_as_documented() {
    let catalogue: Catalogue = yaml_serde::from_str(CATALOGUE).unwrap();
    for rule in shipped().rules() {
        let wanted = catalogue
            .alerts
            .iter()
            .find(|alert| alert.alert_type == rule.alert_type);
        let wanted = wanted.unwrap_or_else(|| panic!("{}: no such alert", rule.alert_type));
        assert_eq!(rule.title, wanted.name, "{}", rule.file);
        assert_eq!(rule.tactics, wanted.tactics, "{}", rule.file);
        assert_eq!(rule.severity, wanted.severity, "{}", rule.file);
        assert!(
            !rule.description.is_empty() && !rule.remediation.is_empty(),
            "{}",
            rule.file
        );
        assert!(!rule.techniques.is_empty(), "{}", rule.file);
    }
}

#[test]
fn every_rule_file_is_embedded() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../detections");
    let on_disk: BTreeSet<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yml"))
        .collect();
    let embedded: BTreeSet<_> = embedded().map(|source| source.file).collect();
    assert_eq!(embedded, on_disk);
    assert!(shipped().set_aside().is_empty());
}

#[test]
fn the_table_names_every_alert_once() {
    let rules = shipped();
    let table = markdown_table(&rules);
    for rule in rules.rules() {
        let name = format!("| `{}` |", rule.alert_type);
        assert_eq!(table.matches(&name).count(), 1, "{name}");
    }
}
