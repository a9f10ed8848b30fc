//! From ring bytes to events: a pure function that trusts no length and no id.

use std::{
    mem::offset_of,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use sensor_common::{
    Header, Kind, Namespaces, connect, exec, exec_failed, exit, fork, namespace, open, stdio,
};

use super::{
    Body, Connect, Credentials, Destination, Event, Exec, ExecFailed, ExecutableFile, Exit, Fork,
    Namespace, NamespaceOperation, Open, Origin, ProcessKey, Stdio, Text,
    environment::watched_environment,
    fields::{Fields, Sections},
};

/// Why bytes are not an event. The variant is a metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecodeError {
    /// Shorter than a header, or than the size it gives.
    Truncated,
    /// No such kind.
    UnknownKind,
    /// A section runs past the end.
    Section,
    /// A field holds a value outside of its range.
    Value,
}

impl DecodeError {
    /// Every error.
    pub const ALL: [DecodeError; 4] = [
        DecodeError::Truncated,
        DecodeError::UnknownKind,
        DecodeError::Section,
        DecodeError::Value,
    ];

    /// Label in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DecodeError::Truncated => "truncated",
            DecodeError::UnknownKind => "unknown_kind",
            DecodeError::Section => "section",
            DecodeError::Value => "value",
        }
    }
}

type Result<T> = std::result::Result<T, DecodeError>;

/// Time of a record, from its header alone; used to order records before they are decoded.
#[must_use]
pub fn time_of(record: &[u8]) -> Option<u64> {
    Fields::new(record, 0, size_of::<Header>())
        .ok()?
        .u64(offset_of!(Header, time))
        .ok()
}

/// CPU and sequence number of a record, from its header alone.
#[must_use]
pub fn sequence_of(record: &[u8]) -> Option<(u16, u64)> {
    let header = Fields::new(record, 0, size_of::<Header>()).ok()?;
    Some((
        header.u16(offset_of!(Header, cpu)).ok()?,
        header.u64(offset_of!(Header, sequence)).ok()?,
    ))
}

/// Decodes one record.
///
/// # Errors
/// When the bytes are not a whole record of a known kind.
pub fn decode(record: &[u8]) -> Result<Event> {
    let header = Fields::new(record, 0, size_of::<Header>())?;
    let size = header.u32(offset_of!(Header, size))? as usize;
    let record = record.get(..size).ok_or(DecodeError::Truncated)?;
    let kind =
        Kind::from_id(header.u16(offset_of!(Header, kind))?).ok_or(DecodeError::UnknownKind)?;
    let body = match kind {
        Kind::Fork => Body::Fork(fork(&body_of::<fork::Fork>(record)?)?),
        Kind::Exec => Body::Exec(Box::new(exec(record)?)),
        Kind::Exit => {
            let body = body_of::<exit::Exit>(record)?;
            Body::Exit(Exit {
                status: body.u32(offset_of!(exit::Exit, status))?,
            })
        }
        Kind::ExecFailed => Body::ExecFailed(exec_failed(record)?),
        Kind::Open => Body::Open(open(record)?),
        Kind::Connect => Body::Connect(connect(record)?),
        Kind::Namespace => Body::Namespace(namespace(&body_of::<namespace::Namespace>(record)?)?),
    };
    Ok(Event {
        origin: origin(&header)?,
        body,
    })
}

/// Fields of the fixed part of a record's body.
fn body_of<T>(record: &[u8]) -> Result<Fields<'_>> {
    Fields::new(record, size_of::<Header>(), size_of::<T>())
}

/// Sections behind the fixed part of a record's body.
fn sections_of<T>(record: &[u8]) -> Sections<'_> {
    Sections::new(record, size_of::<Header>() + size_of::<T>())
}

fn origin(header: &Fields<'_>) -> Result<Origin> {
    Ok(Origin {
        time: header.u64(offset_of!(Header, time))?,
        cpu: header.u16(offset_of!(Header, cpu))?,
        sequence: header.u64(offset_of!(Header, sequence))?,
        process: ProcessKey {
            pid: header.u32(offset_of!(Header, pid))?,
            start_time: header.u64(offset_of!(Header, start_time))?,
        },
        tid: header.u32(offset_of!(Header, tid))?,
        cgroup: header.u64(offset_of!(Header, cgroup))?,
        uid: header.u32(offset_of!(Header, uid))?,
        gid: header.u32(offset_of!(Header, gid))?,
        mnt_ns: header.u32(offset_of!(Header, mnt_ns))?,
        pid_ns: header.u32(offset_of!(Header, pid_ns))?,
        comm: header.padded(offset_of!(Header, comm), 16)?,
    })
}

