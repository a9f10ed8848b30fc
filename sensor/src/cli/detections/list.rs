//! `detections list`.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{SettingsArgs, looks_at, start, terminal};
use crate::{
    detect::{RuleSet, SetAside},
    output::escape,
    pipeline::rules,
};

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: ListArgs) -> Result<()> {
    let set = rules::load(&start(args.settings)?)?;
    terminal::print(&if args.json { json(&set) } else { table(&set) })
}

/// One line per rule, and the rules that are not used.
fn table(set: &RuleSet) -> String {
    let mut rows = vec![["ALERT TYPE", "SEVERITY", "LOOKS AT", "FILE", "TITLE"].map(String::from)];
    rows.extend(set.rules().iter().map(|rule| {
        let severity = format!("{:?}", rule.severity);
        let texts = [
            &rule.alert_type,
            &severity,
            looks_at(set, rule),
            &rule.file,
            &rule.title,
        ];
        texts.map(escape)
    }));
    let mut text = aligned(&rows);
    if !set.set_aside().is_empty() {
        text.push_str("\nNot used:\n");
    }
    for aside in set.set_aside() {
        let SetAside {
            file,
            line,
            title,
            reason,
        } = aside;
        let row = format!("{file}:{line}: {title}: {reason}");
        text.push_str(&format!("{}\n", escape(&row)));
    }
    text
}

/// Columns as wide as their widest cell, but for the last.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths);
        let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

fn json(set: &RuleSet) -> String {
    let rules = set.rules().iter().map(|rule| {
        json!({
            "alert_type": rule.alert_type,
            "title": rule.title,
            "severity": rule.severity,
            "looks_at": looks_at(set, rule),
            "tactics": rule.tactics,
            "techniques": rule.techniques,
            "id": rule.id,
            "file": rule.file,
        })
    });
    let aside = set.set_aside().iter().map(|aside| {
        json!({
            "title": aside.title,
            "file": aside.file,
            "line": aside.line,
            "reason": aside.reason,
        })
    });
    let (rules, aside): (Vec<_>, Vec<_>) = (rules.collect(), aside.collect());
    format!("{:#}\n", json!({ "rules": rules, "not_used": aside }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_clean() {
        let rows = [["a", "bb", "c"], ["äöü", "", ""]].map(|row| row.map(String::from));
        assert_eq!(aligned(&rows), "a    bb  c\näöü\n");
    }
}
