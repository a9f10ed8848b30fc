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

#[cfg(test)]
pub(super) mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;
    use std::time::{Duration, Instant};

    use super::super::execute::Done;
    use super::super::plan::{Form, Run};
    use super::super::row::Row;
    use super::attribute;
    use crate::sensor::Alert;
    use crate::workload::{Outcome, Place};

    pub(in super::super) fn row(kind: &str, visible_by: &str) -> Row {
        let json = serde_json::json!({"id": "a", "alert": "T", "kind": kind, "command": "true",
            "feed": "argv", "visible_by": [visible_by]});
        serde_json::from_value(json).unwrap()
    }

    pub(in super::super) fn done<'a>(row: &'a Row, pid: u32, container: Option<&str>) -> Done<'a> {
        let place = if container.is_some() {
            Place::Container
        } else {
            Place::Host
        };
        let outcome = Outcome {
            pid,
            container: container.map(str::to_owned),
            pod_uid: None,
            status: ExitStatus::from_raw(0),
            timed_out: false,
            stdout: String::new(),
            stderr: String::new(),
        };
        let started = Instant::now();
        Done {
            run: Run {
                row,
                form: Form::Argv,
                place,
            },
            started,
            outcome,
        }
    }

    pub(in super::super) fn alert(
        alert_type: &str,
        pids: &[u32],
        container: Option<&str>,
    ) -> Alert {
        let ancestors: Vec<_> = pids
            .iter()
            .skip(1)
            .map(|pid| serde_json::json!({"pid": pid}))
            .collect();
        let json = serde_json::json!({"alert_type": alert_type, "severity": "High",
            "process": {"pid": pids[0], "ancestors": ancestors},
            "container": container.map(|id| serde_json::json!({"id": id}))});
        Alert::read(json).unwrap()
    }

    /// Which of four runs has the alert: two on the host with the same pid, two containers.
    fn check(pids: &[u32], container: Option<&str>, expected: Option<usize>) {
        let row = row("positive", "exec");
        let mut runs =
            [None, None, Some("c1"), Some("c2")].map(|container| done(&row, 10, container));
        runs[1].started += Duration::from_nanos(1);
        for (run, pid) in runs.iter_mut().zip([10, 10, 20, 30]) {
            run.outcome.pid = pid;
        }
        let mut alert = alert("T", pids, container);
        alert.received += Duration::from_secs(1);
        let attributed = attribute(&runs, vec![alert]);
        let found = attributed.by_run.iter().position(|list| !list.is_empty());
        assert_eq!(found, expected);
        assert_eq!(attributed.others.len(), usize::from(expected.is_none()));
    }

    #[test]
    fn alerts_find_their_run() {
        check(&[99, 10, 1], None, Some(1));
        check(&[99, 1], Some("c2"), Some(3));
        check(&[99, 20, 1], None, Some(2));
        check(&[99, 1], None, None);
        check(&[99, 1], Some("another"), None);
    }
}
