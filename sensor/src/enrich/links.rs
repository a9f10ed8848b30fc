//! How shells are wired to the network: by a socket of their own, or through pipes and socket pairs
//! to a process that has one.

use std::collections::{HashMap, VecDeque};

use super::{LinkKind, Process, ProcessTable, ShellLink, facts};
use crate::event::{ProcessKey, Stdio};

/// Pipes remembered. A node has a few per container and per running pipeline; the oldest go first.
const PIPES_MAX: usize = 16_384;

/// Processes remembered at one end of a pipe: a pipeline has one or two.
const ENDS_MAX: usize = 8;

/// How long a dead process still counts as an end, nanoseconds: parts of a pipeline start and end
/// in any order.
const DEAD_FOR: u64 = 10_000_000_000;

/// How long before a shell its parent asked for the connection, nanoseconds: one that is made to
/// carry a shell is made right before it. Servers that start shells connected long ago.
const JUST_NOW: u64 = 5_000_000_000;

/// Who has a pipe on its standard descriptors.
#[derive(Debug, Default)]
struct Ends {
    readers: Vec<ProcessKey>,
    writers: Vec<ProcessKey>,
}

/// The pipes of all processes' standard descriptors.
#[derive(Debug, Default)]
pub(super) struct Pipes {
    ends: HashMap<u64, Ends>,
    order: VecDeque<u64>,
}

fn add(list: &mut Vec<ProcessKey>, key: ProcessKey) {
    if !list.contains(&key) {
        if list.len() == ENDS_MAX {
            list.remove(0);
        }
        list.push(key);
    }
}

/// The pipe behind a descriptor.
fn pipe(stdio: &Stdio) -> Option<u64> {
    match stdio {
        Stdio::Pipe { inode, .. } => Some(*inode),
        _ => None,
    }
}

/// Descriptors 0, 1 and 2 of a process.
fn stdio(process: &Process) -> &[Stdio; 3] {
    &process.image.exec.stdio
}

impl Pipes {
    /// Pipes remembered.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Notes which pipes a process has on its standard descriptors.
    pub(super) fn note(&mut self, process: &Process) {
        let [input, output, error] = stdio(process);
        if let Some(inode) = pipe(input) {
            add(&mut self.ends_mut(inode).readers, process.key);
        }
        for inode in [output, error].into_iter().filter_map(pipe) {
            add(&mut self.ends_mut(inode).writers, process.key);
        }
    }

    fn ends_mut(&mut self, inode: u64) -> &mut Ends {
        if !self.ends.contains_key(&inode) {
            if self.order.len() >= PIPES_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.ends.remove(&oldest);
            }
            self.order.push_back(inode);
        }
        self.ends.entry(inode).or_default()
    }

    fn readers(&self, inode: Option<u64>) -> &[ProcessKey] {
        inode
            .and_then(|inode| self.ends.get(&inode))
            .map_or(&[], |ends| &ends.readers)
    }

    fn writers(&self, inode: Option<u64>) -> &[ProcessKey] {
        inode
            .and_then(|inode| self.ends.get(&inode))
            .map_or(&[], |ends| &ends.writers)
    }

    /// The link of a shell among a process that just started or connected and those it is piped to.
    pub(super) fn link(
        &self,
        table: &ProcessTable,
        process: &Process,
        now: u64,
    ) -> Option<ShellLink> {
        if is_shell(process) {
            if inherits_wiring(table, process) {
                return None;
            }
            return socket_link(process)
                .or_else(|| socket_pair_link(table, process))
                .or_else(|| self.pipe_link(table, process, now))
                .or_else(|| parent_link(table, process, now));
        }
        let [input, output, _] = stdio(process);
        let neighbours = self
            .writers(pipe(input))
            .iter()
            .chain(self.readers(pipe(output)));
        neighbours
            .filter_map(|key| table.get(*key))
            .filter(|other| other.key != process.key && is_shell(other) && is_recent(other, now))
            .find_map(|shell| self.pipe_link(table, shell, now))
    }

    /// A shell whose input comes from, and whose output goes to, a process that can talk for it.
    fn pipe_link(&self, table: &ProcessTable, shell: &Process, now: u64) -> Option<ShellLink> {
        let [input, output, error] = stdio(shell);
        let input = pipe(input)?;
        let others = |keys: &[ProcessKey]| -> Vec<&Process> {
            keys.iter()
                .filter_map(|key| table.get(*key))
                .map(AsRef::as_ref)
                .filter(|other| other.key != shell.key && !is_shell(other) && is_recent(other, now))
                .collect()
        };
        let feeders = others(self.writers(Some(input)));
        let mut takers = others(self.readers(pipe(output)));
        takers.extend(others(self.readers(pipe(error))));
        let in_loop = |taker: &&&Process| feeders.iter().any(|feeder| feeder.key == taker.key);
        let both_ends = feeders.iter().any(|feeder| remote(feeder).is_some());
        let relay = takers
            .iter()
            .find(in_loop)
            // `... < fifo | sh | nc > fifo`: what nc gets goes back by name, through another reader.
            .or_else(|| takers.iter().find(|taker| writes_named_pipe(taker)))
            .or_else(|| {
                takers
                    .iter()
                    .find(|taker| both_ends && remote(taker).is_some())
            })?;
        Some(ShellLink::new(LinkKind::Pipe, shell, relay, remote(relay)))
    }
}

