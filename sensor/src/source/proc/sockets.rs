//! Sockets by inode number, from the tables below `/proc/PID/net`.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
};

use crate::{
    event::Stdio,
    source::files::{decimal, read_or_empty},
};

/// Bytes read of one table: 65,000 connections. A node with more may miss the peer of a shell that
/// was there before the sensor.
const TABLE_MAX: u64 = 10 * 1024 * 1024;

/// Network namespaces whose tables are kept during a scan; more containers than this with sockets
/// as standard descriptors have their sockets reported as of unknown family.
const NAMESPACES_MAX: usize = 4096;

/// Tables of internet sockets: file, protocol, socket type.
const INET: [(&str, u16, u16); 4] = [
    ("net/tcp", 6, SOCK_STREAM),
    ("net/tcp6", 6, SOCK_STREAM),
    ("net/udp", 17, SOCK_DGRAM),
    ("net/udp6", 17, SOCK_DGRAM),
];
const SOCK_STREAM: u16 = 1;
const SOCK_DGRAM: u16 = 2;

/// Sockets of the network namespaces seen during one scan.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    by_namespace: HashMap<u32, HashMap<u64, Stdio>>,
}

impl Sockets {
    /// The socket `inode` of the process in directory `process`, in network namespace `namespace`.
    pub(super) fn get(&mut self, process: &Path, namespace: u32, inode: u64) -> Stdio {
        let unknown = Stdio::OtherSocket { inode, family: 0 };
        if !self.by_namespace.contains_key(&namespace) {
            if self.by_namespace.len() >= NAMESPACES_MAX {
                return unknown;
            }
            self.by_namespace.insert(namespace, read_tables(process));
        }
        let table = self.by_namespace.get(&namespace);
        table
            .and_then(|table| table.get(&inode))
            .cloned()
            .unwrap_or(unknown)
    }
}

/// All sockets of the network namespace of a process.
fn read_tables(process: &Path) -> HashMap<u64, Stdio> {
    let mut sockets = HashMap::new();
    for (file, protocol, socket_type) in INET {
        let text = read_or_empty(&process.join(file), TABLE_MAX);
        let lines = text.split(|byte| *byte == b'\n').skip(1);
        sockets.extend(lines.filter_map(|line| inet(line, protocol, socket_type)));
    }
    let text = read_or_empty(&process.join("net/unix"), TABLE_MAX);
    let lines = text.split(|byte| *byte == b'\n').skip(1);
    sockets.extend(lines.filter_map(unix));
    sockets
}

/// One line of a table of internet sockets.
fn inet(line: &[u8], protocol: u16, socket_type: u16) -> Option<(u64, Stdio)> {
    let mut words = words(line);
    let local = endpoint(words.nth(1)?)?;
    let remote = endpoint(words.next()?)?;
    let inode = decimal(words.nth(6)?)?;
    let peer = (!remote.0.is_unspecified()).then_some(remote);
    // Closing connections have lost their inode.
    (inode != 0).then_some((
        inode,
        Stdio::Inet {
            inode,
            socket_type,
            protocol,
            local,
            peer,
        },
    ))
}

/// One line of the table of Unix sockets.
fn unix(line: &[u8]) -> Option<(u64, Stdio)> {
    let inode = decimal(words(line).nth(6)?)?;
    Some((inode, Stdio::Unix { inode }))
}

/// `ADDRESS:PORT` in hexadecimal; an address is printed as words in the machine's byte order.
fn endpoint(text: &[u8]) -> Option<(IpAddr, u16)> {
    let text = std::str::from_utf8(text).ok()?;
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(
            u32::from_str_radix(address, 16).ok()?.to_ne_bytes(),
        )),
        32 => {
            let mut bytes = [0; 16];
            for (at, word) in bytes.chunks_exact_mut(4).enumerate() {
                let digits = address.get(at * 8..at * 8 + 8)?;
                word.copy_from_slice(&u32::from_str_radix(digits, 16).ok()?.to_ne_bytes());
            }
            // An IPv4 peer of an IPv6 socket is an IPv4 peer.
            IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some((address, port))
}

/// The words of a line.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(line: &str, expected: Option<(u64, &str, Option<&str>)>) {
        let got = inet(line.as_bytes(), 6, 1).map(|(inode, socket)| match socket {
            Stdio::Inet { local, peer, .. } => {
                let show = |(address, port): (IpAddr, u16)| format!("{address} {port}");
                (inode, show(local), peer.map(show))
            }
            other => panic!("{other:?}"),
        });
        let expected = expected
            .map(|(inode, local, peer)| (inode, local.to_owned(), peer.map(ToOwned::to_owned)));
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn inet_lines() {
        let tail = "00000000:00000000 00:00000000 00000000     0        0";
        check(
            &format!("   1: 0100007F:A0C2 0301A8C0:115C 01 {tail} 4711 1 0 20 4 30 10 -1"),
            Some((4711, "127.0.0.1 41154", Some("192.168.1.3 4444"))),
        );
        check(
            &format!("   0: 00000000:0016 00000000:0000 0A {tail} 99 1 0"),
            Some((99, "0.0.0.0 22", None)),
        );
        check(
            &format!(
                "   2: 0000000000000000FFFF00000100007F:1F90 B80D0120000000000000000001000000:01BB 01 {tail} 5 1"
            ),
            Some((5, "127.0.0.1 8080", Some("2001:db8::1 443"))),
        );
        check(
            &format!("   3: 0100007F:A0C2 0301A8C0:115C 06 {tail} 0 1"),
            None,
        );
        check("garbage", None);
        check("", None);
    }

    #[test]
    fn unix_lines() {
        let line = b"0000000000000000: 00000003 00000000 00000000 0001 03 15123 /run/x y";
        assert_eq!(unix(line), Some((15123, Stdio::Unix { inode: 15123 })));
        assert_eq!(unix(b"Num RefCount"), None);
    }

    proptest! {
        #[test]
        fn any_line(line in "([ :0-9A-Fa-f]|\\PC){0,200}") {
            let _ = inet(line.as_bytes(), 6, 1);
            let _ = unix(line.as_bytes());
            let _ = endpoint(line.as_bytes());
        }
    }
}
