//! Scenes of a node, told as its kernel would: who forks, runs what, connects and ends.

mod containers;
mod links;
mod processes;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use super::{Ancestors, Container, Enricher, Process, ShellLink, facts::testing};
use crate::event::{
    Body, Connect, Destination, Event, Exec, Exit, Fork, Namespaces, Origin, ProcessKey, Stdio,
    Text,
};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// Inode number of the node's mount namespace.
const NODE_MNT: u32 = 0xF000_0000;

/// Inode number of the node's pid namespace: the same on every kernel.
const NODE_PID: u32 = 0xEFFF_FFFC;

/// A node whose processes run in control group 1 unless they are told otherwise.
struct Node {
    enricher: Enricher,
    now: u64,
}

/// What rules see of an event.
struct Seen {
    process: Process,
    ancestors: Ancestors,
    container: Option<Arc<Container>>,
    in_container: bool,
    link: Option<ShellLink>,
}

/// The process with this pid that started at boot plus as many seconds.
fn key(pid: u32) -> ProcessKey {
    ProcessKey {
        pid,
        start_time: u64::from(pid) * SECOND,
    }
}

/// An exec of this command line, whose first word is the executable's path.
fn command(line: &str) -> Exec {
    let args: Vec<&str> = line.split(' ').collect();
    Exec {
        cgroup_path: "/system.slice/a.service".into(),
        namespaces: Namespaces {
            mnt: NODE_MNT,
            pid: NODE_PID,
            ..Namespaces::default()
        },
        ..testing::exec(args[0], &args)
    }
}

impl Node {
    fn new() -> Self {
        Node {
            enricher: Enricher::new(NODE_MNT),
            now: 1_000_000 * SECOND,
        }
    }

    fn wait(&mut self, nanoseconds: u64) {
        self.now += nanoseconds;
    }

    fn event(&mut self, process: ProcessKey, cgroup: u64, body: Body) -> Option<Seen> {
        self.wait(1_000_000);
        let origin = Origin {
            time: self.now,
            cpu: 0,
            sequence: 0,
            process,
            tid: process.pid,
            cgroup,
            uid: 0,
            gid: 0,
            mnt_ns: 0,
            pid_ns: 0,
            comm: "task".into(),
        };
        let users = &mut |_: u32, _: u32, _: u32| None;
        let event = Event { origin, body };
        let subject = self.enricher.apply(&event, users)?;
        let observation = subject.observe(&event);
        Some(Seen {
            process: observation.process.clone(),
            ancestors: observation.ancestors.to_vec(),
            container: observation.container.cloned(),
            in_container: observation.in_container,
            link: observation.shell_link,
        })
    }

    fn fork_in(&mut self, cgroup: u64, parent: ProcessKey, child: ProcessKey) {
        let fork = Fork {
            child,
            child_namespace_pid: child.pid,
            child_cgroup: cgroup,
        };
        assert!(self.event(parent, cgroup, Body::Fork(fork)).is_none());
    }

    fn fork(&mut self, parent: u32, child: u32) {
        self.fork_in(1, key(parent), key(child));
    }

    fn exec_in(&mut self, cgroup: u64, process: ProcessKey, exec: Exec) -> Seen {
        let body = Body::Exec(Box::new(exec));
        self.event(process, cgroup, body)
            .expect("execs are looked at")
    }

    fn exec(&mut self, pid: u32, exec: Exec) -> Seen {
        self.exec_in(1, key(pid), exec)
    }

    /// Forks a process and lets it run a command line.
    fn run(&mut self, parent: u32, pid: u32, line: &str) -> Seen {
        self.fork(parent, pid);
        let exec = Exec {
            parent: key(parent),
            ..command(line)
        };
        self.exec(pid, exec)
    }

    fn connect(&mut self, pid: u32) -> Seen {
        let connect = Connect {
            destination: Destination::Inet(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 4444),
            socket_type: 1,
            protocol: 6,
            errno: None,
        };
        self.event(key(pid), 1, Body::Connect(connect))
            .expect("connects are looked at")
    }

    fn exit(&mut self, pid: u32) {
        assert!(
            self.event(key(pid), 1, Body::Exit(Exit { status: 0 }))
                .is_none()
        );
    }
}
