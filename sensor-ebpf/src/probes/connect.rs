//! A socket was asked to connect. Attempts count: these hooks run before the outcome is known.
//!
//! Hook: `fentry/security_socket_connect`
//! Prototype: `int security_socket_connect(struct socket *sock, struct sockaddr *address, int addrlen)`
//! Kernel: 5.8 with trampolines (arm64: 6.0)
//! Hook: `cgroup/connect4`, `cgroup/connect6`
//! Prototype: `struct bpf_sock_addr` (kernel's copy of the address)
//! Kernel: 5.8
//! Hook: `tracepoint/syscalls/sys_exit_connect` (Unix sockets beside the cgroup hooks)
//! Prototype: `long connect(int fd, struct sockaddr *uservaddr, int addrlen)`
//! Kernel: 5.8

use aya_ebpf::{
    EbpfContext,
    bindings::bpf_sock_addr,
    macros::{cgroup_sock_addr, fentry, tracepoint},
    programs::{FEntryContext, SockAddrContext, TracePointContext},
};
use sensor_common::{
    Kind,
    connect::{Connect, FLAG_RESULT, FLAG_USER_ADDRESS},
    counters::Outcome,
    filter::CONNECT_UNIX,
    limits::UNIX_PATH_SIZE,
    offsets::Place,
};

use crate::{
    emit::{self, Record},
    filter,
    kernel::{file, memory::Address, regs, socket, task},
};

/// The verdict of a cgroup hook that lets everything pass.
const ALLOW: i32 = 1;
/// `S_IFMT` and `S_IFSOCK`.
const TYPE_MASK: u16 = 0o170_000;
const TYPE_SOCKET: u16 = 0o140_000;

/// What is known of a connect to an internet address.
struct Target {
    address: [u8; 16],
    port: u16,
    family: u16,
    socket_type: u16,
    protocol: u16,
    inode: u64,
}

/// Entry, tier 1: all families, the kernel's copy of the address.
#[fentry(function = "security_socket_connect")]
fn security_socket_connect(ctx: FEntryContext) -> i32 {
    let socket = Address(ctx.arg::<u64>(0));
    let address = Address(ctx.arg::<u64>(1));
    match address.read::<u16>() {
        socket::AF_UNIX => on_unix(&Source::Kernel(address), ctx.arg::<i32>(2), None),
        socket::AF_INET => on_socket(socket, address, socket::AF_INET),
        socket::AF_INET6 => on_socket(socket, address, socket::AF_INET6),
        _ => {}
    }
    0
}

/// Entry, tier 2: IPv4.
#[cgroup_sock_addr(connect4)]
fn connect4(ctx: SockAddrContext) -> i32 {
    // SAFETY: the context of this program type; loads of these words are what it allows.
    unsafe {
        let raw = ctx.as_ptr().cast::<bpf_sock_addr>();
        on_inet(&Target {
            address: socket::ipv4((*raw).user_ip4),
            port: u16::from_be((*raw).user_port as u16),
            family: socket::AF_INET,
            socket_type: (*raw).type_ as u16,
            protocol: (*raw).protocol as u16,
            inode: 0,
        });
    }
    ALLOW
}

/// Entry, tier 2: IPv6.
#[cgroup_sock_addr(connect6)]
fn connect6(ctx: SockAddrContext) -> i32 {
    // SAFETY: as in `connect4`.
    unsafe {
        let raw = ctx.as_ptr().cast::<bpf_sock_addr>();
        // Word by word: no other load of this member is allowed.
        let words = (&raw const (*raw).user_ip6).cast::<u32>();
        let word = |index| core::ptr::read_volatile(words.add(index));
        let words: [u32; 4] = [word(0), word(1), word(2), word(3)];
        on_inet(&Target {
            address: core::mem::transmute::<[u32; 4], [u8; 16]>(words),
            port: u16::from_be((*raw).user_port as u16),
            family: socket::AF_INET6,
            socket_type: (*raw).type_ as u16,
            protocol: (*raw).protocol as u16,
            inode: 0,
        });
    }
    ALLOW
}

