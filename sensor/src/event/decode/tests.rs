use proptest::prelude::*;

use super::*;

pub(crate) mod builder;

use builder::{Record, Sample, sample, start_of};

fn of(kind: Kind) -> Vec<u8> {
    sample(
        kind,
        &Sample {
            pid: 50,
            relative: 51,
            path: "/usr/bin/run",
            args: &["run", "a b", ""],
        },
    )
}

fn body(record: Record) -> Body {
    decode(&record.done()).expect("whole").body
}

fn key(pid: u32) -> ProcessKey {
    ProcessKey {
        pid,
        start_time: start_of(pid),
    }
}

#[track_caller]
fn check(kind: Kind, expected: &Body) {
    let event = decode(&of(kind)).expect("whole");
    assert_eq!(event.body.kind(), kind);
    assert_eq!(&event.body, expected);
    let origin = Origin {
        time: start_of(50) + 1_000,
        cpu: 0,
        sequence: 0,
        process: key(50),
        tid: 50,
        cgroup: 7,
        uid: 1000,
        gid: 0,
        mnt_ns: 11,
        pid_ns: 0,
        comm: "worker".into(),
    };
    assert_eq!(event.origin, origin);
}

#[test]
fn lifecycle_records() {
    check(
        Kind::Fork,
        &Body::Fork(Fork {
            child: key(51),
            child_namespace_pid: 5,
            child_cgroup: 7,
        }),
    );
    check(Kind::Exit, &Body::Exit(Exit { status: 256 }));
    let exec = Exec {
        parent: key(51),
        old_tid: 50,
        namespace_pid: 5,
        args: vec!["run".into(), "a b".into(), "".into()],
        executable: "/usr/bin/run".into(),
        cwd: "/srv/app".into(),
        asked: "/usr/bin/run".into(),
        cgroup_path: "/system.slice/worker.service".into(),
        file: ExecutableFile {
            inode: 99,
            mode: 0o100_755,
            ..ExecutableFile::default()
        },
        credentials: Credentials {
            effective_uid: 1000,
            ..Credentials::default()
        },
        tty: "pts0".into(),
        stdio: [
            Stdio::Pipe {
                inode: 41,
                named: false,
            },
            Stdio::Pipe {
                inode: 42,
                named: false,
            },
            Stdio::Closed,
        ],
        ..Exec::default()
    };
    check(Kind::Exec, &Body::Exec(Box::new(exec)));
}

#[test]
fn activity_records() {
    check(
        Kind::ExecFailed,
        &Body::ExecFailed(ExecFailed {
            errno: 2,
            asked: "/usr/bin/run".into(),
            args: vec!["run".into(), "a b".into(), "".into()],
            args_cut: false,
        }),
    );
    check(
        Kind::Open,
        &Body::Open(Open {
            path: "/usr/bin/run".into(),
            path_cut: false,
            flags: 2,
            created: false,
            create_mode: None,
            inode: 98,
            device: 0,
            mode: 0o100_644,
            owner: 0,
            size: 4096,
        }),
    );
    check(
        Kind::Connect,
        &Body::Connect(Connect {
            destination: Destination::Inet("192.0.2.7".parse().unwrap(), 443),
            socket_type: 1,
            protocol: 6,
            errno: None,
        }),
    );
    check(
        Kind::Namespace,
        &Body::Namespace(Namespace {
            operation: NamespaceOperation::Unshare,
            types: 0x1002_0000,
            errno: 1,
            child_pid: None,
            namespaces: Namespaces::default(),
        }),
    );
}

#[test]
fn every_cut_is_an_error_or_a_whole_event() {
    for kind in Kind::ALL {
        let whole = of(kind);
        for size in 0..whole.len() {
            let cut = &whole[..size];
            assert_eq!(decode(cut), Err(DecodeError::Truncated), "{kind:?} {size}");
            // A record that is honest about its size may lack sections, never more.
            let mut honest = cut.to_vec();
            if let Some(field) = honest.first_chunk_mut() {
                *field = (size as u32).to_ne_bytes();
            }
            let error = decode(&honest).expect_err("cut");
            assert!(
                matches!(error, DecodeError::Truncated | DecodeError::Section),
                "{kind:?} {size}: {error:?}"
            );
        }
        let longer = [whole.as_slice(), b"rest"].concat();
        assert_eq!(decode(&longer), decode(&whole), "{kind:?}");
    }
}

#[test]
fn only_known_kinds_are_events() {
    for id in 0..=u16::MAX {
        let known = Kind::from_id(id);
        let record = Record::new(Kind::Exec).header(offset_of!(Header, kind), id.to_ne_bytes());
        let result = decode(&record.done());
        assert_eq!(
            result == Err(DecodeError::UnknownKind),
            known.is_none(),
            "{id}"
        );
    }
}