fn fork(body: &Fields<'_>) -> Result<Fork> {
    Ok(Fork {
        child: ProcessKey {
            pid: body.u32(offset_of!(fork::Fork, child_pid))?,
            start_time: body.u64(offset_of!(fork::Fork, child_start_time))?,
        },
        child_namespace_pid: body.u32(offset_of!(fork::Fork, child_namespace_pid))?,
        child_cgroup: body.u64(offset_of!(fork::Fork, child_cgroup))?,
    })
}

fn exec(record: &[u8]) -> Result<Exec> {
    use exec::Exec as Wire;
    let body = body_of::<Wire>(record)?;
    let flags = body.u32(offset_of!(Wire, flags))?;
    let mut sections = sections_of::<Wire>(record);
    let args = sections.take(&body, offset_of!(Wire, args_len))?;
    let executable = path(sections.take(&body, offset_of!(Wire, executable_len))?);
    let cwd = path(sections.take(&body, offset_of!(Wire, cwd_len))?);
    let asked = string(sections.take(&body, offset_of!(Wire, asked_len))?);
    let interpreter = string(sections.take(&body, offset_of!(Wire, interpreter_len))?);
    let cgroup_path = path(sections.take(&body, offset_of!(Wire, cgroup_len))?);
    let environment = sections.take(&body, offset_of!(Wire, environment_len))?;
    let descriptor = |index| {
        stdio(
            &body,
            offset_of!(Wire, stdio) + index * size_of::<stdio::Stdio>(),
        )
    };
    Ok(Exec {
        parent: ProcessKey {
            pid: body.u32(offset_of!(Wire, parent_pid))?,
            start_time: body.u64(offset_of!(Wire, parent_start_time))?,
        },
        old_tid: body.u32(offset_of!(Wire, old_tid))?,
        namespace_pid: body.u32(offset_of!(Wire, namespace_pid))?,
        args: strings(args),
        args_cut: flags & (exec::FLAG_ARGS_CUT | exec::FLAG_ARGS_FAULT) != 0,
        path_cut: flags & exec::FLAG_PATH_CUT != 0,
        file: executable_file(&body, flags, &executable)?,
        executable,
        cwd,
        asked,
        interpreter,
        cgroup_path,
        environment: watched_environment(environment),
        credentials: credentials(&body)?,
        tty: body.padded(offset_of!(Wire, tty), 16)?,
        session: body.u32(offset_of!(Wire, session))?,
        namespaces: namespaces(&body, offset_of!(Wire, namespaces))?,
        stdio: [descriptor(0)?, descriptor(1)?, descriptor(2)?],
    })
}

fn executable_file(body: &Fields<'_>, flags: u32, path: &Text) -> Result<ExecutableFile> {
    use exec::Exec as Wire;
    let links = body.u32(offset_of!(Wire, links))?;
    Ok(ExecutableFile {
        inode: body.u64(offset_of!(Wire, inode))?,
        device: body.u32(offset_of!(Wire, device))?,
        size: body.u64(offset_of!(Wire, file_size))?,
        change_time: body.u64(offset_of!(Wire, change_time))?,
        mode: body.u16(offset_of!(Wire, mode))?,
        uid: body.u32(offset_of!(Wire, file_uid))?,
        deleted: links == 0,
        memfd: links == 0 && path.as_bytes().starts_with(b"/memfd:"),
        upper_layer: flags & exec::FLAG_UPPER_LAYER != 0,
    })
}

fn credentials(body: &Fields<'_>) -> Result<Credentials> {
    use exec::Exec as Wire;
    let login_uid = body.u32(offset_of!(Wire, login_uid))?;
    Ok(Credentials {
        uid: body.u32(offset_of!(Wire, real_uid))?,
        effective_uid: body.u32(offset_of!(Wire, effective_uid))?,
        saved_uid: body.u32(offset_of!(Wire, saved_uid))?,
        gid: body.u32(offset_of!(Wire, real_gid))?,
        effective_gid: body.u32(offset_of!(Wire, effective_gid))?,
        login_uid: (login_uid != u32::MAX).then_some(login_uid),
        capabilities: body.u64(offset_of!(Wire, capabilities))?,
    })
}

