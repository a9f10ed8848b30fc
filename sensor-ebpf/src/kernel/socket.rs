//! Sockets: family, type, addresses, from `struct sock`.

use sensor_common::{offsets::Place, stdio::Stdio};

use super::{layout, memory::Address};

/// `AF_UNIX`.
pub(crate) const AF_UNIX: u16 = 1;
/// `AF_INET`.
pub(crate) const AF_INET: u16 = 2;
/// `AF_INET6`.
pub(crate) const AF_INET6: u16 = 10;

/// Fills in what a `struct socket` tells.
#[inline(always)]
pub(crate) fn describe(socket: Address, stdio: &mut Stdio) {
    let sock = socket.follow(Place::SocketSk);
    stdio.socket_type = socket.get(Place::SocketType);
    if sock.is_null() {
        return;
    }
    stdio.family = sock.get(Place::SockFamily);
    stdio.state = sock.get(Place::SockState);
    if stdio.family == AF_INET {
        stdio.peer_address = ipv4(sock.get(Place::SockDaddr));
        stdio.local_address = ipv4(sock.get(Place::SockRcvSaddr));
    } else if stdio.family == AF_INET6 && layout::has(Place::SockV6Daddr) {
        stdio.peer_address = sock.get(Place::SockV6Daddr);
        stdio.local_address = sock.get(Place::SockV6RcvSaddr);
    } else {
        return;
    }
    stdio.protocol = sock.get(Place::SockProtocol);
    stdio.peer_port = u16::from_be(sock.get(Place::SockDport));
    stdio.local_port = sock.get(Place::SockNum);
}

/// An IPv4 address in network order as the first four of sixteen bytes.
#[inline(always)]
pub(crate) fn ipv4(address: u32) -> [u8; 16] {
    let [a, b, c, d] = address.to_ne_bytes();
    [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}
