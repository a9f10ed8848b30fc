//! The state behind enrichment, and what an event does to it.

use std::sync::Arc;

use super::{
    Ancestors, Container, Image, Observation, Process, ProcessTable, ShellLink,
    containers::Containers, links::Pipes, process::command_line, table::process_of,
};
use crate::event::{Body, Connect, Destination, Event, Exec, Fork, Origin, ProcessKey, Text};

/// Looks up the name of a user for a process: (process id, mount namespace, user id).
pub type UserNames<'a> = &'a mut dyn FnMut(u32, u32, u32) -> Option<String>;

/// What an event is about, owned; lends itself to an [`Observation`].
#[derive(Debug)]
pub struct Subject {
    process: Arc<Process>,
    ancestors: Ancestors,
    container: Option<Arc<Container>>,
    shell_link: Option<ShellLink>,
}

impl Subject {
    /// The observation of `event`.
    #[must_use]
    pub fn observe<'a>(&'a self, event: &'a Event) -> Observation<'a> {
        Observation {
            event,
            process: &self.process,
            ancestors: &self.ancestors,
            container: self.container.as_ref(),
            in_container: self.process.image.in_container,
            shell_link: self.shell_link.clone(),
        }
    }
}

/// Sizes of the tables, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Processes.
    pub processes: usize,
    /// Control groups.
    pub cgroups: usize,
    /// Pipes.
    pub pipes: usize,
    /// Processes forgotten for lack of room, in all.
    pub forgotten: u64,
}

/// Processes, containers and pipes of this node.
#[derive(Debug, Default)]
pub struct Enricher {
    table: ProcessTable,
    containers: Containers,
    pipes: Pipes,
    node_mount_namespace: u32,
}

impl Enricher {
    /// Nothing known yet but the node's own mount namespace: what runs in it is in no container.
    #[must_use]
    pub fn new(node_mount_namespace: u32) -> Self {
        Enricher {
            node_mount_namespace,
            ..Enricher::default()
        }
    }

