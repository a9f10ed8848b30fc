//! The core: one synchronous, pure step from records to alerts, fed by rings in life and by
//! recordings in replay.

use super::attempts::Attempts;
use crate::{
    alert::{Alert, Stage},
    detect::RuleSet,
    enrich::{Enricher, UserNames},
    event::{Event, decode},
    telemetry::{DetectMetrics, EventMetrics},
};

/// Takes alerts, with the time of their event in nanoseconds since boot.
pub type Alerts<'a> = &'a mut dyn FnMut(Alert, u64);

/// State between rings and outputs.
pub struct Core {
    enricher: Enricher,
    rules: RuleSet,
    stage: Stage,
    attempts: Attempts,
    events: EventMetrics,
    detections: DetectMetrics,
}

impl Core {
    /// A core that knows these processes and rules.
    #[must_use]
    pub fn new(
        enricher: Enricher,
        rules: RuleSet,
        stage: Stage,
        (events, detections): (EventMetrics, DetectMetrics),
    ) -> Self {
        Core {
            enricher,
            rules,
            stage,
            attempts: Attempts::default(),
            events,
            detections,
        }
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Processes and containers.
    #[must_use]
    pub fn enricher(&self) -> &Enricher {
        &self.enricher
    }

    /// Puts other rules in force; what correlations have gathered goes over to rules of the same
    /// id.
    pub fn replace_rules(&mut self, mut rules: RuleSet) {
        rules.inherit(&self.rules);
        self.rules = rules;
    }

    /// Takes in one record of a ring.
    pub fn record(&mut self, record: &[u8], users: UserNames<'_>, out: Alerts<'_>) {
        match decode(record) {
            Ok(event) => {
                self.events.received(event.body.kind());
                for event in self.attempts.pass(event) {
                    self.event(&event, users, out);
                }
            }
            Err(error) => self.events.decode_error(error.name()),
        }
    }

    /// Notes records that never arrived.
    pub fn loss(&mut self, lost: u64, from: u64, to: u64) {
        self.stage.note_loss(lost, from, to);
    }

    /// Time goes by; `now` in nanoseconds since boot.
    pub fn tick(&mut self, now: u64, users: UserNames<'_>, out: Alerts<'_>) {
        for event in self.attempts.due(now) {
            self.event(&event, users, out);
        }
    }

    /// Nothing follows: looks at what was held.
    pub fn finish(&mut self, users: UserNames<'_>, out: Alerts<'_>) {
        self.tick(u64::MAX, users, out);
    }

    fn event(&mut self, event: &Event, users: UserNames<'_>, out: Alerts<'_>) {
        let Some(subject) = self.enricher.apply(event, users) else {
            return;
        };
        let observation = subject.observe(event);
        let detections = self.rules.detect(&observation);
        if detections.is_empty() {
            return;
        }
        for alert in self.stage.alerts(&observation, &detections) {
            self.detections.detected(&alert.alert_type, alert.severity);
            out(alert, event.origin.time);
        }
    }
}

#[cfg(test)]
mod tests;
