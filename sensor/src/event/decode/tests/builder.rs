//! Ring records as the kernel programs write them, byte by byte; for tests and benchmarks. It knows
//! the wire types alone, and nothing of the decoder that it serves to test.

use std::mem::offset_of;

use sensor_common::{
    Header, Kind, connect, exec, exec_failed, exit, fork, namespace, open, stdio::Stdio,
};

/// Time between the start of a process and what it does, nanoseconds.
const LATER: u64 = 1_000;

/// A record in the making.
pub(crate) struct Record(Vec<u8>);

impl Record {
    /// A record of this kind with every field zero.
    pub(crate) fn new(kind: Kind) -> Self {
        let body = match kind {
            Kind::Fork => size_of::<fork::Fork>(),
            Kind::Exec => size_of::<exec::Exec>(),
            Kind::Exit => size_of::<exit::Exit>(),
            Kind::ExecFailed => size_of::<exec_failed::ExecFailed>(),
            Kind::Open => size_of::<open::Open>(),
            Kind::Connect => size_of::<connect::Connect>(),
            Kind::Namespace => size_of::<namespace::Namespace>(),
        };
        let record = Record(vec![0; size_of::<Header>() + body]);
        record.header(offset_of!(Header, kind), (kind as u16).to_ne_bytes())
    }

    /// Writes a field of the header.
    pub(crate) fn header(mut self, at: usize, bytes: impl AsRef<[u8]>) -> Self {
        for (to, from) in self.0.iter_mut().skip(at).zip(bytes.as_ref()) {
            *to = *from;
        }
        self
    }

    /// Writes a field of the body.
    pub(crate) fn body(self, at: usize, bytes: impl AsRef<[u8]>) -> Self {
        self.header(size_of::<Header>() + at, bytes)
    }

    /// Adds a section whose length is the body's field at `length_at`.
    pub(crate) fn section(self, length_at: usize, bytes: impl AsRef<[u8]>) -> Self {
        let length = bytes.as_ref().len() as u16;
        let mut record = self.body(length_at, length.to_ne_bytes());
        record.0.extend_from_slice(bytes.as_ref());
        record
    }

    /// Adds a path: its components leaf first, each with a NUL.
    pub(crate) fn path(self, length_at: usize, path: &str) -> Self {
        let mut bytes = Vec::new();
        for component in path.rsplit('/').filter(|component| !component.is_empty()) {
            bytes.extend_from_slice(component.as_bytes());
            bytes.push(0);
        }
        self.section(length_at, bytes)
    }

    /// The whole record.
    pub(crate) fn done(self) -> Vec<u8> {
        let size = self.0.len() as u32;
        self.header(offset_of!(Header, size), size.to_ne_bytes()).0
    }
}

/// What a sample record is about.
pub(crate) struct Sample<'a> {
    /// Process.
    pub(crate) pid: u32,
    /// Parent (of an exec) or child (of a fork).
    pub(crate) relative: u32,
    /// Path of the program (exec), of the opened file, or of the file that was asked for.
    pub(crate) path: &'a str,
    /// Arguments.
    pub(crate) args: &'a [&'a str],
}

/// Start of the process with this pid: any, but always the same.
pub(crate) fn start_of(pid: u32) -> u64 {
    u64::from(pid) * 20_000_000
}

/// A record of this kind with everything in it that a usual one has.
pub(crate) fn sample(kind: Kind, sample: &Sample<'_>) -> Vec<u8> {
    let start = start_of(sample.pid);
    let record = Record::new(kind)
        .header(offset_of!(Header, time), (start + LATER).to_ne_bytes())
        .header(offset_of!(Header, start_time), start.to_ne_bytes())
        .header(offset_of!(Header, pid), sample.pid.to_ne_bytes())
        .header(offset_of!(Header, tid), sample.pid.to_ne_bytes())
        .header(offset_of!(Header, cgroup), 7_u64.to_ne_bytes())
        .header(offset_of!(Header, uid), 1000_u32.to_ne_bytes())
        .header(offset_of!(Header, mnt_ns), 11_u32.to_ne_bytes())
        .header(offset_of!(Header, comm), b"worker");
    match kind {
        Kind::Fork => fork_body(record, sample),
        Kind::Exec => exec_body(record, sample),
        Kind::Exit => record.body(offset_of!(exit::Exit, status), 256_u32.to_ne_bytes()),
        Kind::ExecFailed => exec_failed_body(record, sample),
        Kind::Open => open_body(record, sample),
        Kind::Connect => connect_body(record),
        Kind::Namespace => namespace_body(record),
    }
    .done()
}

