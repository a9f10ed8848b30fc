//! What file descriptors 0, 1 and 2 are wired to at exec.

/// One of the three standard descriptors.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Stdio {
    /// Inode number; equal on both ends of a pipe.
    pub inode: u64,
    /// Device of the inode's file system (kernel encoding: major << 20 | minor).
    pub device: u32,
    /// Device that a character or block special file stands for, same encoding.
    pub special: u32,
    /// File type and permissions (`i_mode`); 0 when the descriptor is closed.
    pub mode: u16,
    /// Address family of a socket (`AF_*`), 0 otherwise.
    pub family: u16,
    /// Socket type (`SOCK_*`), 0 otherwise.
    pub socket_type: u16,
    /// Protocol of an internet socket (`IPPROTO_*`), 0 otherwise.
    pub protocol: u16,
    /// Local port, host byte order.
    pub local_port: u16,
    /// Peer port, host byte order; 0 when not connected.
    pub peer_port: u16,
    /// TCP state (`TCP_*`) or state of a Unix socket; for a pipe, 1 when it has a name (FIFO).
    pub state: u8,
    /// Zero.
    pub reserved: [u8; 3],
    /// Local address; IPv4 in the first four bytes.
    pub local_address: [u8; 16],
    /// Peer address; IPv4 in the first four bytes.
    pub peer_address: [u8; 16],
}

const _: () = assert!(size_of::<Stdio>() == 64);
