//! From the detections of one event to its alerts.

use std::collections::VecDeque;

use super::{Alert, Context, EvidenceGap, Ids, RuleName, Window};
use crate::{detect::Detection, enrich::Observation};

/// Losses that are remembered one by one; older ones are joined. Losses come in bursts, one record
/// per burst and CPU, and matter to processes that lived through them.
const GAPS_MAX: usize = 64;

/// A span in which events were lost, on the boot clock.
#[derive(Debug, Clone, Copy)]
struct Gap {
    lost: u64,
    from: u64,
    to: u64,
}

/// Turns detections into alerts.
#[derive(Debug)]
pub struct Stage {
    context: Context,
    ids: Ids,
    gaps: VecDeque<Gap>,
}

impl Stage {
    /// A stage for this machine; see [`Ids::new`] for `seed`.
    #[must_use]
    pub fn new(context: Context, seed: u64) -> Self {
        Stage {
            context,
            ids: Ids::new(seed),
            gaps: VecDeque::new(),
        }
    }

    /// What alerts know about the machine.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Notes that `lost` events between two times (nanoseconds since boot) never arrived.
    pub fn note_loss(&mut self, lost: u64, from: u64, to: u64) {
        self.gaps.push_back(Gap { lost, from, to });
        if self.gaps.len() <= GAPS_MAX {
            return;
        }
        if let (Some(oldest), Some(next)) = (self.gaps.pop_front(), self.gaps.front_mut()) {
            *next = joined(oldest, *next);
        }
    }

    /// The alerts for one event: one per alert type among `detections`, in their order. Where
    /// several rules of a type matched, the most severe speaks and the others are named.
    pub fn alerts(
        &mut self,
        observation: &Observation<'_>,
        detections: &[Detection],
    ) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = Vec::new();
        for detection in detections {
            let alert_type = &detection.rule.alert_type;
            if alerts.iter().any(|alert| alert.alert_type == *alert_type) {
                continue;
            }
            let same_type: Vec<&Detection> = detections
                .iter()
                .filter(|other| other.rule.alert_type == *alert_type)
                .collect();
            alerts.push(self.alert(observation, detection, &same_type));
        }
        alerts
    }

    /// One alert for detections of one type; `first` is the first of them.
    fn alert(
        &mut self,
        observation: &Observation<'_>,
        first: &Detection,
        same_type: &[&Detection],
    ) -> Alert {
        let speaker = same_type.iter().copied().fold(first, |most, detection| {
            if detection.rule.severity > most.rule.severity {
                detection
            } else {
                most
            }
        });
        let id = self
            .ids
            .next(self.context.time(observation.event.origin.time));
        let mut alert = Alert::new(observation, speaker, &self.context, id);
        for other in same_type
            .iter()
            .filter(|other| !std::ptr::eq(**other, speaker))
        {
            let name = RuleName {
                id: other.rule.id.clone(),
                file: other.rule.file.clone(),
            };
            alert.rule.also.push(name);
            for matched in &other.matched {
                if !alert.rule.matched.contains(matched) {
                    alert.rule.matched.push(matched.clone());
                }
            }
        }
        alert.evidence_gap = self.gap(observation);
        alert
    }

    /// What was lost between the start of the observed process and the event.
    fn gap(&self, observation: &Observation<'_>) -> Option<EvidenceGap> {
        let start = observation.process.key.start_time;
        let end = observation.event.origin.time;
        let touching = self
            .gaps
            .iter()
            .filter(|gap| gap.to >= start && gap.from <= end);
        let gap = touching.copied().reduce(joined)?;
        let window = Window {
            from: self.context.time(gap.from),
            to: self.context.time(gap.to),
        };
        Some(EvidenceGap {
            lost: gap.lost,
            window,
        })
    }
}

/// Both gaps as one.
fn joined(one: Gap, other: Gap) -> Gap {
    Gap {
        lost: one.lost.saturating_add(other.lost),
        from: one.from.min(other.from),
        to: one.to.max(other.to),
    }
}