#[test]
fn sections_do_not_run_past_the_end() {
    use sensor_common::exec::Exec as Wire;
    for at in [
        offset_of!(Wire, args_len),
        offset_of!(Wire, executable_len),
        offset_of!(Wire, cwd_len),
        offset_of!(Wire, asked_len),
        offset_of!(Wire, interpreter_len),
        offset_of!(Wire, cgroup_len),
    ] {
        let record = Record::new(Kind::Exec).body(at, 1_u16.to_ne_bytes());
        assert_eq!(decode(&record.done()), Err(DecodeError::Section), "{at}");
        let record = Record::new(Kind::Exec)
            .section(at, [b'x'; 3])
            .body(at, u16::MAX.to_ne_bytes());
        assert_eq!(decode(&record.done()), Err(DecodeError::Section), "{at}");
    }
    for (kind, at) in [
        (Kind::Open, offset_of!(open::Open, path_len)),
        (Kind::Connect, offset_of!(connect::Connect, path_len)),
        (
            Kind::ExecFailed,
            offset_of!(exec_failed::ExecFailed, args_len),
        ),
    ] {
        let record = Record::new(kind).body(at, 1_u16.to_ne_bytes());
        assert_eq!(
            decode(&record.done()),
            Err(DecodeError::Section),
            "{kind:?}"
        );
    }
}

#[test]
fn values_out_of_range_are_errors() {
    let nothing = [Kind::Connect, Kind::Namespace];
    for kind in nothing {
        // Family 0 and operation 0 do not exist.
        let result = decode(&Record::new(kind).done());
        assert_eq!(result, Err(DecodeError::Value), "{kind:?}");
    }
}

#[test]
fn arguments_are_bytes_between_nuls() {
    for (section, expected) in [
        (&b""[..], &[][..]),
        (b"\0", &[&b""[..]]),
        (b"a\0", &[b"a"]),
        (b"a", &[b"a"]),
        (b"a\0\0", &[b"a", b""]),
        (
            b"\xff\xfe\n\x1b[2J\0\xc3(\0",
            &[b"\xff\xfe\n\x1b[2J", b"\xc3("],
        ),
    ] {
        let at = offset_of!(exec::Exec, args_len);
        let Body::Exec(exec) = body(Record::new(Kind::Exec).section(at, section)) else {
            panic!("an exec");
        };
        let args: Vec<_> = exec.args.iter().map(Text::as_bytes).collect();
        assert_eq!(args, expected, "{section:?}");
    }
}

#[test]
fn paths_come_leaf_first() {
    for (section, expected) in [
        (&b""[..], &b"/"[..]),
        (b"\0", b"/"),
        (b"passwd\0etc\0", b"/etc/passwd"),
        (b"passwd\0etc", b"/etc/passwd"),
        (b"b\0\0a\0", b"/a/b"),
        (b"\xff\0tmp\0", b"/tmp/\xff"),
        (b"memfd:x\0", b"/memfd:x"),
    ] {
        let at = offset_of!(open::Open, path_len);
        let Body::Open(open) = body(Record::new(Kind::Open).section(at, section)) else {
            panic!("an open");
        };
        assert_eq!(open.path.as_bytes(), expected, "{section:?}");
    }
}

#[test]
fn destinations() {
    use sensor_common::connect::Connect as Wire;
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
    let inet = |address: &str| Destination::Inet(address.parse().unwrap(), 80);
    let unix = |path: &[u8]| Destination::Unix(path.into());
    for (family, address, path, expected) in [
        (libc::AF_INET, v6, &b""[..], inet("32.1.13.184")),
        (libc::AF_INET6, v6, b"", inet("2001:db8::9")),
        (libc::AF_INET6, mapped, b"", inet("10.0.0.1")),
        (libc::AF_INET6, [0; 16], b"", inet("::")),
        (
            libc::AF_UNIX,
            v6,
            b"/run/x.sock\0rest",
            unix(b"/run/x.sock"),
        ),
        (
            libc::AF_UNIX,
            v6,
            b"\0abs\0tract\xff",
            unix(b"\0abs\0tract\xff"),
        ),
        (libc::AF_UNIX, v6, b"", unix(b"")),
    ] {
        let record = Record::new(Kind::Connect)
            .body(offset_of!(Wire, family), (family as u16).to_ne_bytes())
            .body(offset_of!(Wire, port), 80_u16.to_ne_bytes())
            .body(offset_of!(Wire, address), address)
            .section(offset_of!(Wire, path_len), path);
        let Body::Connect(connect) = body(record) else {
            panic!("a connect");
        };
        assert_eq!(connect.destination, expected);
    }
}

#[test]
fn results_of_connects_are_known_only_where_the_hook_saw_them() {
    use sensor_common::connect::Connect as Wire;
    for (flags, result, expected) in [
        (0, -111, None),
        (connect::FLAG_RESULT, -111, Some(111)),
        (connect::FLAG_RESULT, 0, Some(0)),
        (connect::FLAG_RESULT, i32::MIN, Some(1 << 31)),
    ] {
        let record = Record::new(Kind::Connect)
            .body(offset_of!(Wire, family), 2_u16.to_ne_bytes())
            .body(offset_of!(Wire, flags), flags.to_ne_bytes())
            .body(offset_of!(Wire, result), i32::to_ne_bytes(result));
        let Body::Connect(connect) = body(record) else {
            panic!("a connect");
        };
        assert_eq!(connect.errno, expected);
    }
}

