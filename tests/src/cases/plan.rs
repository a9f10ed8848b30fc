//! Which rows run, in which form and where; and which do not, and why.

use super::options::{Contexts, Options};
use super::row::{Feed, Row, Setting};
use crate::workload::Place;

/// One run of one row.
#[derive(Debug, Clone)]
pub(super) struct Run<'a> {
    pub(super) row: &'a Row,
    pub(super) form: Form,
    pub(super) place: Place,
}

/// How the command reaches its shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `bash -c COMMAND`.
    Argv,
    /// `bash /t/case.sh`.
    Script,
    /// Typed into a bash.
    Stdin,
}

impl Form {
    /// Name in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Argv => "argv",
            Self::Script => "script",
            Self::Stdin => "stdin",
        }
    }
}

/// What is run and what is not.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) runs: Vec<Run<'a>>,
    pub(super) skipped: Vec<(&'a Row, &'static str)>,
}

/// Plans the rows that the options choose.
pub(super) fn plan<'a>(rows: &'a [Row], options: &Options) -> Plan<'a> {
    let mut plan = Plan {
        runs: Vec::new(),
        skipped: Vec::new(),
    };
    for row in rows.iter().filter(|row| chosen(row, options)) {
        match forms(row.feed) {
            Ok(forms) => {
                let places = places(row.context, options.contexts);
                plan.runs.extend(
                    places
                        .iter()
                        .flat_map(|&place| forms.iter().map(move |&form| Run { row, form, place })),
                );
            }
            Err(reason) => plan.skipped.push((row, reason)),
        }
    }
    plan
}

fn chosen(row: &Row, options: &Options) -> bool {
    let alert = options.alerts.is_empty()
        || options.alerts.iter().any(|alert| {
            row.alert == *alert || row.alert.strip_prefix("K8S.NODE_") == Some(alert.as_str())
        });
    alert && (options.ids.is_empty() || options.ids.contains(&row.id))
}

fn forms(feed: Feed) -> Result<&'static [Form], &'static str> {
    match feed {
        Feed::Argv => Ok(&[Form::Argv, Form::Script]),
        Feed::Stdin => Ok(&[Form::Stdin]),
        Feed::Doc => Err("describes a situation that needs real infrastructure"),
        Feed::Audit => Err("a Kubernetes audit event, not a node's"),
        Feed::Objects => Err("Kubernetes objects, not a node's event"),
        Feed::Arm => Err("cloud activity, not a node's event"),
    }
}

fn places(setting: Setting, contexts: Contexts) -> &'static [Place] {
    match (setting, contexts) {
        (Setting::Container, _) | (Setting::Any, Contexts::Container) => &[Place::Container],
        (Setting::Host, _) | (Setting::Any, Contexts::Host) => &[Place::Host],
        (Setting::Any, Contexts::Both) => &Place::BOTH,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::row::Row;
    use super::{Options, plan};

    fn row(id: &str, context: &str, feed: &str) -> Row {
        let json = serde_json::json!({"id": id, "alert": "K8S.NODE_EICAR", "kind": "positive",
            "context": context, "command": "true", "feed": feed});
        serde_json::from_value(json).unwrap()
    }

    /// Plans three rows under some options; runs as `id/form/place`, then ids of skipped rows.
    fn check(args: &[&str], runs: &[&str], skipped: &[&str]) {
        let rows = [
            row("a", "any", "argv"),
            row("h", "host", "stdin"),
            row("d", "any", "doc"),
        ];
        let options = Options::parse_from([&["cases"], args].concat());
        let plan = plan(&rows, &options);
        let name =
            |run: &super::Run| format!("{}/{}/{}", run.row.id, run.form.name(), run.place.name());
        assert_eq!(plan.runs.iter().map(name).collect::<Vec<_>>(), runs);
        assert_eq!(
            plan.skipped
                .iter()
                .map(|(row, _)| row.id.as_str())
                .collect::<Vec<_>>(),
            skipped
        );
    }

    #[test]
    fn plans() {
        check(
            &[],
            &["a/argv/container", "a/script/container", "h/stdin/host"],
            &["d"],
        );
        check(
            &["--id", "a", "--contexts", "host"],
            &["a/argv/host", "a/script/host"],
            &[],
        );
        check(
            &["--id=a", "--contexts=both", "--alert=EICAR"],
            &[
                "a/argv/host",
                "a/script/host",
                "a/argv/container",
                "a/script/container",
            ],
            &[],
        );
        check(&["--alert", "K8S.NODE_Webshell"], &[], &[]);
    }
}
