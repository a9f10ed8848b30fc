//! The processes that were there before the sensor, from `/proc`.
//!
//! Times are less precise than the kernel programs': `/proc` gives starts in clock ticks, rounded
//! down. [`Scan::tick`] is the length of one; two starts are the same when they are in one tick.

mod links;
mod sockets;
mod stat;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use sensor_common::limits::{ARGS_MAX, ENVIRONMENT_MAX};
use sockets::Sockets;
use stat::{Stat, Status};

use super::{
    cgroups::{Hierarchy, cgroup_file},
    files::{decimal, live_link, read_limited, read_or_empty},
};
use crate::event::{Exec, ProcessKey, Text, watched_environment};

/// Processes that a scan keeps: six times Linux's default limit of pids.
const PROCESSES_MAX: usize = 200_000;

/// Bytes read of `stat` and `status`: they have one or two KiB.
const SMALL_FILE_MAX: u64 = 64 * 1024;

/// Nanoseconds per second.
const SECOND: u64 = 1_000_000_000;

/// A process as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Identity; the start is rounded down to a clock tick.
    pub key: ProcessKey,
    /// The program, as its exec would have shown it. Unknown: the asked path, the interpreter,
    /// whether the file is from an overlay's upper layer; empty where not readable. Kernel threads
    /// have no executable.
    pub exec: Exec,
    /// kernfs id of the control group, 0 when unknown.
    pub cgroup_id: u64,
}

/// What a look at all processes found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The processes.
    pub processes: Vec<Snapshot>,
    /// Processes left out because there were more than the limit.
    pub dropped: u64,
    /// Length of a clock tick, nanoseconds.
    pub tick: u64,
}

impl Scan {
    /// A start as the kernel programs give it, as a scan would have given it.
    #[must_use]
    pub fn rounded(&self, start_time: u64) -> u64 {
        start_time - start_time.checked_rem(self.tick).unwrap_or_default()
    }
}

/// Looks at all processes below `proc_root`. Those that vanish meanwhile are left out.
#[must_use]
pub fn scan(proc_root: &Path, hierarchy: Option<&Hierarchy>) -> Scan {
    scan_up_to(PROCESSES_MAX, proc_root, hierarchy)
}

fn scan_up_to(limit: usize, proc_root: &Path, hierarchy: Option<&Hierarchy>) -> Scan {
    let tick = SECOND / rustix::param::clock_ticks_per_second().max(1);
    let mut scan = Scan {
        tick,
        ..Scan::default()
    };
    let mut reader = Reader {
        root: proc_root.to_owned(),
        tick,
        hierarchy,
        sockets: Sockets::default(),
        cgroup_ids: HashMap::new(),
    };
    let Ok(entries) = proc_root.read_dir() else {
        return scan;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if scan.processes.len() >= limit {
            scan.dropped += 1;
        } else {
            scan.processes.extend(reader.process(pid));
        }
    }
    link_parents(&mut scan.processes);
    scan
}

/// Completes the parents' identities, of which a process only tells the pid.
fn link_parents(processes: &mut [Snapshot]) {
    let starts: HashMap<u32, u64> = processes
        .iter()
        .map(|process| (process.key.pid, process.key.start_time))
        .collect();
    for process in processes {
        let parent = &mut process.exec.parent;
        parent.start_time = starts.get(&parent.pid).copied().unwrap_or_default();
    }
}

/// Reads processes; remembers what they share.
struct Reader<'a> {
    root: PathBuf,
    tick: u64,
    hierarchy: Option<&'a Hierarchy>,
    sockets: Sockets,
    /// Bounded by the number of processes.
    cgroup_ids: HashMap<Vec<u8>, u64>,
}

impl Reader<'_> {
    /// The process `pid`, `None` when it is gone.
    fn process(&mut self, pid: u32) -> Option<Snapshot> {
        let directory = self.root.join(pid.to_string());
        let stat = read_stat(&directory)?;
        let (cgroup_path, cgroup_id) = self.cgroup(pid);
        let exec = self.exec(pid, &directory, &stat, cgroup_path);
        // The pid may have gone to another process while it was read.
        let same = read_stat(&directory)?.start_ticks == stat.start_ticks;
        let start_time = stat.start_ticks.saturating_mul(self.tick);
        same.then_some(Snapshot {
            key: ProcessKey { pid, start_time },
            exec,
            cgroup_id,
        })
    }

    fn exec(&mut self, pid: u32, directory: &Path, stat: &Stat, cgroup_path: Text) -> Exec {
        let status = Status::parse(&read_or_empty(&directory.join("status"), SMALL_FILE_MAX));
        let (args, args_cut) = arguments(directory);
        let (executable, file) = links::executable(directory);
        let namespaces = links::namespaces(directory);
        let mut credentials = status.credentials;
        credentials.login_uid = login_uid(directory);
        Exec {
            parent: ProcessKey {
                pid: stat.parent,
                start_time: 0,
            },
            old_tid: pid,
            namespace_pid: status.namespace_pid.unwrap_or(pid),
            args,
            args_cut,
            executable,
            path_cut: false,
            cwd: live_link(&directory.join("cwd")).0.into(),
            asked: Text::default(),
            interpreter: Text::default(),
            cgroup_path,
            environment: watched_environment(&read_or_empty(
                &directory.join("environ"),
                ENVIRONMENT_MAX as u64,
            )),
            file,
            credentials,
            tty: stat.tty.as_str().into(),
            session: stat.session,
            stdio: [0, 1, 2]
                .map(|number| links::stdio(directory, number, namespaces.net, &mut self.sockets)),
            namespaces,
        }
    }

    /// Path and id of the control group of a process.
    fn cgroup(&mut self, pid: u32) -> (Text, u64) {
        let Some(hierarchy) = self.hierarchy else {
            return (Text::default(), 0);
        };
        let file = cgroup_file(&self.root, &pid.to_string());
        let Some(path) = hierarchy.path_in(&file) else {
            return (Text::default(), 0);
        };
        let text = Text::from(path.as_slice());
        let id = *self
            .cgroup_ids
            .entry(path)
            .or_insert_with_key(|path| hierarchy.id_of(path));
        (text, id)
    }
}

/// Effective capabilities of the sensor itself, bit n is capability n.
#[must_use]
pub fn own_capabilities(proc_root: &Path) -> u64 {
    let text = read_or_empty(&proc_root.join("self/status"), SMALL_FILE_MAX);
    Status::parse(&text).credentials.capabilities
}

fn read_stat(directory: &Path) -> Option<Stat> {
    Stat::parse(
        &read_limited(&directory.join("stat"), SMALL_FILE_MAX)
            .ok()?
            .0,
    )
}

/// The arguments, and whether some are missing.
fn arguments(directory: &Path) -> (Vec<Text>, bool) {
    let limit = u64::try_from(ARGS_MAX).unwrap_or(u64::MAX);
    let (text, cut) = read_limited(&directory.join("cmdline"), limit).unwrap_or_default();
    let text = text.strip_suffix(b"\0").unwrap_or(&text);
    if text.is_empty() {
        return (Vec::new(), cut);
    }
    (text.split(|byte| *byte == 0).map(Text::from).collect(), cut)
}

/// The user who logged in; `None` when there was none, or the kernel does not keep it.
fn login_uid(directory: &Path) -> Option<u32> {
    let text = read_or_empty(&directory.join("loginuid"), SMALL_FILE_MAX);
    let uid = u32::try_from(decimal(text.trim_ascii())?).ok()?;
    (uid != u32::MAX).then_some(uid)
}

#[cfg(test)]
mod tests;
