//! The core: one synchronous, pure step from records to alerts, fed by rings in life and by
//! recordings in replay.

use std::collections::BTreeMap;

use sensor_common::Kind;

use super::attempts::Attempts;
use crate::{
    alert::{Alert, Stage},
    detect::{RuleSet, Severity},
    enrich::{Enricher, UserNames},
    event::{DecodeError, Event, decode},
};

/// What the core did, in numbers; read by the metrics.
#[derive(Debug, Default)]
pub struct Tally {
    /// Events by kind.
    pub events: [u64; Kind::ALL.len()],
    /// Records that were no events, by reason.
    pub undecodable: BTreeMap<&'static str, u64>,
    /// Alerts by type and severity.
    pub alerts: BTreeMap<(String, Severity), u64>,
    /// Records that never arrived.
    pub lost: u64,
}

/// State between rings and outputs.
pub struct Core {
    enricher: Enricher,
    rules: RuleSet,
    stage: Stage,
    attempts: Attempts,
    tally: Tally,
}

impl Core {
    /// A core that knows these processes and rules.
    #[must_use]
    pub fn new(enricher: Enricher, rules: RuleSet, stage: Stage) -> Self {
        Core {
            enricher,
            rules,
            stage,
            attempts: Attempts::default(),
            tally: Tally::default(),
        }
    }

    /// What was done so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Processes and containers.
    #[must_use]
    pub fn enricher(&self) -> &Enricher {
        &self.enricher
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Puts other rules in force; what correlations have gathered goes over to rules of the same id.
    pub fn replace_rules(&mut self, mut rules: RuleSet) {
        rules.inherit(&self.rules);
        self.rules = rules;
    }

    /// Takes in one record of a ring. Alerts go to `out`.
    pub fn record(&mut self, record: &[u8], users: UserNames<'_>, out: &mut dyn FnMut(Alert)) {
        match decode(record) {
            Ok(event) => {
                for event in self.attempts.pass(event) {
                    self.event(&event, users, out);
                }
            }
            Err(error) => self.undecodable(error),
        }
    }

    fn undecodable(&mut self, error: DecodeError) {
        *self.tally.undecodable.entry(error.name()).or_default() += 1;
    }

    /// Notes records that never arrived.
    pub fn loss(&mut self, lost: u64, from: u64, to: u64) {
        self.tally.lost += lost;
        self.stage.note_loss(lost, from, to);
    }

    /// Time goes by; `now` in nanoseconds since boot.
    pub fn tick(&mut self, now: u64, users: UserNames<'_>, out: &mut dyn FnMut(Alert)) {
        for event in self.attempts.due(now) {
            self.event(&event, users, out);
        }
    }

    /// Nothing follows: looks at what was held.
    pub fn finish(&mut self, users: UserNames<'_>, out: &mut dyn FnMut(Alert)) {
        self.tick(u64::MAX, users, out);
    }

    fn event(&mut self, event: &Event, users: UserNames<'_>, out: &mut dyn FnMut(Alert)) {
        let kind = event.body.kind();
        if let Some(count) = self.tally.events.get_mut(kind.index() as usize) {
            *count += 1;
        }
        let Some(subject) = self.enricher.apply(event, users) else {
            return;
        };
        let observation = subject.observe(event);
        let detections = self.rules.detect(&observation);
        if detections.is_empty() {
            return;
        }
        for alert in self.stage.alerts(&observation, &detections) {
            let key = (alert.alert_type.clone(), alert.severity);
            *self.tally.alerts.entry(key).or_default() += 1;
            out(alert);
        }
    }
}
