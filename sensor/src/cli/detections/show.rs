//! `detections show`.

use anyhow::Result;
use clap::Args;

use super::{SettingsArgs, looks_at, select, start, terminal};
use crate::{
    detect::{Rule, RuleSet},
    output::escape,
    pipeline::rules,
};

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Alert type, Sigma id or file of a detection
    detection: String,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: ShowArgs) -> Result<()> {
    let settings = start(args.settings)?;
    let set = rules::load(&settings)?;
    let selected = select(&set, &args.detection)?;
    let mut text = texts(&set, &selected);
    for source in rules::sources(&settings)? {
        if selected.iter().any(|rule| rule.file == source.file) {
            text.push_str(&format!("\n--- {}\n", escape(&source.file)));
            for line in source.text.lines() {
                text.push_str(&format!("{}\n", escape(line)));
            }
        }
    }
    terminal::print(&text)
}

/// What the detection says, once per different text, and its rules.
fn texts(set: &RuleSet, rules: &[&Rule]) -> String {
    let mut text = String::new();
    let mut last = None;
    for rule in rules {
        let said = said(rule);
        if last.as_ref() != Some(&said) {
            text.push_str(&said);
            last = Some(said);
        }
        let file = escape(&rule.file);
        text.push_str(&format!(
            "rule         {} ({}, {file})\n",
            escape(&rule.id),
            looks_at(set, rule)
        ));
    }
    text
}

fn said(rule: &Rule) -> String {
    let mut text = String::new();
    for (name, value) in [
        ("alert type", &rule.alert_type),
        ("title", &rule.title),
        ("severity", &format!("{:?}", rule.severity)),
        ("tactics", &rule.tactics.join(", ")),
        ("techniques", &rule.techniques.join(", ")),
        ("meaning", &rule.description),
        ("remediation", &rule.remediation),
    ] {
        text.push_str(&format!("{name:11}  {}\n", escape(value.trim())));
    }
    text
}
