//! What the links below `/proc/PID` lead to: the executable, namespaces, standard descriptors.

use std::path::Path;

use rustix::fs::{FileType, Statx};

use super::sockets::Sockets;
use crate::{
    event::{ExecutableFile, Namespaces, Stdio, Text},
    source::files::{attributes, bracketed, kernel_device, link, live_link, namespace},
};

/// Majors of device numbers that are terminals: consoles and serial lines, `/dev/tty` and
/// `/dev/console`, pseudo terminals, USB and other serial lines, hypervisor consoles.
const TERMINAL_MAJORS: [u32; 14] = [
    4, 5, 136, 137, 138, 139, 140, 141, 142, 143, 166, 188, 204, 229,
];

/// Path of the executable, and its file.
pub(super) fn executable(process: &Path) -> (Text, ExecutableFile) {
    let link_path = process.join("exe");
    let (path, marked) = live_link(&link_path);
    let memfd = path.starts_with(b"/memfd:");
    let file = match attributes(&link_path) {
        Some(found) => ExecutableFile {
            memfd,
            ..executable_file(&found)
        },
        None => ExecutableFile {
            memfd,
            deleted: marked,
            ..ExecutableFile::default()
        },
    };
    (path.into(), file)
}

fn executable_file(found: &Statx) -> ExecutableFile {
    ExecutableFile {
        inode: found.stx_ino,
        device: kernel_device(found.stx_dev_major, found.stx_dev_minor),
        size: found.stx_size,
        change_time: u64::try_from(found.stx_ctime.tv_sec).unwrap_or_default(),
        mode: found.stx_mode,
        uid: found.stx_uid,
        deleted: found.stx_nlink == 0,
        memfd: false,
        // Only the kernel's own view of overlayfs tells.
        upper_layer: false,
    }
}

/// Namespaces of a process.
pub(super) fn namespaces(process: &Path) -> Namespaces {
    let inode = |name| namespace(process, name).unwrap_or_default();
    Namespaces {
        mnt: inode("mnt"),
        pid: inode("pid"),
        net: inode("net"),
        uts: inode("uts"),
        ipc: inode("ipc"),
        cgroup: inode("cgroup"),
        user: inode("user"),
        pid_for_children: inode("pid_for_children"),
    }
}

/// What descriptor `number` of a process is wired to.
pub(super) fn stdio(
    process: &Path,
    number: usize,
    net_namespace: u32,
    sockets: &mut Sockets,
) -> Stdio {
    let path = process.join("fd").join(number.to_string());
    let target = link(&path);
    if target.starts_with(b"socket:[") {
        let inode = bracketed(&target).unwrap_or_default();
        return sockets.get(process, net_namespace, inode);
    }
    if target.starts_with(b"pipe:[") {
        return Stdio::Pipe {
            inode: bracketed(&target).unwrap_or_default(),
            named: false,
        };
    }
    if target.is_empty() {
        return Stdio::Closed;
    }
    attributes(&path).map_or(
        Stdio::File {
            inode: 0,
            device: 0,
        },
        |found| opened_file(&found),
    )
}

/// What a descriptor of a file with a name is wired to.
fn opened_file(found: &Statx) -> Stdio {
    let inode = found.stx_ino;
    match FileType::from_raw_mode(found.stx_mode.into()) {
        FileType::Fifo => Stdio::Pipe { inode, named: true },
        FileType::CharacterDevice | FileType::BlockDevice => {
            let device = kernel_device(found.stx_rdev_major, found.stx_rdev_minor);
            if TERMINAL_MAJORS.contains(&found.stx_rdev_major) {
                Stdio::Terminal { device }
            } else {
                Stdio::Device { device }
            }
        }
        _ => {
            let device = kernel_device(found.stx_dev_major, found.stx_dev_minor);
            Stdio::File { inode, device }
        }
    }
}