fn exec_failed(record: &[u8]) -> Result<ExecFailed> {
    use exec_failed::ExecFailed as Wire;
    let body = body_of::<Wire>(record)?;
    let mut sections = sections_of::<Wire>(record);
    let asked = string(sections.take(&body, offset_of!(Wire, asked_len))?);
    let args = strings(sections.take(&body, offset_of!(Wire, args_len))?);
    Ok(ExecFailed {
        errno: errno(body.i32(offset_of!(Wire, result))?),
        asked,
        args,
        args_cut: body.u32(offset_of!(Wire, args_cut))? != 0,
    })
}

fn open(record: &[u8]) -> Result<Open> {
    use open::Open as Wire;
    let body = body_of::<Wire>(record)?;
    let flags = body.u32(offset_of!(Wire, flags))?;
    let create_mode = body.u16(offset_of!(Wire, create_mode))?;
    let mut sections = sections_of::<Wire>(record);
    Ok(Open {
        path: path(sections.take(&body, offset_of!(Wire, path_len))?),
        path_cut: flags & open::FLAG_PATH_CUT != 0,
        flags: body.u32(offset_of!(Wire, open_flags))?,
        created: flags & open::FLAG_CREATED != 0,
        create_mode: (create_mode != u16::MAX).then_some(create_mode),
        inode: body.u64(offset_of!(Wire, inode))?,
        device: body.u32(offset_of!(Wire, device))?,
        mode: body.u16(offset_of!(Wire, mode))?,
        owner: body.u32(offset_of!(Wire, file_uid))?,
        size: body.u64(offset_of!(Wire, file_size))?,
    })
}

fn connect(record: &[u8]) -> Result<Connect> {
    use connect::Connect as Wire;
    let body = body_of::<Wire>(record)?;
    let family = body.u16(offset_of!(Wire, family))?;
    let path = sections_of::<Wire>(record).take(&body, offset_of!(Wire, path_len))?;
    let destination = match i32::from(family) {
        libc::AF_UNIX => Destination::Unix(unix_path(path)),
        libc::AF_INET | libc::AF_INET6 => {
            let address = address(&body, offset_of!(Wire, address), family)?;
            Destination::Inet(address, body.u16(offset_of!(Wire, port))?)
        }
        _ => return Err(DecodeError::Value),
    };
    let known = body.u32(offset_of!(Wire, flags))? & connect::FLAG_RESULT != 0;
    let result = body.i32(offset_of!(Wire, result))?;
    Ok(Connect {
        destination,
        socket_type: body.u16(offset_of!(Wire, socket_type))?,
        protocol: body.u16(offset_of!(Wire, protocol))?,
        errno: known.then_some(errno(result)),
    })
}

fn namespace(body: &Fields<'_>) -> Result<Namespace> {
    use namespace::Namespace as Wire;
    let operation = match body.u32(offset_of!(Wire, operation))? {
        namespace::OPERATION_UNSHARE => NamespaceOperation::Unshare,
        namespace::OPERATION_SETNS => NamespaceOperation::Setns,
        namespace::OPERATION_CLONE => NamespaceOperation::Clone,
        _ => return Err(DecodeError::Value),
    };
    let child = body.u32(offset_of!(Wire, child_pid))?;
    Ok(Namespace {
        operation,
        types: body.u32(offset_of!(Wire, types))?,
        errno: errno(body.i32(offset_of!(Wire, result))?),
        child_pid: (child != 0).then_some(child),
        namespaces: namespaces(body, offset_of!(Wire, namespaces))?,
    })
}

fn namespaces(body: &Fields<'_>, at: usize) -> Result<Namespaces> {
    Ok(Namespaces {
        mnt: body.u32(at + offset_of!(Namespaces, mnt))?,
        pid: body.u32(at + offset_of!(Namespaces, pid))?,
        net: body.u32(at + offset_of!(Namespaces, net))?,
        uts: body.u32(at + offset_of!(Namespaces, uts))?,
        ipc: body.u32(at + offset_of!(Namespaces, ipc))?,
        cgroup: body.u32(at + offset_of!(Namespaces, cgroup))?,
        user: body.u32(at + offset_of!(Namespaces, user))?,
        pid_for_children: body.u32(at + offset_of!(Namespaces, pid_for_children))?,
    })
}

