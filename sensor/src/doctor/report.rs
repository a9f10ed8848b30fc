//! The report: a verdict, and how it looks on a terminal and as JSON.

use std::fmt::Write as _;

use sensor_common::Kind;
use serde::Serialize;

use super::{Check, State};
use crate::bpf::{EVENT_HOOKS, HookReport};

/// Everything that was found.
#[derive(Debug, Clone)]
pub struct Report {
    /// What was looked at.
    pub checks: Vec<Check>,
    /// What became of every hook, in the order in which they were tried.
    pub hooks: Vec<HookReport>,
}

/// What all of it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The sensor runs, with the best of everything.
    Ready,
    /// The sensor runs, and lacks something.
    Degraded,
    /// The sensor cannot run.
    Unable,
}

/// How one event is served.
struct Event<'a> {
    kind: Kind,
    state: State,
    /// Tier of the hooks that work.
    tier: Option<u8>,
    hooks: Vec<Tried<'a>>,
}

/// A hook that was tried, and the kernel's reason when it refused.
struct Tried<'a> {
    report: &'a HookReport,
    result: Result<(), &'a str>,
}

impl Report {
    /// What all of it means. Events that no hook serves make the sensor less, not impossible, as
    /// long as one is served.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let events = self.events();
        let blind = !events.is_empty() && events.iter().all(|event| event.state == State::Missing);
        let worst = self
            .checks
            .iter()
            .map(|check| check.state)
            .max()
            .unwrap_or(State::Ok);
        if worst == State::Missing || blind {
            Verdict::Unable
        } else if worst == State::Degraded || events.iter().any(|event| event.state != State::Ok) {
            Verdict::Degraded
        } else {
            Verdict::Ready
        }
    }

    /// Status with which the process ends: 0 when the sensor can run, else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.verdict() {
            Verdict::Ready | Verdict::Degraded => 0,
            Verdict::Unable => 1,
        }
    }

    /// For a terminal: aligned, without escapes.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let width = self
            .checks
            .iter()
            .map(|check| check.name.len())
            .max()
            .unwrap_or_default();
        for check in &self.checks {
            let (name, state) = (check.name, check.state.name());
            line(
                &mut text,
                format_args!("{name:width$}  {state:8}  {}", check.detail),
            );
            if let Some(remedy) = &check.remedy {
                line(
                    &mut text,
                    format_args!("{:width$}  {:8}  -> {remedy}", "", ""),
                );
            }
        }
        self.hook_lines(&mut text);
        line(&mut text, format_args!("\n{}", self.sentence()));
        text
    }

    fn hook_lines(&self, text: &mut String) {
        for event in self.events() {
            let tier = event
                .tier
                .map_or("no hook".to_owned(), |tier| format!("tier {tier}"));
            let (name, state) = (event.kind.name(), event.state.name());
            line(text, format_args!("\nevent {name}: {state}, {tier}"));
            for Tried { report, result } in event.hooks {
                let HookReport { hook, tier, .. } = report;
                let result = result.map_or_else(|reason| reason, |()| "attached");
                line(text, format_args!("  {tier}  {hook}: {result}"));
            }
        }
    }

    fn sentence(&self) -> String {
        let lacking = |state| {
            let checks = self.checks.iter().filter(|check| check.state == state);
            let events = self
                .events()
                .into_iter()
                .filter(|event| event.state == state);
            let names = checks.map(|check| check.name.to_owned());
            let events = events.map(|event| format!("event {}", event.kind.name()));
            names.chain(events).collect::<Vec<_>>().join(", ")
        };
        match self.verdict() {
            Verdict::Ready => "Verdict: the sensor runs here with all it wants.".to_owned(),
            Verdict::Degraded => {
                let mut all = vec![lacking(State::Missing), lacking(State::Degraded)];
                all.retain(|names| !names.is_empty());
                format!(
                    "Verdict: the sensor runs here; less than best: {}.",
                    all.join(", ")
                )
            }
            Verdict::Unable => {
                format!(
                    "Verdict: the sensor cannot run here, for want of: {}.",
                    lacking(State::Missing)
                )
            }
        }
    }

    /// For programs: one JSON object.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let events: Vec<_> = self.events().iter().map(Event::json).collect();
        serde_json::json!({ "verdict": self.verdict(), "checks": self.checks, "events": events })
    }

    /// The events for which hooks were tried, in the order of their kinds.
    fn events(&self) -> Vec<Event<'_>> {
        let served = |kind| {
            let of_kind = self.hooks.iter().filter(|report| report.event == kind);
            let tried = of_kind.filter_map(|report| {
                let result = report.tried()?;
                Some(Tried { report, result })
            });
            Event::new(kind, tried.collect())
        };
        Kind::ALL.into_iter().filter_map(served).collect()
    }
}

/// The best tier that there is for an event: some have no semantic hook.
fn best_tier(kind: Kind) -> u8 {
    let of_kind = EVENT_HOOKS.iter().filter(|event| event.kind == kind);
    of_kind
        .flat_map(|event| event.ways)
        .map(|way| way.tier)
        .min()
        .unwrap_or(1)
}