    /// Every process, to begin a recording with.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.table.iter()
    }

    /// Takes in a control group of a recording.
    pub fn learn_cgroup(&mut self, cgroup: u64, path: &Text) {
        self.containers.learn(cgroup, path);
    }

    /// Takes in a process of a recording; `make` gets the container of its control group.
    pub fn restore(
        &mut self,
        cgroup: u64,
        cgroup_path: &Text,
        make: impl FnOnce(Option<Arc<Container>>) -> Process,
    ) {
        self.containers.learn(cgroup, cgroup_path);
        let process = make(self.containers.get(cgroup).cloned());
        self.take_in(process);
    }

    /// Takes in a process that is older than the sensor.
    pub fn seed(&mut self, key: ProcessKey, exec: Exec, cgroup: u64, user: Option<String>) {
        if cgroup != 0 {
            self.containers.learn(cgroup, &exec.cgroup_path);
        }
        let image = self.image(exec, cgroup, key.start_time, user);
        let container = self.containers.get(cgroup).cloned();
        self.take_in(process_of(key, Arc::new(image), cgroup, container));
    }

    /// Remembers a process that was there before.
    fn take_in(&mut self, process: Process) {
        self.pipes.note(&process);
        self.table.insert(process);
    }

    /// Sizes of the tables.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        Sizes {
            processes: self.table.len(),
            cgroups: self.containers.len(),
            pipes: self.pipes.len(),
            forgotten: self.table.forgotten(),
        }
    }

    /// Takes in an event. What rules can match is returned as a subject; forks and exits are not.
    pub fn apply(&mut self, event: &Event, users: UserNames<'_>) -> Option<Subject> {
        let origin = &event.origin;
        match &event.body {
            Body::Fork(fork) => {
                self.fork(origin, fork);
                None
            }
            Body::Exit(_) => {
                self.table.exit(origin.process, origin.time);
                None
            }
            Body::Exec(exec) => Some(self.exec(origin, exec, users)),
            Body::Connect(connect) => Some(self.connect(origin, connect)),
            Body::ExecFailed(_) | Body::Open(_) | Body::Namespace(_) => {
                let process = self.actor(origin);
                Some(self.subject(origin, process, None))
            }
        }
    }

    /// Whether a program was started from inside a container: in its control group, and in a mount
    /// namespace that is neither the node's nor that of a parent outside, as is the case with a
    /// runtime that has already put itself into the control group to set the container up.
    fn starts_inside(&self, exec: &Exec, cgroup: u64, parent: Option<&Process>) -> bool {
        let Some(container) = self.containers.get(cgroup) else {
            return false;
        };
        let set_up = parent.is_some_and(|parent| {
            // What its control group is may have become known after the parent did.
            self.containers.get(parent.cgroup) != Some(container)
                && parent.image.exec.namespaces.mnt == exec.namespaces.mnt
        });
        exec.namespaces.mnt != self.node_mount_namespace && !set_up
    }

    fn image(&self, exec: Exec, cgroup: u64, time: u64, user: Option<String>) -> Image {
        let parent = self.table.get(exec.parent).map(AsRef::as_ref);
        Image {
            in_container: self.starts_inside(&exec, cgroup, parent),
            command_line: command_line(&exec.args),
            user,
            time,
            cgroup,
            exec,
        }
    }

    /// The acting process; one that is not known becomes so, if only by what every event tells.
    fn actor(&mut self, origin: &Origin) -> Arc<Process> {
        if let Some(known) = self.table.get(origin.process) {
            return Arc::clone(known);
        }
        let exec = Exec {
            args: vec![origin.comm.clone()],
            ..Exec::default()
        };
        let image = self.image(exec, origin.cgroup, origin.time, None);
        let container = self.containers.get(origin.cgroup).cloned();
        let process = process_of(origin.process, Arc::new(image), origin.cgroup, container);
        let process = Arc::new(process);
        self.table.insert(Arc::clone(&process));
        process
    }

    fn fork(&mut self, origin: &Origin, fork: &Fork) {
        let parent = self.actor(origin);
        let child = Process {
            key: fork.child,
            parent: Some(parent.key),
            namespace_pid: fork.child_namespace_pid,
            image: Arc::clone(&parent.image),
            cgroup: fork.child_cgroup,
            container: self.containers.get(fork.child_cgroup).cloned(),
            exited: None,
            remote: parent.remote,
            remote_time: parent.remote_time,
        };
        self.table.insert(child);
    }

    fn exec(&mut self, origin: &Origin, exec: &Exec, users: UserNames<'_>) -> Subject {
        let before = self.table.get(origin.process).cloned();
        let image_before = before.as_ref().map(|process| process.image.as_ref());
        self.containers.learn_from_exec(
            origin.cgroup,
            exec,
            image_before,
            self.node_mount_namespace,
        );
        let user = users(
            origin.process.pid,
            exec.namespaces.mnt,
            exec.credentials.effective_uid,
        );
        let image = self.image(exec.clone(), origin.cgroup, origin.time, user);
        let container = self.containers.get(origin.cgroup).cloned();
        let mut process = process_of(origin.process, Arc::new(image), origin.cgroup, container);
        // The parent at the fork is the one that did it; by now it may have died and been replaced.
        // A connection of the program before does not count as one of the new program, unless it is
        // on a standard descriptor.
        if let Some(before) = before {
            process.parent = before.parent.or(process.parent);
        }
        self.pipes.note(&process);
        let link = self.pipes.link(&self.table, &process, origin.time);
        let process = Arc::new(process);
        self.table.insert(Arc::clone(&process));
        self.subject(origin, process, link)
    }

    fn connect(&mut self, origin: &Origin, connect: &Connect) -> Subject {
        let mut process = self.actor(origin);
        let mut link = None;
        if let Destination::Inet(address, port) = connect.destination
            && i32::from(connect.socket_type) == libc::SOCK_STREAM
        {
            let changed = Arc::make_mut(&mut process);
            changed.remote = Some((address, port));
            changed.remote_time = origin.time;
            self.table.insert(Arc::clone(&process));
            link = self.pipes.link(&self.table, &process, origin.time);
        }
        self.subject(origin, process, link)
    }

    /// What the event is about. The process is not looked up again: it is the one that did it, even
    /// if the table is full and has not taken it.
    fn subject(
        &self,
        origin: &Origin,
        process: Arc<Process>,
        shell_link: Option<ShellLink>,
    ) -> Subject {
        let container = if self.containers.knows(origin.cgroup) {
            self.containers.get(origin.cgroup).cloned()
        } else {
            process.container.clone()
        };
        Subject {
            ancestors: self.table.ancestors(&process),
            process,
            container,
            shell_link,
        }
    }
}
