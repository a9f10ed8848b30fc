//! The processes of this node, with their recent dead: an alert's ancestors have often ended.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::{Container, Image, Process};
use crate::event::ProcessKey;

/// Ancestors of a process, nearest first.
pub type Ancestors = Vec<Arc<Process>>;

/// Ancestors that are looked up: deeper trees exist only where someone makes them.
const ANCESTORS_MAX: usize = 32;

/// Dead processes remembered: at 100 execs per second, which is a busy node, more than a minute of
/// them. One takes about a kilobyte.
const DEAD_MAX: usize = 8192;

/// Processes remembered in all, dead ones included: four times Linux's default limit of pids.
const PROCESSES_MAX: usize = 131_072;

/// Starts are compared in these steps (nanoseconds), because `/proc` shows them in clock ticks of
/// 10 ms. A pid does not come back within one.
const START_STEP: u64 = 10_000_000;

/// A process key with the precision that `/proc` has.
fn coarse(key: ProcessKey) -> ProcessKey {
    ProcessKey {
        start_time: key.start_time - key.start_time % START_STEP,
        ..key
    }
}

/// The processes of this node.
#[derive(Debug, Default)]
pub struct ProcessTable {
    processes: HashMap<ProcessKey, Arc<Process>>,
    dead: VecDeque<ProcessKey>,
    forgotten: u64,
}

impl ProcessTable {
    /// Processes remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.processes.len()
    }

    /// Whether no process is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    /// Processes forgotten because the table was full: ancestors may be missing.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Every process.
    pub fn iter(&self) -> impl Iterator<Item = &Process> {
        self.processes.values().map(AsRef::as_ref)
    }

    /// A process.
    #[must_use]
    pub fn get(&self, key: ProcessKey) -> Option<&Arc<Process>> {
        self.processes.get(&coarse(key))
    }

    /// A process, to change it.
    pub fn get_mut(&mut self, key: ProcessKey) -> Option<&mut Process> {
        self.processes.get_mut(&coarse(key)).map(Arc::make_mut)
    }

    /// Remembers a process, or replaces what is known of it.
    pub fn insert(&mut self, process: impl Into<Arc<Process>>) {
        let process = process.into();
        let key = coarse(process.key);
        while self.processes.len() >= PROCESSES_MAX && !self.processes.contains_key(&key) {
            if !self.forget_oldest_dead() {
                self.forgotten += 1;
                return;
            }
        }
        self.processes.insert(key, process);
    }

    /// Notes the end of a process; it stays known for a while.
    pub fn exit(&mut self, key: ProcessKey, time: u64) {
        let Some(process) = self.get_mut(key) else {
            return;
        };
        if process.exited.replace(time).is_none() {
            self.dead.push_back(key);
        }
        if self.dead.len() > DEAD_MAX {
            self.forget_oldest_dead();
        }
    }

    /// Whether there was a dead process to forget. One that ended twice, because an event of it came
    /// after its end, is listed twice.
    fn forget_oldest_dead(&mut self) -> bool {
        let Some(key) = self.dead.pop_front() else {
            return false;
        };
        self.processes.remove(&coarse(key));
        true
    }

    /// Ancestors of a process, nearest first.
    #[must_use]
    pub fn ancestors(&self, process: &Process) -> Ancestors {
        let mut ancestors = Ancestors::new();
        let mut next = process.parent;
        while let Some(parent) = next.and_then(|key| self.get(key)) {
            if ancestors.len() == ANCESTORS_MAX || parent.key == process.key {
                break;
            }
            next = parent.parent;
            ancestors.push(Arc::clone(parent));
        }
        ancestors
    }
}

/// Everything an exec or a snapshot of `/proc` tells about the process that runs `image`.
#[must_use]
pub(super) fn process_of(
    key: ProcessKey,
    image: Arc<Image>,
    cgroup: u64,
    container: Option<Arc<Container>>,
) -> Process {
    let parent = image.exec.parent;
    Process {
        key,
        parent: (parent.pid != 0 && parent.pid != key.pid).then_some(parent),
        namespace_pid: image.exec.namespace_pid,
        image,
        cgroup,
        container,
        exited: None,
        remote: None,
        remote_time: 0,
    }
}
