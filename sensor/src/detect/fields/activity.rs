//! What was done: the opened file, the connection, the namespaces.

use std::net::IpAddr;

use rsigma_eval::EventValue;

use super::{
    Category, Field, Type,
    process::{number, owned, string, text},
};
use crate::{
    enrich::Observation,
    event::{Body, Connect, Destination, Namespace, NamespaceOperation, Open, names},
};

const FILE: u8 = Category::FileEvent.bit() | Category::FileOpen.bit();
const CONNECT: u8 = Category::NetworkConnection.bit();
const NAMESPACE: u8 = Category::Namespace.bit();

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "TargetFilename",
        FILE,
        Type::Text,
        |o| open(o).map(|open| text(&open.path)),
        "Path of the opened file, links resolved, as the process sees it",
    ),
    Field::new(
        "Open.Flags",
        FILE,
        Type::Texts,
        flags,
        "read, write, create, truncate, append: what the open asked for",
    ),
    Field::new(
        "Open.Created",
        FILE,
        Type::Bool,
        |o| open(o).map(|open| EventValue::Bool(open.created)),
        "This open created the file",
    ),
    Field::new(
        "Open.CreateMode",
        FILE,
        Type::Text,
        |o| Some(octal(open(o)?.create_mode?)),
        "Permission bits asked for a new file, in octal (0600), where the kernel shows them",
    ),
    Field::new(
        "File.Owner",
        FILE,
        Type::Number,
        |o| open(o).map(|open| number(open.owner)),
        "User id of the file's owner",
    ),
    Field::new(
        "File.Mode",
        FILE,
        Type::Text,
        |o| open(o).map(|open| octal(open.mode)),
        "Permission bits of the file, in octal (0644)",
    ),
    Field::new(
        "File.Size",
        FILE,
        Type::Number,
        |o| open(o).map(|open| EventValue::Int(open.size.cast_signed())),
        "Size of the file in bytes",
    ),
    Field::new(
        "DestinationIp",
        CONNECT,
        Type::Text,
        |o| Some(owned(inet(o)?.0.to_string())),
        "Address that was asked for; IPv4 in IPv6 is shown as IPv4",
    ),
    Field::new(
        "DestinationPort",
        CONNECT,
        Type::Number,
        |o| inet(o).map(|(_, port)| number(port)),
        "Port that was asked for",
    ),
    Field::new(
        "DestinationIsIpv6",
        CONNECT,
        Type::Bool,
        |o| inet(o).map(|(ip, _)| EventValue::Bool(ip.is_ipv6())),
        "The address is an IPv6 one",
    ),
    Field::new(
        "DestinationScope",
        CONNECT,
        Type::Text,
        |o| inet(o).map(|(ip, _)| string(scope(ip))),
        "loopback, unspecified, link-local, private or public",
    ),
    Field::new(
        "Initiated",
        CONNECT,
        Type::Bool,
        |o| connect(o).map(|_| EventValue::Bool(true)),
        "Always true: only outgoing connections are observed",
    ),
    Field::new("Protocol", CONNECT, Type::Text, protocol, "tcp or udp"),
    Field::new(
        "UnixPath",
        CONNECT,
        Type::Text,
        unix_path,
        "Path of the Unix socket; abstract names start with @",
    ),
    Field::new(
        "Connect.Errno",
        CONNECT,
        Type::Number,
        |o| connect(o)?.errno.map(number),
        "Result of the call (errno), where the kernel shows it; 0: it worked",
    ),
    Field::new(
        "Namespace.Operation",
        NAMESPACE,
        Type::Text,
        |o| namespace(o).map(|it| string(operation(it.operation))),
        "unshare, setns or clone",
    ),
    Field::new(
        "Namespace.Types",
        NAMESPACE,
        Type::Texts,
        namespace_types,
        "user, mnt, pid, net, ipc, uts, cgroup, time: what was asked for",
    ),
    Field::new(
        "Namespace.Errno",
        NAMESPACE,
        Type::Number,
        |o| namespace(o).map(|it| number(it.errno)),
        "Why it was refused (errno); 0: it was done",
    ),
];

fn open<'a>(observation: &'a Observation<'a>) -> Option<&'a Open> {
    match &observation.event.body {
        Body::Open(open) => Some(open),
        _ => None,
    }
}

fn connect<'a>(observation: &'a Observation<'a>) -> Option<&'a Connect> {
    match &observation.event.body {
        Body::Connect(connect) => Some(connect),
        _ => None,
    }
}

fn namespace<'a>(observation: &'a Observation<'a>) -> Option<&'a Namespace> {
    match &observation.event.body {
        Body::Namespace(namespace) => Some(namespace),
        _ => None,
    }
}

fn octal(mode: u16) -> EventValue<'static> {
    owned(format!("{:04o}", mode & 0o7777))
}

fn flags<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let flags = open(observation)?.flags.cast_signed();
    let access = flags & libc::O_ACCMODE;
    let names = [
        ("read", access == libc::O_RDONLY || access == libc::O_RDWR),
        ("write", access == libc::O_WRONLY || access == libc::O_RDWR),
        ("create", flags & libc::O_CREAT != 0),
        ("truncate", flags & libc::O_TRUNC != 0),
        ("append", flags & libc::O_APPEND != 0),
    ];
    let set = names.into_iter().filter(|(_, set)| *set);
    Some(EventValue::Array(
        set.map(|(name, _)| string(name)).collect(),
    ))
}

fn inet<'a>(observation: &'a Observation<'a>) -> Option<(IpAddr, u16)> {
    match connect(observation)?.destination {
        Destination::Inet(ip, port) => Some((ip, port)),
        Destination::Unix(_) => None,
    }
}

/// How far an address reaches.
fn scope(ip: IpAddr) -> &'static str {
    let (link_local, private) = match ip {
        IpAddr::V4(ip) => {
            let shared = matches!(ip.octets(), [100, 64..=127, ..]);
            (ip.is_link_local(), ip.is_private() || shared)
        }
        IpAddr::V6(ip) => (ip.is_unicast_link_local(), ip.is_unique_local()),
    };
    if ip.is_loopback() {
        "loopback"
    } else if ip.is_unspecified() {
        "unspecified"
    } else if link_local {
        "link-local"
    } else if private {
        "private"
    } else {
        "public"
    }
}

fn protocol<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    match i32::from(connect(observation)?.protocol) {
        libc::IPPROTO_TCP => Some(string("tcp")),
        libc::IPPROTO_UDP => Some(string("udp")),
        _ => None,
    }
}

fn unix_path<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let Destination::Unix(path) = &connect(observation)?.destination else {
        return None;
    };
    Some(match path.as_bytes().strip_prefix(b"\0") {
        Some(name) => owned(format!("@{}", String::from_utf8_lossy(name))),
        None => EventValue::Str(path.to_str()),
    })
}

fn operation(operation: NamespaceOperation) -> &'static str {
    match operation {
        NamespaceOperation::Unshare => "unshare",
        NamespaceOperation::Setns => "setns",
        NamespaceOperation::Clone => "clone",
    }
}

fn namespace_types<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let types = names::namespace_types(namespace(observation)?.types).into_iter();
    Some(EventValue::Array(types.map(owned).collect()))
}
