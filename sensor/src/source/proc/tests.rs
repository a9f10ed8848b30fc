//! Scans of a made-up `/proc`, and of the real one.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    os::unix::fs::symlink,
};

use super::*;
use crate::event::Stdio;

const TAIL: &str = "-1 4194304 1 2 3 4 5 6 7 8 20 0 1 0";

/// A `/proc` of our own making.
struct FakeProc(tempfile::TempDir);

impl FakeProc {
    fn new() -> Self {
        FakeProc(tempfile::tempdir().expect("temporary directory"))
    }

    /// A process with a `stat` and these files.
    fn process(&self, pid: u32, parent: u32, ticks: u64, files: &[(&str, &[u8])]) -> PathBuf {
        let directory = self.0.path().join(pid.to_string());
        for folder in ["fd", "ns", "net"] {
            fs::create_dir_all(directory.join(folder)).expect("folder");
        }
        let stat = format!("{pid} (a) (b) S {parent} {pid} {pid} 34817 {TAIL} {ticks} 1 1\n");
        fs::write(directory.join("stat"), stat).expect("stat");
        for (name, content) in files {
            fs::write(directory.join(name), content).expect("file");
        }
        directory
    }

    fn scan(&self) -> Vec<Snapshot> {
        let hierarchy = Hierarchy {
            controller: None,
            mount: self.0.path().join("cgroup-mount"),
            base: Vec::new(),
        };
        let mut processes = scan(self.0.path(), Some(&hierarchy)).processes;
        processes.sort_by_key(|process| process.key);
        processes
    }
}

#[test]
fn everything_is_read() {
    let fake = FakeProc::new();
    fake.process(1, 0, 5, &[]);
    let directory = fake.process(
        77,
        1,
        12_345,
        &[
            ("cmdline", b"sh\0-c\0\0a\nb \xff\0"),
            (
                "status",
                b"Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNSpid:\t77\t9\nCapEff:\t00000000000000ff\n",
            ),
            ("cgroup", b"4:pids:/x\n0::/kubepods/pod1\n"),
            ("loginuid", b"1000"),
            (
                "net/tcp",
                b"head\n 0: 0100007F:0050 0200A8C0:115C 01 0:0 00:0 0 0 0 4711 1 0\nshort line\n",
            ),
        ],
    );
    fs::create_dir_all(fake.0.path().join("cgroup-mount/kubepods/pod1")).expect("cgroup");
    for (name, target) in [
        ("exe", "/usr/bin/gone (deleted)"),
        ("cwd", "/work dir"),
        ("ns/mnt", "mnt:[4026531832]"),
        ("ns/net", "net:[11]"),
        ("fd/0", "socket:[4711]"),
        ("fd/1", "pipe:[99]"),
        ("fd/2", "/dev/null"),
    ] {
        symlink(target, directory.join(name)).expect("link");
    }

    let processes = fake.scan();
    assert_eq!(processes.len(), 2);
    let (init, process) = (&processes[0], &processes[1]);
    let tick = scan(fake.0.path(), None).tick;
    assert_eq!(
        process.key,
        ProcessKey {
            pid: 77,
            start_time: 12_345 * tick
        }
    );
    assert_ne!(process.cgroup_id, 0);

    let exec = &process.exec;
    assert_eq!(exec.parent, init.key);
    assert_eq!(
        (exec.namespace_pid, exec.session, exec.old_tid),
        (9, 77, 77)
    );
    let args: Vec<&[u8]> = exec.args.iter().map(Text::as_bytes).collect();
    assert_eq!(args, [&b"sh"[..], b"-c", b"", b"a\nb \xff"]);
    assert_eq!(exec.executable, Text::from("/usr/bin/gone"));
    assert!(exec.file.deleted && !exec.file.memfd && !exec.args_cut);
    assert_eq!(exec.cwd, Text::from("/work dir"));
    assert_eq!(exec.cgroup_path, Text::from("/kubepods/pod1"));
    assert_eq!(exec.tty, Text::from("pts1"));
    assert_eq!(
        (exec.credentials.uid, exec.credentials.effective_uid),
        (1, 2)
    );
    assert_eq!(exec.credentials.capabilities, 0xff);
    assert_eq!(exec.credentials.login_uid, Some(1000));
    assert_eq!(
        (exec.namespaces.mnt, exec.namespaces.net),
        (4_026_531_832, 11)
    );
    let address = |octets: [u8; 4]| IpAddr::V4(Ipv4Addr::from(octets));
    let socket = Stdio::Inet {
        inode: 4711,
        socket_type: 1,
        protocol: 6,
        local: (address([127, 0, 0, 1]), 80),
        peer: Some((address([192, 168, 0, 2]), 4444)),
    };
    let null = Stdio::Device {
        device: 1 << 20 | 3,
    };
    assert_eq!(
        exec.stdio,
        [
            socket,
            Stdio::Pipe {
                inode: 99,
                named: false
            },
            null
        ]
    );
}

