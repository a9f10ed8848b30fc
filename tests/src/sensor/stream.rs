//! What a sensor has written so far, shared between the threads that read and those that wait.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Alert;

/// Lines of the log that are kept: enough to see why a test failed.
const LOG_LINES: usize = 200;

#[derive(Debug)]
struct State {
    alerts: Vec<Alert>,
    notices: Vec<Value>,
    garbage: Vec<String>,
    log: VecDeque<String>,
    last: Instant,
    closed: bool,
}

#[derive(Debug)]
pub(super) struct Stream {
    state: Mutex<State>,
    changed: Condvar,
}

impl Default for Stream {
    fn default() -> Self {
        let state = State {
            alerts: Vec::new(),
            notices: Vec::new(),
            garbage: Vec::new(),
            log: VecDeque::new(),
            last: Instant::now(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }
}

impl Stream {
    /// Reads alerts to the end of the pipe.
    pub(super) fn read_alerts(&self, pipe: impl Read) {
        for line in lines(pipe) {
            self.note(line);
            self.changed.notify_all();
        }
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn note(&self, line: String) {
        let json = serde_json::from_str(&line).ok().filter(Value::is_object);
        let mut state = self.lock();
        match json.map(|json| (Alert::read(json.clone()), json)) {
            Some((Some(alert), _)) => {
                state.last = Instant::now();
                state.alerts.push(alert);
            }
            Some((None, notice)) => state.notices.push(notice),
            None => state.garbage.push(line),
        }
    }

    /// Reads the log to the end of the pipe.
    pub(super) fn read_log(&self, pipe: impl Read) {
        for line in lines(pipe) {
            let mut state = self.lock();
            if state.log.len() == LOG_LINES {
                state.log.pop_front();
            }
            state.log.push_back(line);
        }
    }

    /// The first alert that is wanted, waiting for it if need be.
    pub(super) fn wait_for(
        &self,
        timeout: Duration,
        wanted: &impl Fn(&Alert) -> bool,
    ) -> Option<Alert> {
        let deadline = Instant::now() + timeout;
        let mut seen = 0;
        let mut state = self.lock();
        loop {
            let fresh = state.alerts.get(seen..).unwrap_or_default();
            if let Some(alert) = fresh.iter().find(|alert| wanted(alert)) {
                return Some(alert.clone());
            }
            seen = state.alerts.len();
            let left = deadline.checked_duration_since(Instant::now())?;
            if state.closed {
                return None;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .map_or_else(|poison| poison.into_inner().0, |(state, _)| state);
        }
    }

    /// Waits until standard output has ended.
    pub(super) fn wait_closed(&self, timeout: Duration) {
        let state = self.lock();
        let _either_way = self
            .changed
            .wait_timeout_while(state, timeout, |state| !state.closed);
    }

    pub(super) fn alerts(&self) -> Vec<Alert> {
        self.lock().alerts.clone()
    }

    pub(super) fn notices(&self) -> Vec<Value> {
        self.lock().notices.clone()
    }

    pub(super) fn garbage(&self) -> Vec<String> {
        self.lock().garbage.clone()
    }

    pub(super) fn log(&self) -> String {
        self.lock()
            .log
            .iter()
            .map(|line| format!("{line}\n"))
            .collect()
    }

    /// How long no alert has come.
    pub(super) fn idle(&self) -> Duration {
        self.lock().last.elapsed()
    }

    /// State stays whole between lines, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lines of a pipe, invalid UTF-8 replaced: a hostile command line must not end the reading.
fn lines(pipe: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(pipe)
        .split(b'\n')
        .map_while(Result::ok)
        .map(|line| String::from_utf8_lossy(&line).into_owned())
}