fn fork_body(record: Record, sample: &Sample<'_>) -> Record {
    use fork::Fork;
    let child = sample.relative;
    record
        .body(offset_of!(Fork, child_pid), child.to_ne_bytes())
        .body(
            offset_of!(Fork, child_start_time),
            start_of(child).to_ne_bytes(),
        )
        .body(offset_of!(Fork, child_namespace_pid), 5_u32.to_ne_bytes())
        .body(offset_of!(Fork, child_cgroup), 7_u64.to_ne_bytes())
}

fn exec_body(record: Record, sample: &Sample<'_>) -> Record {
    use exec::Exec;
    let parent = sample.relative;
    let mode = 0o100_755_u16;
    record
        .body(offset_of!(Exec, parent_pid), parent.to_ne_bytes())
        .body(
            offset_of!(Exec, parent_start_time),
            start_of(parent).to_ne_bytes(),
        )
        .body(offset_of!(Exec, old_tid), sample.pid.to_ne_bytes())
        .body(offset_of!(Exec, namespace_pid), 5_u32.to_ne_bytes())
        .body(offset_of!(Exec, effective_uid), 1000_u32.to_ne_bytes())
        .body(offset_of!(Exec, login_uid), u32::MAX.to_ne_bytes())
        .body(offset_of!(Exec, links), 1_u32.to_ne_bytes())
        .body(offset_of!(Exec, inode), 99_u64.to_ne_bytes())
        .body(offset_of!(Exec, mode), mode.to_ne_bytes())
        .body(offset_of!(Exec, tty), b"pts0")
        .body(offset_of!(Exec, stdio), pipe(41))
        .body(offset_of!(Exec, stdio) + size_of::<Stdio>(), pipe(42))
        .section(offset_of!(Exec, args_len), nul_ended(sample.args))
        .path(offset_of!(Exec, executable_len), sample.path)
        .path(offset_of!(Exec, cwd_len), "/srv/app")
        .section(offset_of!(Exec, asked_len), nul_ended(&[sample.path]))
        .section(offset_of!(Exec, interpreter_len), [])
        .path(offset_of!(Exec, cgroup_len), "/system.slice/worker.service")
}

/// The bytes of a descriptor that is an unnamed pipe.
fn pipe(inode: u64) -> Vec<u8> {
    let mut bytes = inode.to_ne_bytes().to_vec();
    bytes.resize(offset_of!(Stdio, mode), 0);
    bytes.extend(0o010_600_u16.to_ne_bytes());
    bytes
}

fn nul_ended(texts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

fn exec_failed_body(record: Record, sample: &Sample<'_>) -> Record {
    use exec_failed::ExecFailed;
    record
        .body(offset_of!(ExecFailed, result), (-2_i32).to_ne_bytes())
        .section(offset_of!(ExecFailed, asked_len), nul_ended(&[sample.path]))
        .section(offset_of!(ExecFailed, args_len), nul_ended(sample.args))
}

fn open_body(record: Record, sample: &Sample<'_>) -> Record {
    use open::Open;
    record
        .body(offset_of!(Open, inode), 98_u64.to_ne_bytes())
        .body(offset_of!(Open, file_size), 4096_u64.to_ne_bytes())
        .body(offset_of!(Open, open_flags), 0o2_u32.to_ne_bytes())
        .body(offset_of!(Open, mode), 0o100_644_u16.to_ne_bytes())
        .body(offset_of!(Open, create_mode), u16::MAX.to_ne_bytes())
        .path(offset_of!(Open, path_len), sample.path)
}

fn connect_body(record: Record) -> Record {
    use connect::Connect;
    record
        .body(offset_of!(Connect, family), 2_u16.to_ne_bytes())
        .body(offset_of!(Connect, socket_type), 1_u16.to_ne_bytes())
        .body(offset_of!(Connect, protocol), 6_u16.to_ne_bytes())
        .body(offset_of!(Connect, port), 443_u16.to_ne_bytes())
        .body(offset_of!(Connect, address), [192, 0, 2, 7])
}

fn namespace_body(record: Record) -> Record {
    use namespace::Namespace;
    let types = 0x1002_0000_u32; // user and mount
    record
        .body(
            offset_of!(Namespace, operation),
            namespace::OPERATION_UNSHARE.to_ne_bytes(),
        )
        .body(offset_of!(Namespace, types), types.to_ne_bytes())
        .body(offset_of!(Namespace, result), (-1_i32).to_ne_bytes())
}