/// The decoded standard input of an exec.
fn stdin(fields: &[(usize, &[u8])]) -> Stdio {
    let at = offset_of!(exec::Exec, stdio);
    let record = fields
        .iter()
        .fold(Record::new(Kind::Exec), |record, (field, bytes)| {
            record.body(at + field, bytes)
        });
    let Body::Exec(exec) = body(record) else {
        panic!("an exec");
    };
    let [stdin, _, _] = exec.stdio;
    stdin
}

#[test]
fn standard_descriptors() {
    use sensor_common::stdio::Stdio as Wire;
    let mode = |mode: u16| (offset_of!(Wire, mode), mode.to_ne_bytes());
    let number = |at, number: u32| (at, number.to_ne_bytes());
    let special = offset_of!(Wire, special);
    let inode = (offset_of!(Wire, inode), 9_u64.to_ne_bytes());
    let tty = 136 << 20 | 1;
    assert_eq!(stdin(&[]), Stdio::Closed);
    for (mode, special, expected) in [
        (
            mode(0o100_644),
            number(special, 0),
            Stdio::File {
                inode: 9,
                device: 0,
            },
        ),
        (
            mode(0o040_755),
            number(special, 0),
            Stdio::File {
                inode: 9,
                device: 0,
            },
        ),
        (
            mode(0),
            number(special, 0),
            Stdio::File {
                inode: 9,
                device: 0,
            },
        ),
        (
            mode(0o020_620),
            number(special, tty),
            Stdio::Terminal { device: tty },
        ),
        (
            mode(0o020_666),
            number(special, 1 << 20 | 3),
            Stdio::Device {
                device: 1 << 20 | 3,
            },
        ),
        (
            mode(0o060_660),
            number(special, tty),
            Stdio::Device { device: tty },
        ),
        (
            mode(0o010_600),
            number(special, 0),
            Stdio::Pipe {
                inode: 9,
                named: false,
            },
        ),
        (
            mode(0o140_777),
            number(special, 0),
            Stdio::OtherSocket {
                inode: 9,
                family: 0,
            },
        ),
    ] {
        let fields: [(usize, &[u8]); 3] = [
            (mode.0, &mode.1),
            (special.0, &special.1),
            (inode.0, &inode.1),
        ];
        assert_eq!(stdin(&fields), expected);
    }
}

#[test]
fn sockets_on_standard_descriptors() {
    use sensor_common::stdio::Stdio as Wire;
    let check = |family: i32, peer_port: u16, expected: Stdio| {
        let fields: [(usize, &[u8]); 8] = [
            (offset_of!(Wire, mode), &0o140_777_u16.to_ne_bytes()),
            (offset_of!(Wire, inode), &9_u64.to_ne_bytes()),
            (offset_of!(Wire, family), &(family as u16).to_ne_bytes()),
            (offset_of!(Wire, socket_type), &1_u16.to_ne_bytes()),
            (offset_of!(Wire, local_port), &5000_u16.to_ne_bytes()),
            (offset_of!(Wire, peer_port), &peer_port.to_ne_bytes()),
            (offset_of!(Wire, local_address), &[10, 0, 0, 1]),
            (offset_of!(Wire, peer_address), &[192, 0, 2, 1]),
        ];
        assert_eq!(stdin(&fields), expected);
    };
    let inet = |peer| Stdio::Inet {
        inode: 9,
        socket_type: 1,
        protocol: 0,
        local: ("10.0.0.1".parse().unwrap(), 5000),
        peer,
    };
    check(
        libc::AF_INET,
        4444,
        inet(Some(("192.0.2.1".parse().unwrap(), 4444))),
    );
    check(libc::AF_INET, 0, inet(None));
    check(libc::AF_UNIX, 0, Stdio::Unix { inode: 9 });
    let family = libc::AF_NETLINK as u16;
    check(libc::AF_NETLINK, 0, Stdio::OtherSocket { inode: 9, family });
}

#[test]
fn order_is_read_from_the_header_alone() {
    let record = Record::new(Kind::Exit)
        .header(offset_of!(Header, time), 5_u64.to_ne_bytes())
        .header(offset_of!(Header, cpu), 3_u16.to_ne_bytes())
        .header(offset_of!(Header, sequence), 8_u64.to_ne_bytes())
        .done();
    assert_eq!(
        (time_of(&record), sequence_of(&record)),
        (Some(5), Some((3, 8)))
    );
    let cut = &record[..size_of::<Header>() - 1];
    assert_eq!((time_of(cut), sequence_of(cut)), (None, None));
}

proptest! {
    #[test]
    fn any_bytes_are_harmless(bytes: Vec<u8>) {
        let _ = decode(&bytes);
    }

    #[test]
    fn any_change_is_harmless(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9),
        size: Option<u16>,
    ) {
        let mut record = of(kind);
        for (index, byte) in changes {
            let index = index.index(record.len());
            record[index] = byte;
        }
        if let Some(size) = size {
            record[..4].copy_from_slice(&u32::from(size).to_ne_bytes());
        }
        let _ = decode(&record);
    }
}