/// Entry, tier 2: Unix sockets, which the cgroup hooks of older kernels do not see.
#[tracepoint]
fn sys_exit_connect(ctx: TracePointContext) -> u32 {
    if !filter::wants(CONNECT_UNIX) {
        return 0;
    }
    let regs = regs::current();
    let file = file::of_descriptor(task::current(), regs.get(Place::RegsArg0));
    if file.is_null() {
        return 0;
    }
    let mode: u16 = file.follow(Place::FileInode).get(Place::InodeMode);
    if mode & TYPE_MASK != TYPE_SOCKET {
        return 0;
    }
    let sock = file.follow(Place::FilePrivate).follow(Place::SocketSk);
    if sock.get::<u16>(Place::SockFamily) == socket::AF_UNIX {
        let source = Source::User(regs.get(Place::RegsArg1));
        on_unix(
            &source,
            regs.get(Place::RegsArg2),
            Some(regs::result(&ctx) as i32),
        );
    }
    0
}

/// Describes an internet connect from the socket and the kernel's copy of the address.
#[inline(always)]
fn on_socket(socket: Address, address: Address, family: u16) {
    let sock = socket.follow(Place::SocketSk);
    // struct sockaddr_in: family, port, address; struct sockaddr_in6: family, port, flow, address.
    let bytes = if family == socket::AF_INET {
        socket::ipv4(Address(address.0 + 4).read())
    } else {
        Address(address.0 + 8).read()
    };
    on_inet(&Target {
        address: bytes,
        port: u16::from_be(Address(address.0 + 2).read()),
        family,
        socket_type: socket.get(Place::SocketType),
        protocol: sock.get(Place::SockProtocol),
        inode: socket.member(Place::SocketInode).get(Place::InodeIno),
    });
}

#[inline(always)]
fn on_inet(target: &Target) {
    if task::current_is_agent() {
        return;
    }
    if !filter::wants_connect(&target.address, target.port) {
        emit::count(Kind::Connect, Outcome::Uninteresting);
        return;
    }
    let Some((record, body)) = Record::begin::<Connect>(Kind::Connect) else {
        return;
    };
    // SAFETY: `begin` gives a body in live scratch memory.
    let connect = unsafe { &mut *body };
    connect.inode = target.inode;
    connect.family = target.family;
    connect.socket_type = target.socket_type;
    connect.protocol = target.protocol;
    connect.port = target.port;
    connect.address = target.address;
    record.send();
}

/// Where a Unix address is read from.
enum Source {
    /// The kernel's copy.
    Kernel(Address),
    /// The caller's memory, after the call.
    User(u64),
}

#[inline(always)]
fn on_unix(source: &Source, length: i32, result: Option<i32>) {
    if task::current_is_agent() {
        return;
    }
    if !filter::wants(CONNECT_UNIX) {
        emit::count(Kind::Connect, Outcome::Uninteresting);
        return;
    }
    let Some((mut record, body)) = Record::begin::<Connect>(Kind::Connect) else {
        return;
    };
    // SAFETY: `begin` gives a body in live scratch memory.
    let connect = unsafe { &mut *body };
    connect.family = socket::AF_UNIX;
    if let Some(result) = result {
        connect.result = result;
        connect.flags |= FLAG_RESULT;
    }
    // sun_path follows two bytes of family.
    let path_length = if length > 2 { (length - 2) as u64 } else { 0 };
    let path_length = if path_length > UNIX_PATH_SIZE as u64 {
        UNIX_PATH_SIZE as u64
    } else {
        path_length
    };
    connect.path_len = match source {
        Source::Kernel(address) => record.append_kernel(address.0 + 2, path_length),
        Source::User(address) => {
            connect.flags |= FLAG_USER_ADDRESS;
            record.append_user(*address + 2, path_length).0
        }
    };
    record.send();
}