#[test]
fn what_is_not_readable_is_empty() {
    let fake = FakeProc::new();
    fake.process(
        5,
        4,
        1,
        &[
            ("status", b"\xff\xff"),
            ("cgroup", b"::"),
            ("loginuid", b"-1"),
        ],
    );
    fs::create_dir_all(fake.0.path().join("6")).expect("a process that is just gone");
    fs::create_dir_all(fake.0.path().join("sys")).expect("not a process");
    let processes = fake.scan();
    assert_eq!(processes.len(), 1);
    let exec = &processes[0].exec;
    assert_eq!(
        exec.parent,
        ProcessKey {
            pid: 4,
            start_time: 0
        }
    );
    assert_eq!(exec.stdio, [Stdio::Closed, Stdio::Closed, Stdio::Closed]);
    assert!(exec.args.is_empty() && exec.executable.is_empty() && exec.cgroup_path.is_empty());
    assert_eq!(exec.credentials.login_uid, None);
    assert!(
        scan(&fake.0.path().join("absent"), None)
            .processes
            .is_empty()
    );
}

#[test]
fn long_arguments_are_cut_and_said_to_be() {
    let fake = FakeProc::new();
    fake.process(5, 1, 1, &[("cmdline", &[b'x'; ARGS_MAX + 1])]);
    let exec = &fake.scan()[0].exec;
    assert!(exec.args_cut);
    assert_eq!(
        exec.args
            .iter()
            .map(|arg| arg.as_bytes().len())
            .sum::<usize>(),
        ARGS_MAX
    );
}

#[test]
fn in_memory_executables() {
    let fake = FakeProc::new();
    let directory = fake.process(5, 1, 1, &[]);
    symlink("/memfd:payload (deleted)", directory.join("exe")).expect("link");
    let exec = &fake.scan()[0].exec;
    assert!(exec.file.memfd && exec.file.deleted);
    assert_eq!(exec.executable, Text::from("/memfd:payload"));
}

#[test]
fn the_real_proc_has_this_process() {
    let root = Path::new("/proc");
    let hierarchy = Hierarchy::detect(root);
    let found = scan(root, hierarchy.as_ref());
    let own = found
        .processes
        .iter()
        .find(|process| process.key.pid == std::process::id());
    let own = own.expect("this process");
    assert_eq!(own.cgroup_id != 0, hierarchy.is_some());
    if let Some(hierarchy) = hierarchy {
        let path = super::super::cgroups::scan(&hierarchy.mount).remove(&own.cgroup_id);
        assert_eq!(path.as_ref(), Some(&own.exec.cgroup_path));
    }
    let exec = &own.exec;
    let current = std::env::current_exe().expect("own executable");
    assert_eq!(exec.executable.to_str(), current.to_string_lossy());
    assert_ne!(exec.file.inode, 0);
    assert_ne!(exec.namespaces.mnt, 0);
    assert_ne!(exec.parent.start_time, 0);
    assert_eq!(exec.args.len(), std::env::args().count());
    assert_eq!(exec.credentials.uid, rustix::process::getuid().as_raw());
}

#[test]
fn a_real_shell_on_a_socket_shows_its_peer() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("listener");
    let peer = listener.local_addr().expect("address");
    let stream = std::net::TcpStream::connect(peer).expect("connection");
    let input = std::os::fd::OwnedFd::from(stream.try_clone().expect("descriptor"));
    let mut child = std::process::Command::new("cat")
        .stdin(input)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("cat");
    let found = scan(Path::new("/proc"), None);
    child.kill().expect("kill");
    child.wait().expect("wait");
    let child = found
        .processes
        .iter()
        .find(|process| process.key.pid == child.id());
    let [input, output, _] = &child.expect("the child").exec.stdio;
    assert!(
        matches!(output, Stdio::Pipe { inode: 1.., .. }),
        "{output:?}"
    );
    let Stdio::Inet {
        peer: seen,
        protocol: 6,
        ..
    } = input
    else {
        panic!("{input:?}")
    };
    assert_eq!(*seen, Some((peer.ip(), peer.port())));
}

#[test]
fn processes_beyond_the_limit_are_counted() {
    let fake = FakeProc::new();
    for pid in 1..=5 {
        fake.process(pid, 0, 1, &[]);
    }
    let found = scan_up_to(3, fake.0.path(), None);
    assert_eq!((found.processes.len(), found.dropped), (3, 2));
}

#[test]
fn starts_are_compared_by_tick() {
    let scan = Scan {
        tick: 10_000_000,
        ..Scan::default()
    };
    assert_eq!(scan.rounded(1_239_999_999), 1_230_000_000);
    assert_eq!(scan.rounded(1_230_000_000), 1_230_000_000);
    assert_eq!(Scan::default().rounded(7), 7);
}