/// Whether a shell is wired just like the shell that started it, which has been found then: each
/// command of a session would be found again.
fn inherits_wiring(table: &ProcessTable, shell: &Process) -> bool {
    let parent = shell.parent.and_then(|key| table.get(key));
    parent.is_some_and(|parent| {
        let [input, output, _] = stdio(parent);
        let [own_input, own_output, _] = stdio(shell);
        is_shell(parent) && input == own_input && output == own_output
    })
}

/// A shell with a connected internet socket as its input, or as both of its outputs.
fn socket_link(shell: &Process) -> Option<ShellLink> {
    let peer = |stdio: &Stdio| match stdio {
        Stdio::Inet {
            inode,
            peer: Some(peer),
            ..
        } => Some((*inode, *peer)),
        _ => None,
    };
    let [input, output, error] = stdio(shell);
    let both_outputs = || {
        let output = peer(output)?;
        (peer(error)? == output).then_some(output)
    };
    let (_, remote) = peer(input).or_else(both_outputs)?;
    Some(ShellLink::new(LinkKind::Socket, shell, shell, Some(remote)))
}

/// A shell with one Unix socket for input and output, from a parent that talks to the network.
fn socket_pair_link(table: &ProcessTable, shell: &Process) -> Option<ShellLink> {
    let [input, output, _] = stdio(shell);
    if !matches!((input, output), (Stdio::Unix { inode: a }, Stdio::Unix { inode: b }) if a == b) {
        return None;
    }
    let parent = table.get(shell.parent?)?;
    let remote = remote(parent)?;
    Some(ShellLink::new(
        LinkKind::SocketPair,
        shell,
        parent,
        Some(remote),
    ))
}

/// A shell that takes its commands from pipes or a terminal of a parent which connected just before:
/// the parent passes on what it reads and writes (socat, pty.spawn, subprocess with pipes).
fn parent_link(table: &ProcessTable, shell: &Process, now: u64) -> Option<ShellLink> {
    let via = match stdio(shell) {
        [Stdio::Pipe { .. }, Stdio::Pipe { .. }, _] => LinkKind::Pipe,
        [Stdio::Terminal { .. }, Stdio::Terminal { .. }, _] => LinkKind::Terminal,
        _ => return None,
    };
    if !facts::reads_commands(&shell.image.exec) {
        return None;
    }
    let parent = table.get(shell.parent?)?;
    let remote = parent.remote?;
    let fresh = now.saturating_sub(parent.remote_time) < JUST_NOW;
    (fresh && !is_shell(parent)).then(|| ShellLink::new(via, shell, parent, Some(remote)))
}

fn is_shell(process: &Process) -> bool {
    facts::is_shell(&process.image.exec)
}

fn is_recent(process: &Process, now: u64) -> bool {
    process
        .exited
        .is_none_or(|exited| now.saturating_sub(exited) < DEAD_FOR)
}

fn writes_named_pipe(process: &Process) -> bool {
    let [_, output, _] = stdio(process);
    matches!(output, Stdio::Pipe { named: true, .. })
}

/// The remote end that a process talks to.
fn remote(process: &Process) -> Option<(std::net::IpAddr, u16)> {
    process.remote.or_else(|| {
        stdio(process).iter().find_map(|stdio| match stdio {
            Stdio::Inet { peer, .. } => *peer,
            _ => None,
        })
    })
}

impl ShellLink {
    fn new(
        via: LinkKind,
        shell: &Process,
        relay: &Process,
        remote: Option<(std::net::IpAddr, u16)>,
    ) -> Self {
        ShellLink {
            via,
            shell: shell.key,
            shell_command_line: shell.image.command_line.clone(),
            relay: relay.key,
            relay_image: relay.image.executable().to_str().into_owned(),
            relay_command_line: relay.image.command_line.clone(),
            remote,
        }
    }
}
