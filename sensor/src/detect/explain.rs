//! Why a rule did or did not match, as text.

use rsigma_eval::{
    CompiledRule, ConditionTrace, DetectionTrace, Event, ItemTrace, MatchReason, explain_rule,
};

/// Longest value that is shown whole.
const VALUE_MAX: usize = 200;

/// The verdict, then the condition as a tree: `+` where it holds, `-` where it does not.
pub(super) fn text(rule: &CompiledRule, event: &impl Event) -> String {
    let explanation = explain_rule(rule, event);
    let verdict = if explanation.matched {
        "matches"
    } else {
        "does not match"
    };
    let mut text = format!("{}: {verdict}\n", explanation.rule_title);
    for trace in &explanation.conditions {
        condition(trace, 1, &mut text);
    }
    text
}

fn line(text: &mut String, depth: usize, matched: bool, what: &str) {
    let sign = if matched { '+' } else { '-' };
    let indent = "  ".repeat(depth);
    text.push_str(&format!("{indent}{sign} {what}\n"));
}

fn condition(trace: &ConditionTrace, depth: usize, text: &mut String) {
    let matched = trace.matched();
    match trace {
        ConditionTrace::Selection {
            name,
            detection: inner,
            ..
        } => {
            line(text, depth, matched, name);
            detection(inner, depth + 1, text);
        }
        ConditionTrace::And { children, .. } => {
            line(text, depth, matched, "all of");
            children
                .iter()
                .for_each(|child| condition(child, depth + 1, text));
        }
        ConditionTrace::Or { children, .. } => {
            line(text, depth, matched, "one of");
            children
                .iter()
                .for_each(|child| condition(child, depth + 1, text));
        }
        ConditionTrace::Not { child, .. } => {
            line(text, depth, matched, "not");
            condition(child, depth + 1, text);
        }
        ConditionTrace::Quantified {
            quantifier,
            need,
            got,
            branches,
            ..
        } => {
            line(
                text,
                depth,
                matched,
                &format!("{quantifier} of ({got} of {need} needed)"),
            );
            for branch in branches {
                line(text, depth + 1, branch.matched, &branch.name);
                detection(&branch.detection, depth + 2, text);
            }
        }
    }
}

fn detection(trace: &DetectionTrace, depth: usize, text: &mut String) {
    match trace {
        DetectionTrace::AllOf { items, .. } => items.iter().for_each(|it| item(it, depth, text)),
        DetectionTrace::AnyOf { matched, branches } => {
            line(text, depth, *matched, "one of");
            branches
                .iter()
                .for_each(|branch| detection(branch, depth + 1, text));
        }
        DetectionTrace::And { branches, .. } => {
            branches
                .iter()
                .for_each(|branch| detection(branch, depth, text));
        }
        DetectionTrace::Keywords { item: keywords, .. } => item(keywords, depth, text),
        DetectionTrace::ArrayMatch {
            field,
            quantifier,
            matched,
            members,
            ..
        } => {
            line(text, depth, *matched, &format!("{quantifier} of {field}"));
            members
                .iter()
                .for_each(|member| detection(&member.detection, depth + 1, text));
        }
        DetectionTrace::Conditional {
            condition: inner, ..
        } => condition(inner, depth, text),
        DetectionTrace::Other { kind, matched } => line(text, depth, *matched, kind),
    }
}

fn item(trace: &ItemTrace, depth: usize, text: &mut String) {
    let field = trace.field.as_deref().unwrap_or("any text");
    let pattern = trace.pattern.as_deref().unwrap_or_default();
    let actual = trace
        .actual
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let why = match trace.reason {
        MatchReason::Matched => format!("is {}", short(&actual)),
        MatchReason::FieldAbsent => "is absent".to_owned(),
        MatchReason::ValueMismatch => format!("is {}", short(&actual)),
        MatchReason::CaseMismatch => format!("is {}, which differs in case", short(&actual)),
        MatchReason::Existence => "is there or not against what is asked".to_owned(),
        MatchReason::NoKeywordMatch => "holds none of the keywords".to_owned(),
    };
    let kind = format!("{:?}", trace.matcher).to_lowercase();
    line(
        text,
        depth,
        trace.matched,
        &format!("{field} ({kind} {}) {why}", short(pattern)),
    );
}

fn short(value: &str) -> String {
    match value.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}...", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}
