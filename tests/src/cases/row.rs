//! One row of a cases file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A command and the alert that it must, or must not, raise.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) alert: String,
    pub(super) kind: Kind,
    /// Where it makes sense.
    #[serde(default)]
    pub(super) context: Setting,
    pub(super) command: String,
    pub(super) feed: Feed,
    /// Kinds of kernel event that show it; `none` when no kernel event does.
    #[serde(default)]
    pub(super) visible_by: Vec<String>,
    /// Tools; a stub takes the place of one that the root lacks.
    #[serde(default)]
    pub(super) requires: Vec<String>,
    /// Host names and their pinned addresses.
    #[serde(default)]
    pub(super) hosts: BTreeMap<String, String>,
}

/// What is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Positive,
    Negative,
}

/// Where the command makes sense.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Setting {
    Container,
    Host,
    /// Also for control-plane rows, which have no place on a node.
    #[default]
    #[serde(other)]
    Any,
}

/// How the command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Feed {
    /// As `bash -c COMMAND`, and again as a script file.
    Argv,
    /// On the standard input of a bash.
    Stdin,
    /// Only describes a situation that needs real infrastructure.
    Doc,
    /// Prints a Kubernetes audit event.
    Audit,
    /// Prints Kubernetes objects.
    Objects,
    /// Prints Azure activity.
    Arm,
}

impl Row {
    /// Whether any kernel event shows the command.
    pub(super) fn visible(&self) -> bool {
        !self.visible_by.iter().any(|by| by == "none")
    }
}

/// Reads a cases file; empty lines and lines that start with `#` are skipped.
pub(super) fn read(path: &Path) -> Result<Vec<Row>> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    parse(&text).with_context(|| path.display().to_string())
}

fn parse(text: &str) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
    {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let row: Row = serde_json::from_str(line).with_context(|| format!("line {number}"))?;
        if rows.iter().any(|other| other.id == row.id) {
            bail!("line {number}: the id {} is already taken", row.id);
        }
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::{Feed, Kind, Setting, parse, read};
    use crate::workspace;

    const ROW: &str = r#"{"id":"a","alert":"x","kind":"negative","context":"host","command":"ls","feed":"argv","visible_by":["none"]}"#;

    #[test]
    fn reads_rows() {
        let rows = parse(&format!("# note\n\n{ROW}\n")).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].kind, rows[0].context),
            (Kind::Negative, Setting::Host)
        );
        assert_eq!(rows[0].feed, Feed::Argv);
        assert!(!rows[0].visible());
    }

    fn check_error(text: &str, expected: &str) {
        let error = format!("{:#}", parse(text).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn mistakes_name_the_line() {
        check_error(
            &format!("{ROW}\n{ROW}"),
            "line 2: the id a is already taken",
        );
        check_error("\n{}", "line 2: missing field");
        check_error(
            &ROW.replace("argv", "typed"),
            "line 1: unknown variant `typed`",
        );
    }

    #[test]
    fn our_own_cases_can_be_read() {
        assert!(read(&workspace::node_cases()).unwrap().len() > 80);
    }
}
