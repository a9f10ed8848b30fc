//! Who a process is and who its ancestors are.

use super::*;
use crate::enrich::ProcessTable;

/// Pids and command lines of the observed process and its ancestors, nearest first.
#[track_caller]
fn check(seen: &Seen, lineage: &[(u32, &str)]) {
    let ancestors = seen.ancestors.iter().map(AsRef::as_ref);
    let found: Vec<(u32, &str)> = std::iter::once(&seen.process)
        .chain(ancestors)
        .map(|process| (process.key.pid, process.image.command_line.as_str()))
        .collect();
    assert_eq!(found, lineage);
}

#[test]
fn ancestors_are_the_forkers_dead_ones_included() {
    let mut node = Node::new();
    node.run(1, 10, "/bin/bash");
    node.run(10, 11, "/bin/dropper");
    node.fork(11, 12);
    node.exit(11);
    node.exit(10);
    // The kernel's parent is by now whoever took the orphan in.
    let orphan = Exec {
        parent: key(1),
        ..command("/bin/miner -x")
    };
    let subject = node.exec(12, orphan);
    check(
        &subject,
        &[
            (12, "/bin/miner -x"),
            (11, "/bin/dropper"),
            (10, "/bin/bash"),
            (1, "task"),
        ],
    );
}

#[test]
fn an_exec_keeps_the_parent_of_the_fork() {
    let mut node = Node::new();
    node.run(1, 10, "/bin/bash");
    node.run(10, 11, "/bin/first");
    let again = Exec {
        parent: key(1),
        ..command("/bin/second")
    };
    let subject = node.exec(11, again);
    check(
        &subject,
        &[(11, "/bin/second"), (10, "/bin/bash"), (1, "task")],
    );
}

#[test]
fn a_reused_pid_is_another_process() {
    let mut node = Node::new();
    node.run(1, 10, "/bin/bash");
    node.run(10, 11, "/bin/old");
    node.fork(11, 12);
    node.exit(11);
    let reused = ProcessKey {
        start_time: key(11).start_time + 7 * SECOND,
        ..key(11)
    };
    node.fork_in(1, key(1), reused);
    let new = Exec {
        parent: key(1),
        ..command("/bin/new")
    };
    let subject = node.exec_in(1, reused, new);
    check(&subject, &[(11, "/bin/new"), (1, "task")]);
    let child = Exec {
        parent: key(11),
        ..command("/bin/child")
    };
    let subject = node.exec(12, child);
    check(
        &subject,
        &[
            (12, "/bin/child"),
            (11, "/bin/old"),
            (10, "/bin/bash"),
            (1, "task"),
        ],
    );
}

#[test]
fn a_process_of_proc_is_known_by_its_exact_start() {
    let exact = ProcessKey {
        pid: 20,
        start_time: 123_456_789_123,
    };
    let rounded = ProcessKey {
        start_time: 123_450_000_000,
        ..exact
    };
    let mut node = Node::new();
    node.enricher
        .seed(rounded, command("/bin/server"), 1, Some("web".to_owned()));
    node.fork_in(1, exact, key(21));
    let child = Exec {
        parent: exact,
        ..command("/bin/child")
    };
    let subject = node.exec(21, child);
    check(&subject, &[(21, "/bin/child"), (20, "/bin/server")]);
    assert_eq!(node.enricher.sizes().processes, 2);
}

#[test]
fn unknown_processes_and_odd_parents_do_no_harm() {
    let mut node = Node::new();
    let own_parent = Exec {
        parent: key(30),
        ..command("/bin/self")
    };
    check(&node.exec(30, own_parent), &[(30, "/bin/self")]);
    check(&node.connect(31), &[(31, "task")]);
    node.exit(32);
    // Two that claim each other.
    for (pid, parent) in [(40, 41), (41, 40)] {
        let exec = Exec {
            parent: key(parent),
            ..command("/bin/loop")
        };
        node.exec(pid, exec);
    }
    check(&node.connect(40), &[(40, "/bin/loop"), (41, "/bin/loop")]);
}

#[test]
fn a_deep_tree_is_cut() {
    let mut node = Node::new();
    for pid in 100..200 {
        node.run(pid - 1, pid, "/bin/nest");
    }
    assert_eq!(node.connect(199).ancestors.len(), 32);
}

#[test]
fn the_dead_are_forgotten_oldest_first() {
    let mut node = Node::new();
    for pid in 1_000..41_000 {
        node.fork(1, pid);
        node.exit(pid);
    }
    let sizes = node.enricher.sizes();
    assert!(sizes.processes <= 32_768 + 1, "{sizes:?}");
    assert_eq!(sizes.forgotten, 0);
    let remembered = |pid| node.enricher.processes().any(|one| one.key == key(pid));
    assert!(remembered(40_999) && !remembered(1_000));
}

#[test]
fn a_full_table_still_tells_what_runs() {
    let mut node = Node::new();
    node.run(1, 2, "/bin/bomb");
    for pid in 1_000..132_070 {
        node.fork(2, pid);
    }
    // One more than fits: it is counted, and what it runs is known all the same.
    let subject = node.run(2, 200_000, "/bin/attack now");
    check(
        &subject,
        &[(200_000, "/bin/attack now"), (2, "/bin/bomb"), (1, "task")],
    );
    assert!(node.enricher.sizes().forgotten > 0);
    // One that is in the table is replaced in its place.
    let known = Exec {
        parent: key(2),
        ..command("/bin/attack then")
    };
    node.exec(1_000, known);
    check(
        &node.connect(1_000),
        &[(1_000, "/bin/attack then"), (2, "/bin/bomb"), (1, "task")],
    );
    assert_eq!(node.enricher.sizes().processes, 131_072);
}

#[test]
fn room_is_made_even_when_a_process_ended_twice() {
    let mut table = ProcessTable::default();
    let mut node = Node::new();
    let process = node.run(1, 2, "/bin/x").process;
    let with = |pid| Process {
        key: key(pid),
        ..process.clone()
    };
    // A process that ends, shows up again by a late event and ends again is in the list twice.
    for _ in 0..2 {
        table.insert(with(3));
        table.exit(key(3), 1);
    }
    table.insert(with(4));
    table.exit(key(4), 1);
    for pid in 10..131_082 {
        table.insert(with(pid));
    }
    assert_eq!((table.len(), table.forgotten()), (131_072, 0));
}
