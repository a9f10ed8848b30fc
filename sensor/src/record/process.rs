//! Processes in recordings.

use std::{net::IpAddr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    enrich::{Container, Image, Process, command_line},
    event::{Credentials, Exec, ExecutableFile, Namespaces, ProcessKey, Stdio, Text},
};

/// What the process table held about a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessSnapshot {
    key: Key,
    parent: Option<Key>,
    namespace_pid: u32,
    cgroup: u64,
    cgroup_path: Bytes,
    exited: Option<u64>,
    remote: Option<(IpAddr, u16)>,
    remote_time: u64,
    in_container: bool,
    exec_time: u64,
    exec_cgroup: u64,
    user: Option<String>,
    exec_parent: Key,
    old_tid: u32,
    args: Vec<Bytes>,
    args_cut: bool,
    environment: Vec<Bytes>,
    executable: Bytes,
    path_cut: bool,
    cwd: Bytes,
    asked: Bytes,
    interpreter: Bytes,
    file: File,
    credentials: Ids,
    tty: Bytes,
    session: u32,
    namespaces: [u32; 8],
    stdio: [Descriptor; 3],
}

/// Bytes that are usually text: a string when they are UTF-8, else a list of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Bytes {
    Text(String),
    Raw(Vec<u8>),
}

impl From<&Text> for Bytes {
    fn from(text: &Text) -> Self {
        match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => Bytes::Text(text.to_owned()),
            Err(_) => Bytes::Raw(text.as_bytes().to_vec()),
        }
    }
}

