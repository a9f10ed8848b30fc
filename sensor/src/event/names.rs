//! Names for the kernel's numbers.

/// Names of the set bits of `bits`, lowest first; bits without a name as `0x...`, last.
fn bit_names(bits: u64, names: impl Iterator<Item = (u64, &'static str)>) -> Vec<String> {
    let mut rest = bits;
    let mut found = Vec::new();
    for (bit, name) in names {
        if bits & bit == bit {
            found.push(name.to_owned());
            rest &= !bit;
        }
    }
    if rest != 0 {
        found.push(format!("{rest:#x}"));
    }
    found
}

/// Capabilities in the order of their numbers (`include/uapi/linux/capability.h`).
const CAPABILITIES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// Names of a capability set.
#[must_use]
pub fn capabilities(set: u64) -> Vec<String> {
    bit_names(
        set,
        CAPABILITIES
            .iter()
            .enumerate()
            .map(|(bit, name)| (1_u64 << bit, *name)),
    )
}

/// Names of `CLONE_NEW*` bits as `/proc/PID/ns` has them.
#[must_use]
pub fn namespace_types(bits: u32) -> Vec<String> {
    const TYPES: [(u64, &str); 8] = [
        (0x0000_0080, "time"),
        (0x0002_0000, "mnt"),
        (0x0200_0000, "cgroup"),
        (0x0400_0000, "uts"),
        (0x0800_0000, "ipc"),
        (0x1000_0000, "user"),
        (0x2000_0000, "pid"),
        (0x4000_0000, "net"),
    ];
    bit_names(u64::from(bits), TYPES.into_iter())
}

/// Names of the flags of `open(2)`, the access mode first.
#[must_use]
pub fn open_flags(flags: u32) -> Vec<String> {
    // libc's constants are those of the machine that this runs on. O_SYNC contains O_DSYNC and
    // O_TMPFILE contains O_DIRECTORY: both names are then shown.
    const FLAGS: [(i32, &str); 14] = [
        (libc::O_CREAT, "O_CREAT"),
        (libc::O_EXCL, "O_EXCL"),
        (libc::O_NOCTTY, "O_NOCTTY"),
        (libc::O_TRUNC, "O_TRUNC"),
        (libc::O_APPEND, "O_APPEND"),
        (libc::O_NONBLOCK, "O_NONBLOCK"),
        (libc::O_DSYNC, "O_DSYNC"),
        (libc::O_DIRECT, "O_DIRECT"),
        (libc::O_DIRECTORY, "O_DIRECTORY"),
        (libc::O_NOFOLLOW, "O_NOFOLLOW"),
        (libc::O_CLOEXEC, "O_CLOEXEC"),
        (libc::O_PATH, "O_PATH"),
        (libc::O_SYNC, "O_SYNC"),
        (libc::O_TMPFILE, "O_TMPFILE"),
    ];
    // O_LARGEFILE, which is 0 in a 64-bit libc; the kernel sets it on every open of such a program.
    const LARGE_FILE: u32 = if cfg!(target_arch = "aarch64") {
        0o400_000
    } else {
        0o100_000
    };
    // Marks that the kernel makes for itself: FMODE_EXEC, FMODE_NONOTIFY.
    const INTERNAL: u32 = LARGE_FILE | 0x20 | 0x0400_0000;
    let access = match flags & 3 {
        0 => "O_RDONLY",
        1 => "O_WRONLY",
        2 => "O_RDWR",
        _ => "O_ACCMODE",
    };
    let rest = flags & !3 & !INTERNAL;
    let named = FLAGS
        .into_iter()
        .map(|(bit, name)| (u64::from(bit.cast_unsigned()), name));
    let mut names = vec![access.to_owned()];
    names.extend(bit_names(u64::from(rest), named));
    names
}

/// Name of an errno, `OK` for 0, the number for one that is not in the table.
#[must_use]
pub fn errno(number: u32) -> String {
    const NAMES: [(i32, &str); 44] = [
        (0, "OK"),
        (libc::EPERM, "EPERM"),
        (libc::ENOENT, "ENOENT"),
        (libc::ESRCH, "ESRCH"),
        (libc::EINTR, "EINTR"),
        (libc::EIO, "EIO"),
        (libc::ENXIO, "ENXIO"),
        (libc::E2BIG, "E2BIG"),
        (libc::ENOEXEC, "ENOEXEC"),
        (libc::EBADF, "EBADF"),
        (libc::EAGAIN, "EAGAIN"),
        (libc::ENOMEM, "ENOMEM"),
        (libc::EACCES, "EACCES"),
        (libc::EFAULT, "EFAULT"),
        (libc::EBUSY, "EBUSY"),
        (libc::EEXIST, "EEXIST"),
        (libc::ENODEV, "ENODEV"),
        (libc::ENOTDIR, "ENOTDIR"),
        (libc::EISDIR, "EISDIR"),
        (libc::EINVAL, "EINVAL"),
        (libc::ENFILE, "ENFILE"),
        (libc::EMFILE, "EMFILE"),
        (libc::ETXTBSY, "ETXTBSY"),
        (libc::ENOSPC, "ENOSPC"),
        (libc::EROFS, "EROFS"),
        (libc::ENAMETOOLONG, "ENAMETOOLONG"),
        (libc::ENOSYS, "ENOSYS"),
        (libc::ELOOP, "ELOOP"),
        (libc::EUSERS, "EUSERS"),
        (libc::EPROTOTYPE, "EPROTOTYPE"),
        (libc::EOPNOTSUPP, "EOPNOTSUPP"),
        (libc::EAFNOSUPPORT, "EAFNOSUPPORT"),
        (libc::EADDRINUSE, "EADDRINUSE"),
        (libc::EADDRNOTAVAIL, "EADDRNOTAVAIL"),
        (libc::ENETDOWN, "ENETDOWN"),
        (libc::ENETUNREACH, "ENETUNREACH"),
        (libc::ECONNABORTED, "ECONNABORTED"),
        (libc::ECONNRESET, "ECONNRESET"),
        (libc::EISCONN, "EISCONN"),
        (libc::ETIMEDOUT, "ETIMEDOUT"),
        (libc::ECONNREFUSED, "ECONNREFUSED"),
        (libc::EHOSTUNREACH, "EHOSTUNREACH"),
        (libc::EALREADY, "EALREADY"),
        (libc::EINPROGRESS, "EINPROGRESS"),
    ];
    let named = NAMES
        .iter()
        .find(|(value, _)| value.cast_unsigned() == number);
    named.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

/// Name of an internet socket's protocol: `IPPROTO_*`, or by `SOCK_*` when that is 0.
#[must_use]
pub fn protocol(protocol: u16, socket_type: u16) -> String {
    match (i32::from(protocol), i32::from(socket_type)) {
        (libc::IPPROTO_TCP, _) | (0, libc::SOCK_STREAM) => "tcp".to_owned(),
        (libc::IPPROTO_UDP, _) | (0, libc::SOCK_DGRAM) => "udp".to_owned(),
        (libc::IPPROTO_ICMP, _) => "icmp".to_owned(),
        (libc::IPPROTO_ICMPV6, _) => "icmp6".to_owned(),
        (libc::IPPROTO_SCTP, _) => "sctp".to_owned(),
        (libc::IPPROTO_UDPLITE, _) => "udplite".to_owned(),
        (libc::IPPROTO_MPTCP, _) => "mptcp".to_owned(),
        (0, libc::SOCK_RAW) | (libc::IPPROTO_RAW, _) => "raw".to_owned(),
        (number, _) => number.to_string(),
    }
}

/// Name of a file's type, from the type bits of its mode.
#[must_use]
pub fn file_type(mode: u16) -> &'static str {
    match u32::from(mode) & libc::S_IFMT {
        libc::S_IFREG => "regular",
        libc::S_IFDIR => "directory",
        libc::S_IFCHR => "character_device",
        libc::S_IFBLK => "block_device",
        libc::S_IFIFO => "fifo",
        libc::S_IFLNK => "symbolic_link",
        libc::S_IFSOCK => "socket",
        _ => "unknown",
    }
}

/// Permission bits as `ls` users write them: `0644`, `4755`.
#[must_use]
pub fn permissions(mode: u16) -> String {
    format!("{:04o}", mode & 0o7777)
}

/// A device number (kernel encoding: major << 20 | minor) as `major:minor`.
#[must_use]
pub fn device(number: u32) -> String {
    format!("{}:{}", number >> 20, number & 0xf_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_bits() {
        assert_eq!(capabilities(0), Vec::<String>::new());
        assert_eq!(
            capabilities(1 | 1 << 21 | 1 << 40),
            ["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE"]
        );
        assert_eq!(capabilities(1 << 63), ["0x8000000000000000"]);
        assert_eq!(namespace_types(0x5002_0000), ["mnt", "user", "net"]);
    }

    #[test]
    fn flags_of_open() {
        assert_eq!(open_flags(0), ["O_RDONLY"]);
        assert_eq!(
            open_flags(0o101_101),
            ["O_WRONLY", "O_CREAT", "O_TRUNC"].map(String::from)
        );
        assert_eq!(open_flags(0x8000_0002), ["O_RDWR", "0x80000000"]);
        // Bits that only the kernel sets are noise to a reader.
        assert_eq!(open_flags(0o100_000), ["O_RDONLY"]);
    }

    #[test]
    fn single_numbers() {
        assert_eq!(errno(0), "OK");
        assert_eq!(errno(111), "ECONNREFUSED");
        assert_eq!(errno(4000), "4000");
        assert_eq!(protocol(0, 1), "tcp");
        assert_eq!(protocol(17, 2), "udp");
        assert_eq!(protocol(253, 3), "253");
        assert_eq!(file_type(0o100_644), "regular");
        assert_eq!(permissions(0o104_755), "4755");
        assert_eq!(device(8 << 20 | 1), "8:1");
    }
}
