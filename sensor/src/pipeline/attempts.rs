//! Execs that failed, held until it is clear what they were.
//!
//! A search along `PATH` is a row of failed execs, and usually a successful one. Only what remains
//! is worth a look: the last try of a search that found nothing, or a plain refused exec.

use std::collections::HashMap;

use crate::event::{Body, Event, ExecFailed, ProcessKey, base_name};

/// Processes with a held attempt; more at once are looked at right away.
const HELD_MAX: usize = 4096;

/// How long an attempt waits for the next try, nanoseconds. A search takes microseconds a step.
const HOLD: u64 = 50_000_000;

/// Held attempts by process.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    held: HashMap<ProcessKey, Event>,
}

/// Program name and arguments of an attempt, without the directory that was tried.
fn essence(attempt: &ExecFailed) -> (&[u8], &[crate::event::Text]) {
    (attempt.asked.base_name(), attempt.args.as_slice())
}

impl Attempts {
    /// Takes an event in and gives those to process now, in order.
    pub(super) fn pass(&mut self, event: Event) -> impl Iterator<Item = Event> + use<> {
        let process = event.origin.process;
        let before = self.held.remove(&process);
        let before = before.filter(|held| !supersedes(&event, held));
        let now = match &event.body {
            Body::ExecFailed(_) if self.held.len() < HELD_MAX => {
                self.held.insert(process, event);
                None
            }
            _ => Some(event),
        };
        before.into_iter().chain(now)
    }

    /// Attempts that waited long enough.
    pub(super) fn due(&mut self, now: u64) -> Vec<Event> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let due = |event: &Event| now.saturating_sub(event.origin.time) >= HOLD;
        self.held
            .extract_if(|_, event| due(event))
            .map(|(_, event)| event)
            .collect()
    }
}

/// Whether `event` shows that the held attempt was only a step of a search.
fn supersedes(event: &Event, held: &Event) -> bool {
    let Body::ExecFailed(attempt) = &held.body else {
        return false;
    };
    match &event.body {
        Body::ExecFailed(next) => essence(next) == essence(attempt),
        Body::Exec(exec) => base_name(exec.asked.as_bytes()) == attempt.asked.base_name(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Exec, Exit, Origin, Text};

    fn event(time: u64, body: Body) -> Event {
        let origin = Origin {
            time,
            cpu: 0,
            sequence: 0,
            process: ProcessKey {
                pid: 7,
                start_time: 1,
            },
            tid: 7,
            cgroup: 0,
            uid: 0,
            gid: 0,
            mnt_ns: 0,
            pid_ns: 0,
            comm: Text::default(),
        };
        Event { origin, body }
    }

    fn failed(time: u64, asked: &str) -> Event {
        let attempt = ExecFailed {
            errno: 2,
            asked: asked.into(),
            args: vec!["nc".into(), "-e".into()],
            args_cut: false,
        };
        event(time, Body::ExecFailed(attempt))
    }

    fn exec(time: u64, asked: &str) -> Event {
        event(
            time,
            Body::Exec(Box::new(Exec {
                asked: asked.into(),
                ..Exec::default()
            })),
        )
    }

    #[track_caller]
    fn check(events: Vec<Event>, passed: &[u64], due_later: &[u64]) {
        let mut attempts = Attempts::default();
        let times: Vec<u64> = events
            .into_iter()
            .flat_map(|event| attempts.pass(event).collect::<Vec<_>>())
            .map(|event| event.origin.time)
            .collect();
        assert_eq!(times, passed);
        let due: Vec<u64> = attempts
            .due(1_000_000_000)
            .iter()
            .map(|event| event.origin.time)
            .collect();
        assert_eq!(due, due_later);
        assert!(attempts.due(u64::MAX).is_empty());
    }

    #[test]
    fn a_search_that_finds_is_its_exec_alone() {
        check(
            vec![failed(1, "/a/nc"), failed(2, "/b/nc"), exec(3, "/c/nc")],
            &[3],
            &[],
        );
    }

    #[test]
    fn a_search_that_fails_is_its_last_try() {
        check(vec![failed(1, "/a/nc"), failed(2, "/b/nc")], &[], &[2]);
        let exit = event(3, Body::Exit(Exit { status: 0 }));
        check(
            vec![failed(1, "/a/nc"), failed(2, "/b/nc"), exit],
            &[2, 3],
            &[],
        );
    }

    #[test]
    fn another_program_does_not_hide_an_attempt() {
        check(vec![failed(1, "/a/nc"), exec(2, "/bin/true")], &[1, 2], &[]);
        check(vec![failed(1, "/a/nc"), failed(2, "/a/xmrig")], &[1], &[2]);
    }
}
