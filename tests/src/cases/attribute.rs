//! Finds out which case each alert belongs to.

use super::execute::Done;
use crate::sensor::Alert;

/// Alerts by case, and those of no case.
#[derive(Debug)]
pub(super) struct Attributed {
    /// One list for each run, in the order of the runs.
    pub(super) by_run: Vec<Vec<Alert>>,
    /// Alerts about something else on this machine.
    pub(super) others: Vec<Alert>,
}

/// Sorts alerts to the runs that raised them: by container id, else by ancestry.
pub(super) fn attribute(done: &[Done], alerts: Vec<Alert>) -> Attributed {
    let mut by_run: Vec<Vec<Alert>> = done.iter().map(|_| Vec::new()).collect();
    let mut others = Vec::new();
    for alert in alerts {
        match owner(done, &alert).and_then(|index| by_run.get_mut(index)) {
            Some(list) => list.push(alert),
            None => others.push(alert),
        }
    }
    Attributed { by_run, others }
}

/// The run that an alert belongs to. Process ids come round again: the youngest run has it.
fn owner(done: &[Done], alert: &Alert) -> Option<usize> {
    let by_container = done.iter().position(|done| {
        done.outcome.container.is_some()
            && done.outcome.container.as_deref() == alert.container_id()
    });
    by_container.or_else(|| {
        let kin = |(_, done): &(usize, &Done)| {
            done.started <= alert.received && alert.descends_from(done.outcome.pid)
        };
        let candidates = done.iter().enumerate().filter(kin);
        candidates
            .max_by_key(|(_, done)| done.started)
            .map(|(index, _)| index)
    })
}
