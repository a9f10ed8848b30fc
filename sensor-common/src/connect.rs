//! A socket was asked to connect. Section: path (Unix sockets).

/// The address was read from user memory after the call, not from the kernel's copy.
pub const FLAG_USER_ADDRESS: u32 = 1 << 0;
/// `result` holds the call's result; else the hook runs before it is known.
pub const FLAG_RESULT: u32 = 1 << 1;

/// Fixed part of a connect record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Connect {
    /// Inode number of the socket; 0 where the hook cannot see it.
    pub inode: u64,
    /// `FLAG_*` of this module.
    pub flags: u32,
    /// 0, or a negative errno; see [`FLAG_RESULT`].
    pub result: i32,
    /// Address family (`AF_UNIX`, `AF_INET`, `AF_INET6`).
    pub family: u16,
    /// Socket type (`SOCK_*`).
    pub socket_type: u16,
    /// Protocol (`IPPROTO_*`).
    pub protocol: u16,
    /// Destination port, host byte order.
    pub port: u16,
    /// Destination address; IPv4 in the first four bytes.
    pub address: [u8; 16],
    /// Bytes of section `path`: `sun_path`; abstract names start with a NUL.
    pub path_len: u16,
    /// Zero.
    pub reserved: [u16; 3],
}

const _: () = assert!(size_of::<Connect>() == 48);