fn stdio(body: &Fields<'_>, at: usize) -> Result<Stdio> {
    use stdio::Stdio as Wire;
    let inode = body.u64(at + offset_of!(Wire, inode))?;
    let device = body.u32(at + offset_of!(Wire, device))?;
    let special = body.u32(at + offset_of!(Wire, special))?;
    let mode = u32::from(body.u16(at + offset_of!(Wire, mode))?);
    Ok(match mode & libc::S_IFMT {
        0 if inode == 0 => Stdio::Closed,
        libc::S_IFSOCK => socket(body, at, inode)?,
        libc::S_IFIFO => {
            let named = body.bytes(at + offset_of!(Wire, state), 1)? != [0];
            Stdio::Pipe { inode, named }
        }
        libc::S_IFCHR if is_terminal(special) => Stdio::Terminal { device: special },
        libc::S_IFCHR | libc::S_IFBLK => Stdio::Device { device: special },
        _ => Stdio::File { inode, device },
    })
}

fn socket(body: &Fields<'_>, at: usize, inode: u64) -> Result<Stdio> {
    use stdio::Stdio as Wire;
    let family = body.u16(at + offset_of!(Wire, family))?;
    Ok(match i32::from(family) {
        libc::AF_UNIX => Stdio::Unix { inode },
        libc::AF_INET | libc::AF_INET6 => {
            let peer_port = body.u16(at + offset_of!(Wire, peer_port))?;
            let peer = address(body, at + offset_of!(Wire, peer_address), family)?;
            let local = address(body, at + offset_of!(Wire, local_address), family)?;
            Stdio::Inet {
                inode,
                socket_type: body.u16(at + offset_of!(Wire, socket_type))?,
                protocol: body.u16(at + offset_of!(Wire, protocol))?,
                local: (local, body.u16(at + offset_of!(Wire, local_port))?),
                peer: (peer_port != 0).then_some((peer, peer_port)),
            }
        }
        _ => Stdio::OtherSocket { inode, family },
    })
}

/// Terminals by device number (Documentation/admin-guide/devices.txt): 4 and 5 consoles and serial
/// lines, 136 to 143 pseudo terminals, 204 and 229 other serial and hypervisor consoles.
fn is_terminal(device: u32) -> bool {
    matches!(
        (device >> 20, device & 0xf_ffff),
        (4 | 136..=143 | 204 | 229, _) | (5, 0 | 1)
    )
}

/// An address; IPv4 mapped into IPv6 is IPv4, which is what travels.
fn address(body: &Fields<'_>, at: usize, family: u16) -> Result<IpAddr> {
    let bytes: [u8; 16] = body
        .bytes(at, 16)?
        .try_into()
        .map_err(|_| DecodeError::Truncated)?;
    Ok(if i32::from(family) == libc::AF_INET {
        let [a, b, c, d, ..] = bytes;
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    } else {
        Ipv6Addr::from(bytes).to_canonical()
    })
}

/// errno of a negative result, 0 otherwise.
fn errno(result: i32) -> u32 {
    if result < 0 { result.unsigned_abs() } else { 0 }
}

/// A NUL-terminated string.
fn string(section: &[u8]) -> Text {
    section
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or_default()
        .into()
}

/// A Unix socket's path: up to its NUL, or whole when the name is abstract (starts with a NUL).
fn unix_path(section: &[u8]) -> Text {
    if section.first() == Some(&0) {
        section.into()
    } else {
        string(section)
    }
}

/// NUL-separated strings; a NUL at the end ends the last one.
fn strings(section: &[u8]) -> Vec<Text> {
    if section.is_empty() {
        return Vec::new();
    }
    let section = section.strip_suffix(&[0]).unwrap_or(section);
    section.split(|byte| *byte == 0).map(Text::from).collect()
}

/// A path whose components come leaf first, each NUL terminated.
fn path(section: &[u8]) -> Text {
    let mut path = Vec::with_capacity(section.len() + 1);
    let components = section.strip_suffix(&[0]).unwrap_or(section);
    for component in components.split(|byte| *byte == 0).rev() {
        // A pseudo file's only component may start with its own slash.
        if !component.is_empty() {
            path.push(b'/');
            path.extend_from_slice(component);
        }
    }
    if path.is_empty() {
        path.push(b'/');
    }
    path.into()
}

#[cfg(test)]
pub(super) mod tests;