impl<'a> Event<'a> {
    /// `None` when nothing was tried. The best tier that works counts, and a refused hook of that
    /// tier makes it incomplete.
    fn new(kind: Kind, hooks: Vec<Tried<'a>>) -> Option<Self> {
        hooks.first()?;
        let tier = hooks
            .iter()
            .filter(|hook| hook.result.is_ok())
            .map(|hook| hook.report.tier)
            .min();
        let refused = hooks.iter().any(|hook| hook.result.is_err());
        let state = match tier {
            None => State::Missing,
            Some(tier) if tier == best_tier(kind) && !refused => State::Ok,
            Some(_) => State::Degraded,
        };
        Some(Event {
            kind,
            state,
            tier,
            hooks,
        })
    }

    fn json(&self) -> serde_json::Value {
        let hooks: Vec<_> = self.hooks.iter().map(Tried::json).collect();
        serde_json::json!({
            "event": self.kind.name(), "state": self.state, "tier": self.tier, "hooks": hooks,
        })
    }
}

impl Tried<'_> {
    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "hook": self.report.hook,
            "tier": self.report.tier,
            "attached": self.result.is_ok(),
            "reason": self.result.err(),
        })
    }
}

/// Adds a line. What the kernel said may not move the cursor or start lines of its own, but for the
/// one that begins an empty line.
fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    let content = content.to_string();
    let (gap, content) = match content.strip_prefix('\n') {
        Some(rest) => ("\n", rest),
        None => ("", content.as_str()),
    };
    text.push_str(gap);
    for letter in content.chars() {
        if letter.is_control() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{}", letter.escape_default());
        } else {
            text.push(letter);
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::HookState;

    fn hook(event: Kind, tier: u8, result: Result<(), &str>) -> HookReport {
        let hook = format!("hook{tier}");
        HookReport {
            event,
            hook,
            tier,
            state: result.map_or_else(
                |reason| HookState::Refused(reason.to_owned()),
                |()| HookState::Attached,
            ),
        }
    }

    fn check(states: &[State], hooks: &[HookReport], expected: Verdict, exit_code: u8) {
        let checks = states.iter().map(|state| Check {
            name: "thing",
            state: *state,
            detail: "found".to_owned(),
            remedy: None,
        });
        let report = Report {
            checks: checks.collect(),
            hooks: hooks.to_vec(),
        };
        assert_eq!(report.verdict(), expected, "{states:?} {hooks:?}");
        assert_eq!(report.exit_code(), exit_code);
        assert!(
            report.text().contains("Verdict: the sensor "),
            "{}",
            report.text()
        );
    }

    #[test]
    fn verdicts() {
        use State::{Degraded, Missing, Ok as Fine};
        let best = hook(Kind::Exec, 1, Ok(()));
        let refused = hook(Kind::Open, 1, Err("EPERM"));
        let second = hook(Kind::Open, 2, Ok(()));
        check(&[Fine], &[], Verdict::Ready, 0);
        check(&[Fine], std::slice::from_ref(&best), Verdict::Ready, 0);
        check(
            &[Fine],
            &[best.clone(), refused.clone(), second],
            Verdict::Degraded,
            0,
        );
        check(&[Fine], &[best, refused.clone()], Verdict::Degraded, 0);
        check(&[Fine], &[refused], Verdict::Unable, 1);
        check(&[Fine, Degraded], &[], Verdict::Degraded, 0);
        check(&[Fine, Degraded, Missing], &[], Verdict::Unable, 1);
    }

    #[test]
    fn text_is_aligned_and_harmless() {
        let checks = vec![
            Check::ok("a", "fine"),
            Check::missing("longer", "bad\x1b[31m\nVerdict: fine", "do it"),
        ];
        let hooks = vec![
            hook(Kind::Open, 1, Err("EPERM")),
            hook(Kind::Open, 2, Ok(())),
        ];
        let expected = "\
a       ok        fine
longer  missing   bad\\u{1b}[31m\\nVerdict: fine
                  -> do it

event open: degraded, tier 2
  1  hook1: EPERM
  2  hook2: attached

Verdict: the sensor cannot run here, for want of: longer.
";
        assert_eq!(Report { checks, hooks }.text(), expected);
    }

    #[test]
    fn json() {
        let checks = vec![Check::degraded("a", "b", "c")];
        let hooks = vec![
            hook(Kind::Open, 1, Err("EPERM")),
            hook(Kind::Open, 2, Ok(())),
        ];
        let expected = serde_json::json!({
            "verdict": "degraded",
            "checks": [{"name": "a", "state": "degraded", "detail": "b", "remedy": "c"}],
            "events": [{"event": "open", "state": "degraded", "tier": 2, "hooks": [
                {"hook": "hook1", "tier": 1, "attached": false, "reason": "EPERM"},
                {"hook": "hook2", "tier": 2, "attached": true, "reason": null},
            ]}],
        });
        assert_eq!(Report { checks, hooks }.json(), expected);
    }
}
