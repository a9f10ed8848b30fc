//! The report, for people and as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::attribute::Attributed;
use super::plan::Plan;
use super::score::{Score, Sum, Verdict, sums};
use crate::sensor::Alert;

/// Notices that are printed: enough to see their kind.
const NOTICES_MAX: usize = 20;

/// All that is reported.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) scores: &'a [Score<'a>],
    pub(super) attributed: &'a Attributed,
}

/// Prints the report.
pub(super) fn print(report: &Report) {
    table(report.scores);
    list(report.scores, Verdict::Miss, "missed");
    list(report.scores, Verdict::FalsePositive, "false positives");
    list(
        report.scores,
        Verdict::Invisible,
        "not visible to a kernel (not counted)",
    );
    flagged(report.scores, "ended by the time limit", |score| {
        score.done.outcome.timed_out
    });
    flagged(
        report.scores,
        "raised without the container's id",
        |score| score.lost_identity,
    );
    skipped(report.plan);
    others(&report.attributed.others);
}

fn table(scores: &[Score]) {
    println!(
        "{:<36} {:>16} {:>16}",
        "detection", "recall", "false positives"
    );
    let sums = sums(scores);
    let mut total = Sum::default();
    for (alert, sum) in &sums {
        line(alert, *sum);
        total.hits += sum.hits;
        total.positives += sum.positives;
        total.false_positives += sum.false_positives;
        total.negatives += sum.negatives;
    }
    line("all", total);
}

fn line(name: &str, sum: Sum) {
    let share = (sum.hits * 100).checked_div(sum.positives);
    let share = share.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
    let recall = format!("{}/{} {share:>5}", sum.hits, sum.positives);
    let false_positives = format!("{}/{}", sum.false_positives, sum.negatives);
    println!("{name:<36} {recall:>16} {false_positives:>16}");
}

fn list(scores: &[Score], verdict: Verdict, title: &str) {
    flagged(scores, title, |score| score.verdict == verdict);
}

fn flagged(scores: &[Score], title: &str, wanted: impl Fn(&Score) -> bool) {
    let found: Vec<&Score> = scores.iter().filter(|score| wanted(score)).collect();
    if found.is_empty() {
        return;
    }
    println!("\n{title}: {}", found.len());
    for score in found {
        let run = &score.done.run;
        let also = score
            .also
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        let also = if also.is_empty() {
            String::new()
        } else {
            format!(" [raised {also}]")
        };
        println!(
            "  {} ({}, {}){also}",
            run.row.id,
            run.form.name(),
            run.place.name()
        );
        println!("      {}", run.row.command.escape_debug());
    }
}

fn skipped(plan: &Plan) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (row, reason) in &plan.skipped {
        reasons.entry(reason).or_default().push(&row.id);
    }
    for (reason, ids) in reasons {
        println!("\nskipped, {reason}: {}", ids.len());
        println!("  {}", ids.join(" "));
    }
}

fn others(alerts: &[Alert]) {
    if alerts.is_empty() {
        return;
    }
    println!("\nalerts of no case: {}", alerts.len());
    for alert in alerts {
        println!("  {}", alert.summary());
    }
}

/// Prints what the sensor said beside alerts, above all lost events: they explain misses.
pub(super) fn notices(notices: &[Value]) {
    if notices.is_empty() {
        return;
    }
    println!("\nnotices of the sensor: {}", notices.len());
    for notice in notices.iter().take(NOTICES_MAX) {
        println!("  {notice}");
    }
}

/// The report as JSON.
pub(super) fn json(plan: &Plan, scores: &[Score], attributed: &Attributed) -> Value {
    let detections: BTreeMap<&str, Value> = sums(scores)
        .into_iter()
        .map(|(alert, sum)| {
            let value = json!({"hits": sum.hits, "positives": sum.positives,
                "false_positives": sum.false_positives, "negatives": sum.negatives,
                "not_visible": sum.invisible});
            (alert, value)
        })
        .collect();
    let skipped: Vec<Value> = plan
        .skipped
        .iter()
        .map(|(row, reason)| json!({"id": row.id, "alert": row.alert, "reason": reason}))
        .collect();
    let others: Vec<&Value> = attributed.others.iter().map(|alert| &alert.json).collect();
    let runs = scores.iter().zip(&attributed.by_run);
    json!({
        "detections": detections,
        "runs": runs.map(|(score, alerts)| run(score, alerts)).collect::<Vec<_>>(),
        "skipped": skipped,
        "alerts_of_no_case": others,
    })
}

fn run(score: &Score, alerts: &[Alert]) -> Value {
    let done = score.done;
    let outcome = &done.outcome;
    json!({
        "id": done.run.row.id,
        "alert": done.run.row.alert,
        "form": done.run.form.name(),
        "place": done.run.place.name(),
        "command": done.run.row.command,
        "verdict": score.verdict.name(),
        "exit_code": outcome.status.code(),
        "timed_out": outcome.timed_out,
        "stderr": outcome.stderr,
        "lost_identity": score.lost_identity,
        "alerts": alerts.iter().map(|alert| &alert.json).collect::<Vec<_>>(),
    })
}
