//! Which container a process is of, and whether its program is the container's own.

use super::*;
use crate::enrich::container::Runtime;

/// Mount namespace of a container.
const MNT: u32 = 0xF000_1111;

/// Pid namespace of a container.
const PID: u32 = 0xF000_2222;

/// Id as a runtime manager gives it.
const ID: &str = "3f1a9c0d5b7e4f2286aa1e7d9c3b5f10e4d2c6b8a7f9015263748596a0b1c2d3";

/// Control group of the container.
const GROUP: u64 = 77;

/// A command line in these namespaces and on this control group path.
fn inside(line: &str, path: &str, mnt: u32, pid: u32) -> Exec {
    Exec {
        cgroup_path: path.into(),
        namespaces: Namespaces {
            mnt,
            pid,
            ..Namespaces::default()
        },
        ..command(line)
    }
}

fn pod_path() -> String {
    format!("/kubepods/besteffort/pod0b7e3c1a-6a2f-4a55-9d0e-1f2a3b4c5d6e/{ID}")
}

/// Container id, runtime and whether the program is inside.
#[track_caller]
fn check(seen: &Seen, container: Option<(&str, Runtime)>, inside: bool) {
    let found = seen
        .container
        .as_ref()
        .map(|found| (found.id.as_str(), found.runtime));
    assert_eq!(found, container);
    assert_eq!(seen.in_container, inside, "inside");
}

/// A runtime's own process 10, and 11 made by it, as `runc` and `runc init`.
fn runtime() -> Node {
    let mut node = Node::new();
    node.run(1, 10, "/usr/bin/runc run c");
    node.run(10, 11, "/usr/bin/runc init");
    node
}

/// The node, after `runc init` has become the first program of a container on this path.
fn started(path: &str) -> (Node, Seen) {
    let mut node = runtime();
    let first = Exec {
        parent: key(10),
        ..inside("/sbin/app", path, MNT, PID)
    };
    let seen = node.exec_in(GROUP, key(11), first);
    (node, seen)
}

#[test]
fn a_path_tells_container_and_pod() {
    let (_, seen) = started(&pod_path());
    check(&seen, Some((ID, Runtime::Containerd)), true);
    let pod = seen
        .container
        .as_ref()
        .and_then(|found| found.pod_uid.as_deref());
    assert_eq!(pod, Some("0b7e3c1a-6a2f-4a55-9d0e-1f2a3b4c5d6e"));
}

#[test]
fn a_moved_process_in_new_namespaces_is_a_container() {
    let (mut node, seen) = started("/user.slice/my-box");
    let container = Some(("my-box", Runtime::Unknown));
    check(&seen, container, true);
    // Its descendants are in it too.
    node.fork_in(GROUP, key(11), key(12));
    let child = Exec {
        parent: key(11),
        ..inside("/bin/child", "/user.slice/my-box", MNT, PID)
    };
    check(&node.exec_in(GROUP, key(12), child), container, true);
}

#[test]
fn a_service_is_no_container() {
    // `PrivateTmp=`: another control group and mount namespace, but the node's processes.
    let mut node = runtime();
    let service = inside(
        "/usr/sbin/cron",
        "/system.slice/cron.service",
        MNT,
        NODE_PID,
    );
    check(&node.exec_in(GROUP, key(11), service), None, false);
    // A browser's sandbox: own namespaces, but where it was.
    let sandbox = inside("/usr/bin/browser", "/system.slice/a.service", MNT, PID);
    check(&node.exec(10, sandbox), None, false);
    // A session: moved, in the node's namespaces.
    let session = inside("/bin/bash", "/user.slice/s-1.scope", NODE_MNT, NODE_PID);
    check(&node.exec_in(GROUP + 1, key(10), session), None, false);
}

#[test]
fn a_runtime_in_the_containers_control_group_is_not_inside() {
    let path = pod_path();
    let container = Some((ID, Runtime::Containerd));
    let mut node = runtime();
    let init = Exec {
        parent: key(10),
        ..inside("/usr/bin/runc init", &path, NODE_MNT, NODE_PID)
    };
    check(&node.exec_in(GROUP, key(11), init), container, false);
    // The runtime itself may have its own mount namespace (a service, a snap).
    let mut node = Node::new();
    node.exec(
        10,
        inside(
            "/usr/bin/runc run c",
            "/system.slice/a.service",
            MNT + 1,
            NODE_PID,
        ),
    );
    let init = Exec {
        parent: key(10),
        ..inside("/usr/bin/runc init", &path, MNT + 1, NODE_PID)
    };
    check(&node.exec_in(GROUP, key(11), init), container, false);
    let first = Exec {
        parent: key(10),
        ..inside("/sbin/app", &path, MNT, PID)
    };
    check(&node.exec_in(GROUP, key(11), first), container, true);
}

#[test]
fn a_process_that_enters_later_is_inside() {
    for (path, id, kind) in [
        (pod_path().as_str(), ID, Runtime::Containerd),
        ("/user.slice/my-box", "my-box", Runtime::Unknown),
    ] {
        let (mut node, _) = started(path);
        node.run(1, 20, "/usr/bin/runc exec c");
        node.run(20, 21, "/usr/bin/runc init");
        let entered = Exec {
            parent: key(20),
            ..inside("/bin/sh", path, MNT, PID)
        };
        check(
            &node.exec_in(GROUP, key(21), entered),
            Some((id, kind)),
            true,
        );
    }
}

#[test]
fn a_container_older_than_the_sensor_is_found_when_it_is_entered() {
    let path = "/user.slice/my-box";
    let mut node = Node::new();
    node.enricher
        .seed(key(5), inside("/sbin/app", path, MNT, PID), GROUP, None);
    node.run(1, 20, "/usr/bin/runc exec c");
    let entered = Exec {
        parent: key(1),
        ..inside("/bin/sh", path, MNT, PID)
    };
    node.exec_in(GROUP, key(20), entered);
    // The children of its old processes are inside, too.
    node.fork_in(GROUP, key(5), key(6));
    let child = Exec {
        parent: key(5),
        ..inside("/bin/child", path, MNT, PID)
    };
    let container = Some(("my-box", Runtime::Unknown));
    check(&node.exec_in(GROUP, key(6), child), container, true);
}

#[test]
fn control_groups_that_a_container_makes_are_its_own() {
    for (path, id, kind) in [
        (pod_path().as_str(), ID, Runtime::Containerd),
        ("/user.slice/my-box", "my-box", Runtime::Unknown),
    ] {
        let (mut node, _) = started(path);
        node.fork_in(GROUP, key(11), key(12));
        let below = format!("{path}/system.slice/cron.service");
        let service = Exec {
            parent: key(11),
            ..inside("/usr/sbin/cron", &below, MNT, PID)
        };
        let seen = node.exec_in(GROUP + 1, key(12), service);
        check(&seen, Some((id, kind)), true);
    }
}

#[test]
fn control_groups_are_bounded() {
    let mut node = Node::new();
    for cgroup in 1..70_000 {
        node.enricher.learn_cgroup(cgroup, &Text::from("/a"));
    }
    assert!(node.enricher.sizes().cgroups <= 65_536);
}
