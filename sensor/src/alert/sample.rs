//! Observations and alerts for tests.

use std::{net::IpAddr, sync::Arc};

use super::{Alert, Context, Ids, Node};
use crate::{
    detect::{Detection, Matched, Rule, Severity},
    enrich::{self, Image, LinkKind, Observation, ShellLink, container::Runtime},
    event::{
        Body, Credentials, Event, Exec, ExecutableFile, Namespaces, Origin, ProcessKey, Stdio, Text,
    },
};

/// When the sample machine booted: 2026-01-01T00:00:00Z.
pub(crate) const BOOT_TIME: u64 = 1_767_225_600_000_000_000;

/// Time of the sample event, nanoseconds since boot.
pub(crate) const EVENT_TIME: u64 = 5_000_000_123;

/// What an observation borrows.
pub(crate) struct World {
    pub(crate) event: Event,
    pub(crate) process: enrich::Process,
    pub(crate) ancestors: Vec<Arc<enrich::Process>>,
    pub(crate) container: Option<Arc<enrich::Container>>,
    pub(crate) shell_link: Option<ShellLink>,
}

impl World {
    /// A shell in a container of a pod whose input and output are a TCP socket.
    pub(crate) fn reverse_shell() -> Self {
        let peer = (IpAddr::from([203, 0, 113, 7]), 4444);
        let socket = Stdio::Inet {
            inode: 7001,
            socket_type: 1,
            protocol: 6,
            local: (IpAddr::from([10, 244, 0, 9]), 41822),
            peer: Some(peer),
        };
        let shell = Exec {
            stdio: [socket.clone(), socket.clone(), socket],
            tty: Text::default(),
            ..exec("/usr/bin/bash", &["bash", "-i"])
        };
        let container = Arc::new(enrich::Container {
            id: "3f1a9c0d5b7e4f2286aa1e7d9c3b5f10e4d2c6b8a7f9015263748596a0b1c2d3".to_owned(),
            runtime: Runtime::Containerd,
            pod_uid: Some("0b7e3c1a-6a2f-4a55-9d0e-1f2a3b4c5d6e".to_owned()),
        });
        let process = process(4711, shell.clone(), Some(&container));
        let link = ShellLink {
            via: LinkKind::Socket,
            shell: process.key,
            shell_command_line: "bash -i".to_owned(),
            relay: process.key,
            relay_image: "/usr/bin/bash".to_owned(),
            relay_command_line: "bash -i".to_owned(),
            remote: Some(peer),
        };
        World {
            event: event(process.key, Body::Exec(Box::new(shell))),
            ancestors: vec![
                Arc::new(process_of(
                    4690,
                    "/usr/local/bin/node",
                    &["node", "server.js"],
                    &container,
                )),
                Arc::new(self::process(
                    4660,
                    exec(
                        "/usr/bin/containerd-shim-runc-v2",
                        &["containerd-shim-runc-v2"],
                    ),
                    None,
                )),
                Arc::new(self::process(
                    1,
                    exec("/usr/lib/systemd/systemd", &["/sbin/init"]),
                    None,
                )),
            ],
            process,
            container: Some(container),
            shell_link: Some(link),
        }
    }

    /// The same process does something else, without a shell link.
    pub(crate) fn doing(body: Body) -> Self {
        let mut world = World::reverse_shell();
        world.event.body = body;
        world.shell_link = None;
        world
    }

    pub(crate) fn observation(&self) -> Observation<'_> {
        Observation {
            event: &self.event,
            process: &self.process,
            ancestors: &self.ancestors,
            container: self.container.as_ref(),
            in_container: self.container.is_some(),
            shell_link: self.shell_link.clone(),
        }
    }

    /// The alert for `detection`, with a fixed id.
    pub(crate) fn alert(&self, detection: &Detection) -> Alert {
        let context = context();
        let id = Ids::new(1).next(context.time(EVENT_TIME));
        Alert::new(&self.observation(), detection, &context, id)
    }
}

pub(crate) fn context() -> Context {
    let node = Node {
        name: "worker-1".to_owned(),
        kernel: "6.12.0".to_owned(),
        boot_id: "5f0c2f0e-8f5b-4a43-8d0b-6d9a2f1f7c11".to_owned(),
    };
    Context {
        node,
        boot_time: BOOT_TIME,
    }
}

pub(crate) fn detection(alert_type: &str, severity: Severity) -> Detection {
    let rule = Rule {
        id: format!("id of {alert_type}"),
        file: "execution/reverse_shell.yml".to_owned(),
        alert_type: alert_type.to_owned(),
        title: "Possible reverse shell detected".to_owned(),
        description: "A shell's input and output are connected to a remote machine.".to_owned(),
        severity,
        tactics: vec!["Execution".to_owned(), "Exfiltration".to_owned()],
        techniques: vec!["T1059.004".to_owned()],
        remediation: "Look at the remote address; stop the pod; rotate its secrets.".to_owned(),
    };
    let matched = Matched {
        selection: "shell_on_socket".to_owned(),
        field: Some("ShellLinkVia".to_owned()),
        value: Some("socket".to_owned()),
    };
    Detection {
        rule: Arc::new(rule),
        matched: vec![matched],
    }
}

pub(crate) fn exec(executable: &str, args: &[&str]) -> Exec {
    Exec {
        parent: ProcessKey {
            pid: 4690,
            start_time: 4_000_000_000,
        },
        old_tid: 0,
        namespace_pid: 12,
        args: args.iter().map(|arg| Text::from(*arg)).collect(),
        args_cut: false,
        executable: Text::from(executable),
        path_cut: false,
        cwd: Text::from("/app"),
        asked: Text::from(executable),
        interpreter: Text::default(),
        cgroup_path: Text::default(),
        environment: Vec::new(),
        file: ExecutableFile {
            inode: 99,
            device: 8 << 20 | 1,
            mode: 0o100_755,
            ..Default::default()
        },
        credentials: Credentials {
            capabilities: 1 << 7,
            ..Credentials::default()
        },
        tty: Text::from("pts0"),
        session: 12,
        namespaces: Namespaces::default(),
        stdio: [
            Stdio::Closed,
            Stdio::Pipe {
                inode: 5,
                named: false,
            },
            Stdio::Device {
                device: 1 << 20 | 3,
            },
        ],
    }
}

fn process_of(
    pid: u32,
    executable: &str,
    args: &[&str],
    container: &Arc<enrich::Container>,
) -> enrich::Process {
    process(pid, exec(executable, args), Some(container))
}

pub(crate) fn process(
    pid: u32,
    exec: Exec,
    container: Option<&Arc<enrich::Container>>,
) -> enrich::Process {
    let image = Image {
        cgroup: 0,
        command_line: enrich::command_line(&exec.args),
        user: Some("root".to_owned()),
        in_container: container.is_some(),
        time: 4_500_000_000,
        exec,
    };
    enrich::Process {
        key: ProcessKey {
            pid,
            start_time: 4_000_000_000,
        },
        parent: None,
        namespace_pid: 12,
        image: Arc::new(image),
        cgroup: 77,
        container: container.cloned(),
        exited: None,
        remote: None,
        remote_time: 0,
    }
}

pub(crate) fn event(process: ProcessKey, body: Body) -> Event {
    let origin = Origin {
        time: EVENT_TIME,
        cpu: 0,
        sequence: 1,
        process,
        tid: process.pid,
        cgroup: 77,
        uid: 0,
        gid: 0,
        mnt_ns: 1,
        pid_ns: 2,
        comm: Text::from("bash"),
    };
    Event { origin, body }
}
