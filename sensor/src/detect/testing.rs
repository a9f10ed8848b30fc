//! Observations for tests.

use std::sync::Arc;

use crate::{
    enrich::{
        Container, Image, Observation, Process, command_line, container::Runtime,
        facts::testing::exec,
    },
    event::{Body, Connect, Destination, Event, Exec, Open, Origin, ProcessKey, Text},
};

/// What an observation borrows from.
pub(crate) struct Scene {
    pub(crate) event: Event,
    pub(crate) process: Process,
    pub(crate) ancestors: Vec<Arc<Process>>,
    pub(crate) container: Option<Arc<Container>>,
}

impl Scene {
    /// The exec of a program.
    pub(crate) fn exec(executable: &str, args: &[&str]) -> Self {
        let exec = exec(executable, args);
        Scene {
            event: event(Body::Exec(Box::new(exec.clone()))),
            process: process(exec),
            ancestors: vec![Arc::new(process(self::exec("/usr/bin/bash", &["bash"])))],
            container: None,
        }
    }

    /// An open by a program.
    pub(crate) fn open(executable: &str, path: &str, flags: i32) -> Self {
        let body = Body::Open(Open {
            path: path.into(),
            path_cut: false,
            flags: flags.cast_unsigned(),
            created: false,
            create_mode: None,
            inode: 1,
            device: 1,
            mode: 0o100_644,
            owner: 0,
            size: 0,
        });
        Scene {
            event: event(body),
            ..Scene::exec(executable, &[executable])
        }
    }

    /// A connect by a program.
    pub(crate) fn connect(executable: &str, ip: &str, port: u16) -> Self {
        let body = Body::Connect(Connect {
            destination: Destination::Inet(ip.parse().unwrap(), port),
            socket_type: 1,
            protocol: 6,
            errno: None,
        });
        Scene {
            event: event(body),
            ..Scene::exec(executable, &[executable])
        }
    }

    /// The same in a container.
    pub(crate) fn contained(mut self) -> Self {
        self.container = Some(Arc::new(Container {
            id: "c0ffee".into(),
            runtime: Runtime::Containerd,
            pod_uid: None,
        }));
        self
    }

    pub(crate) fn at(mut self, seconds: u64) -> Self {
        self.event.origin.time = seconds * 1_000_000_000;
        self
    }

    pub(crate) fn observation(&self) -> Observation<'_> {
        Observation {
            event: &self.event,
            process: &self.process,
            ancestors: &self.ancestors,
            container: self.container.as_ref(),
            in_container: self.container.is_some(),
            shell_link: None,
        }
    }
}

const KEY: ProcessKey = ProcessKey {
    pid: 100,
    start_time: 1,
};

fn event(body: Body) -> Event {
    Event {
        origin: Origin {
            time: 0,
            cpu: 0,
            sequence: 0,
            process: KEY,
            tid: 100,
            cgroup: 0,
            uid: 0,
            gid: 0,
            mnt_ns: 0,
            pid_ns: 0,
            comm: Text::default(),
        },
        body,
    }
}

fn process(exec: Exec) -> Process {
    let command_line = command_line(&exec.args);
    Process {
        key: KEY,
        parent: None,
        namespace_pid: 100,
        image: Arc::new(Image {
            exec,
            command_line,
            user: Some("root".into()),
            in_container: false,
            time: 0,
            cgroup: 0,
        }),
        cgroup: 0,
        container: None,
        exited: None,
        remote: None,
        remote_time: 0,
    }
}
