//! Which container each control group is, learned from the paths that execs carry.

use std::{collections::HashMap, sync::Arc};

use super::{
    Container, Image,
    container::{self, Runtime},
};
use crate::event::{Exec, Text};

/// Control groups remembered: ten times those of a node with 500 pods. When there are more, all are
/// forgotten; the next exec in each brings it back.
const CGROUPS_MAX: usize = 65_536;

/// Containers by control group.
#[derive(Debug, Default)]
pub(super) struct Containers {
    known: HashMap<u64, Option<Arc<Container>>>,
}

/// Inode number of the initial pid namespace, the same on every kernel (`PROC_PID_INIT_INO` in
/// `include/linux/proc_ns.h`).
const INITIAL_PID_NAMESPACE: u32 = 0xEFFF_FFFC;

impl Containers {
    /// The container of a control group, as far as known.
    pub(super) fn get(&self, cgroup: u64) -> Option<&Arc<Container>> {
        self.known.get(&cgroup)?.as_ref()
    }

    /// Whether anything is known about a control group.
    pub(super) fn knows(&self, cgroup: u64) -> bool {
        self.known.contains_key(&cgroup)
    }

    /// Control groups remembered.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Learns a control group from its path.
    pub(super) fn learn(&mut self, cgroup: u64, path: &Text) {
        if !self.knows(cgroup) {
            self.remember(cgroup, container::parse(path.as_bytes()));
        }
    }

    /// Learns from an exec. Where the path tells nothing, the deed does: a process that was moved
    /// into another control group, and into mount and pid namespaces that are not the node's,
    /// between two execs, is the first process of a container (runc and others with free names).
    /// One that was moved within its pid namespace is in a control group that its container made
    /// for itself (systemd in a container).
    pub(super) fn learn_from_exec(
        &mut self,
        cgroup: u64,
        exec: &Exec,
        before: Option<&Image>,
        node_mount_namespace: u32,
    ) {
        self.learn(cgroup, &exec.cgroup_path);
        let Some(before) = before.filter(|before| before.cgroup != 0 && before.cgroup != cgroup)
        else {
            return;
        };
        let isolated = exec.namespaces.mnt != node_mount_namespace
            && exec.namespaces.pid != INITIAL_PID_NAMESPACE;
        if !isolated || self.get(cgroup).is_some() {
            return;
        }
        let outer = self
            .get(before.cgroup)
            .filter(|_| before.exec.namespaces.pid == exec.namespaces.pid)
            .map(|outer| Container::clone(outer));
        let container = outer.or_else(|| {
            let id = String::from_utf8_lossy(exec.cgroup_path.base_name()).into_owned();
            (!id.is_empty()).then_some(Container {
                id,
                runtime: Runtime::Unknown,
                pod_uid: None,
            })
        });
        self.remember(cgroup, container);
    }

    fn remember(&mut self, cgroup: u64, container: Option<Container>) {
        if self.known.len() >= CGROUPS_MAX {
            self.known.clear();
        }
        self.known.insert(cgroup, container.map(Arc::new));
    }
}
