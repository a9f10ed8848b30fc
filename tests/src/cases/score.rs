//! Judges each run by the alerts that it raised.

use std::collections::{BTreeMap, BTreeSet};

use super::attribute::Attributed;
use super::execute::Done;
use super::row::Kind;
use crate::sensor::Alert;
use crate::workload::Place;

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A positive raised its alert.
    Hit,
    /// A positive did not.
    Miss,
    /// A negative raised nothing of its type.
    Quiet,
    /// A negative raised the alert.
    FalsePositive,
    /// A positive that no kernel event shows: listed, not counted.
    Invisible,
}

impl Verdict {
    /// Name in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Quiet => "quiet",
            Self::FalsePositive => "false_positive",
            Self::Invisible => "not_visible",
        }
    }

    /// Whether it is a fault of the sensor or its rules.
    pub(super) fn is_bad(self) -> bool {
        matches!(self, Self::Miss | Self::FalsePositive)
    }
}

/// A judged run.
#[derive(Debug)]
pub(super) struct Score<'a> {
    pub(super) done: &'a Done<'a>,
    pub(super) verdict: Verdict,
    /// Other alert types that it raised, which is allowed.
    pub(super) also: BTreeSet<String>,
    /// Whether an alert from a container came without the container's id.
    pub(super) lost_identity: bool,
}

/// Judges all runs.
pub(super) fn score<'a>(done: &'a [Done<'a>], attributed: &Attributed) -> Vec<Score<'a>> {
    done.iter()
        .zip(&attributed.by_run)
        .map(|(done, alerts)| judge(done, alerts))
        .collect()
}

fn judge<'a>(done: &'a Done<'a>, alerts: &[Alert]) -> Score<'a> {
    let row = done.run.row;
    let raised = alerts
        .iter()
        .any(|alert| accepted(&row.alert, alert.alert_type()));
    let verdict = match (row.kind, raised) {
        (Kind::Positive, true) => Verdict::Hit,
        (Kind::Positive, false) if !row.visible() => Verdict::Invisible,
        (Kind::Positive, false) => Verdict::Miss,
        (Kind::Negative, true) => Verdict::FalsePositive,
        (Kind::Negative, false) => Verdict::Quiet,
    };
    let types = alerts
        .iter()
        .map(Alert::alert_type)
        .filter(|name| *name != row.alert);
    let lost_identity = done.run.place == Place::Container
        && alerts
            .iter()
            .any(|alert| alert.container_id() != done.outcome.container.as_deref());
    Score {
        done,
        verdict,
        also: types.map(str::to_owned).collect(),
        lost_identity,
    }
}

/// A call to the API server that looks like one to its dashboard may be called either.
fn accepted(wanted: &str, raised: &str) -> bool {
    wanted == raised
        || (wanted == "K8S.NODE_KubernetesDashboard" && raised == "K8S.NODE_KubernetesAPI")
}

/// Sums of one detection, in runs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) hits: usize,
    pub(super) positives: usize,
    pub(super) false_positives: usize,
    pub(super) negatives: usize,
    pub(super) invisible: usize,
}

/// Sums by alert type.
pub(super) fn sums<'a>(scores: &[Score<'a>]) -> BTreeMap<&'a str, Sum> {
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for score in scores {
        add(
            sums.entry(score.done.run.row.alert.as_str()).or_default(),
            score.verdict,
        );
    }
    sums
}

/// Counts one run.
pub(super) fn add(sum: &mut Sum, verdict: Verdict) {
    match verdict {
        Verdict::Hit => (sum.hits, sum.positives) = (sum.hits + 1, sum.positives + 1),
        Verdict::Miss => sum.positives += 1,
        Verdict::Quiet => sum.negatives += 1,
        Verdict::FalsePositive => {
            (sum.false_positives, sum.negatives) = (sum.false_positives + 1, sum.negatives + 1);
        }
        Verdict::Invisible => sum.invisible += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::attribute::tests::{alert, done, row};
    use super::{Sum, Verdict, add, judge};

    fn check(kind: &str, visible_by: &str, raised: &[&str], expected: Verdict) {
        let row = row(kind, visible_by);
        let done = done(&row, 10, Some("c1"));
        let alerts: Vec<_> = raised
            .iter()
            .map(|name| alert(name, &[11], Some("c1")))
            .collect();
        let score = judge(&done, &alerts);
        assert_eq!(score.verdict, expected);
        assert!(!score.lost_identity);
        assert_eq!(score.also.contains("other"), raised.contains(&"other"));
    }

    #[test]
    fn verdicts() {
        check("positive", "exec", &["T", "other"], Verdict::Hit);
        check("positive", "exec", &["other"], Verdict::Miss);
        check("positive", "none", &[], Verdict::Invisible);
        check("positive", "none", &["T"], Verdict::Hit);
        check("negative", "exec", &["other"], Verdict::Quiet);
        check("negative", "exec", &["T"], Verdict::FalsePositive);
    }

    #[test]
    fn a_container_without_its_id_is_said() {
        let row = row("positive", "exec");
        let done = done(&row, 10, Some("c1"));
        assert!(judge(&done, &[alert("T", &[11], None)]).lost_identity);
    }

    #[test]
    fn sums_count_runs() {
        let mut sum = Sum::default();
        for verdict in [
            Verdict::Hit,
            Verdict::Miss,
            Verdict::Quiet,
            Verdict::FalsePositive,
            Verdict::Invisible,
        ] {
            add(&mut sum, verdict);
        }
        let expected = Sum {
            hits: 1,
            positives: 2,
            false_positives: 1,
            negatives: 2,
            invisible: 1,
        };
        assert_eq!(sum, expected);
    }
}