impl From<&Bytes> for Text {
    fn from(bytes: &Bytes) -> Self {
        match bytes {
            Bytes::Text(text) => Text::from(text.as_str()),
            Bytes::Raw(bytes) => Text::from(bytes.as_slice()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    pid: u32,
    start_time: u64,
}

impl From<ProcessKey> for Key {
    fn from(key: ProcessKey) -> Self {
        Key {
            pid: key.pid,
            start_time: key.start_time,
        }
    }
}

impl From<Key> for ProcessKey {
    fn from(key: Key) -> Self {
        ProcessKey {
            pid: key.pid,
            start_time: key.start_time,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct File {
    inode: u64,
    device: u32,
    size: u64,
    change_time: u64,
    mode: u16,
    uid: u32,
    deleted: bool,
    memfd: bool,
    upper_layer: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ids {
    uid: u32,
    effective_uid: u32,
    saved_uid: u32,
    gid: u32,
    effective_gid: u32,
    login_uid: Option<u32>,
    capabilities: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Descriptor {
    Closed,
    File {
        inode: u64,
        device: u32,
    },
    Terminal {
        device: u32,
    },
    Device {
        device: u32,
    },
    Pipe {
        inode: u64,
        named: bool,
    },
    Inet {
        inode: u64,
        socket_type: u16,
        protocol: u16,
        local: (IpAddr, u16),
        peer: Option<(IpAddr, u16)>,
    },
    Unix {
        inode: u64,
    },
    OtherSocket {
        inode: u64,
        family: u16,
    },
}

impl From<&Stdio> for Descriptor {
    fn from(stdio: &Stdio) -> Self {
        match *stdio {
            Stdio::Closed => Descriptor::Closed,
            Stdio::File { inode, device } => Descriptor::File { inode, device },
            Stdio::Terminal { device } => Descriptor::Terminal { device },
            Stdio::Device { device } => Descriptor::Device { device },
            Stdio::Pipe { inode, named } => Descriptor::Pipe { inode, named },
            Stdio::Inet {
                inode,
                socket_type,
                protocol,
                local,
                peer,
            } => Descriptor::Inet {
                inode,
                socket_type,
                protocol,
                local,
                peer,
            },
            Stdio::Unix { inode } => Descriptor::Unix { inode },
            Stdio::OtherSocket { inode, family } => Descriptor::OtherSocket { inode, family },
        }
    }
}

impl From<&Descriptor> for Stdio {
    fn from(descriptor: &Descriptor) -> Self {
        match *descriptor {
            Descriptor::Closed => Stdio::Closed,
            Descriptor::File { inode, device } => Stdio::File { inode, device },
            Descriptor::Terminal { device } => Stdio::Terminal { device },
            Descriptor::Device { device } => Stdio::Device { device },
            Descriptor::Pipe { inode, named } => Stdio::Pipe { inode, named },
            Descriptor::Inet {
                inode,
                socket_type,
                protocol,
                local,
                peer,
            } => Stdio::Inet {
                inode,
                socket_type,
                protocol,
                local,
                peer,
            },
            Descriptor::Unix { inode } => Stdio::Unix { inode },
            Descriptor::OtherSocket { inode, family } => Stdio::OtherSocket { inode, family },
        }
    }
}

impl From<&Process> for ProcessSnapshot {
    fn from(process: &Process) -> Self {
        let image = &process.image;
        let exec = &image.exec;
        let file = &exec.file;
        let ids = &exec.credentials;
        let ns = &exec.namespaces;
        let [stdin, stdout, stderr] = &exec.stdio;
        ProcessSnapshot {
            key: process.key.into(),
            parent: process.parent.map(Key::from),
            namespace_pid: process.namespace_pid,
            cgroup: process.cgroup,
            cgroup_path: (&exec.cgroup_path).into(),
            exited: process.exited,
            remote: process.remote,
            remote_time: process.remote_time,
            in_container: image.in_container,
            exec_time: image.time,
            exec_cgroup: image.cgroup,
            user: image.user.clone(),
            exec_parent: exec.parent.into(),
            old_tid: exec.old_tid,
            args: exec.args.iter().map(Bytes::from).collect(),
            args_cut: exec.args_cut,
            environment: exec.environment.iter().map(Bytes::from).collect(),
            executable: (&exec.executable).into(),
            path_cut: exec.path_cut,
            cwd: (&exec.cwd).into(),
            asked: (&exec.asked).into(),
            interpreter: (&exec.interpreter).into(),
            file: File {
                inode: file.inode,
                device: file.device,
                size: file.size,
                change_time: file.change_time,
                mode: file.mode,
                uid: file.uid,
                deleted: file.deleted,
                memfd: file.memfd,
                upper_layer: file.upper_layer,
            },
            credentials: Ids {
                uid: ids.uid,
                effective_uid: ids.effective_uid,
                saved_uid: ids.saved_uid,
                gid: ids.gid,
                effective_gid: ids.effective_gid,
                login_uid: ids.login_uid,
                capabilities: ids.capabilities,
            },
            tty: (&exec.tty).into(),
            session: exec.session,
            namespaces: [
                ns.mnt,
                ns.pid,
                ns.net,
                ns.uts,
                ns.ipc,
                ns.cgroup,
                ns.user,
                ns.pid_for_children,
            ],
            stdio: [stdin.into(), stdout.into(), stderr.into()],
        }
    }
}

impl ProcessSnapshot {
    /// The process's control group, 0 when unknown.
    #[must_use]
    pub fn cgroup(&self) -> u64 {
        self.cgroup
    }

    /// Path of the process's control group, from which its container follows.
    #[must_use]
    pub fn cgroup_path(&self) -> Text {
        (&self.cgroup_path).into()
    }

    /// The process as the table holds it, with the container that its control group stands for.
    #[must_use]
    pub fn to_process(&self, container: Option<Arc<Container>>) -> Process {
        let exec = self.to_exec();
        let image = Image {
            command_line: command_line(&exec.args),
            user: self.user.clone(),
            in_container: self.in_container,
            time: self.exec_time,
            cgroup: self.exec_cgroup,
            exec,
        };
        Process {
            key: self.key.into(),
            parent: self.parent.map(ProcessKey::from),
            namespace_pid: self.namespace_pid,
            image: Arc::new(image),
            cgroup: self.cgroup,
            container,
            exited: self.exited,
            remote: self.remote,
            remote_time: self.remote_time,
        }
    }

    fn to_exec(&self) -> Exec {
        let [mnt, pid, net, uts, ipc, cgroup, user, pid_for_children] = self.namespaces;
        let [stdin, stdout, stderr] = &self.stdio;
        Exec {
            parent: self.exec_parent.into(),
            old_tid: self.old_tid,
            namespace_pid: self.namespace_pid,
            args: self.args.iter().map(Text::from).collect(),
            args_cut: self.args_cut,
            environment: self.environment.iter().map(Text::from).collect(),
            executable: (&self.executable).into(),
            path_cut: self.path_cut,
            cwd: (&self.cwd).into(),
            asked: (&self.asked).into(),
            interpreter: (&self.interpreter).into(),
            cgroup_path: (&self.cgroup_path).into(),
            file: ExecutableFile {
                inode: self.file.inode,
                device: self.file.device,
                size: self.file.size,
                change_time: self.file.change_time,
                mode: self.file.mode,
                uid: self.file.uid,
                deleted: self.file.deleted,
                memfd: self.file.memfd,
                upper_layer: self.file.upper_layer,
            },
            credentials: Credentials {
                uid: self.credentials.uid,
                effective_uid: self.credentials.effective_uid,
                saved_uid: self.credentials.saved_uid,
                gid: self.credentials.gid,
                effective_gid: self.credentials.effective_gid,
                login_uid: self.credentials.login_uid,
                capabilities: self.credentials.capabilities,
            },
            tty: (&self.tty).into(),
            session: self.session,
            namespaces: Namespaces {
                mnt,
                pid,
                net,
                uts,
                ipc,
                cgroup,
                user,
                pid_for_children,
            },
            stdio: [stdin.into(), stdout.into(), stderr.into()],
        }
    }
}
