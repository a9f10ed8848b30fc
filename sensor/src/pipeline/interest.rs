//! From what the rules ask for to what the kernel filter lets pass.

use std::{collections::BTreeSet, net::IpAddr};

use sensor_common::filter::{CONNECT_ALL, CONNECT_UNIX, Name, OPEN_ALL, name_key};

use crate::{
    bpf::Interest,
    detect::{
        KernelFilter,
        filter::{Because, ConnectFilter, ConnectKeys, OpenFilter, OpenKeys},
    },
};

/// What the kernel shall report for these rules.
pub(super) fn interest(filter: &KernelFilter) -> Interest {
    let mut interest = Interest::default();
    match &filter.open {
        OpenFilter::None => {}
        OpenFilter::Some(keys) => opens(keys, &mut interest),
        OpenFilter::All(because) => {
            unfiltered("open", because);
            interest.flags |= OPEN_ALL;
        }
    }
    match &filter.connect {
        ConnectFilter::None => {}
        ConnectFilter::Some(keys) => connects(keys, &mut interest),
        ConnectFilter::All { because, unix } => {
            unfiltered("connect", because);
            interest.flags |= CONNECT_ALL | if *unix { CONNECT_UNIX } else { 0 };
        }
    }
    interest
}

fn unfiltered(kind: &str, because: &Because) {
    match because {
        Because::Rule(rule) => tracing::debug!(
            rule = %rule.id,
            file = %rule.file,
            "the kernel reports every {kind}: this rule asks for what it cannot tell apart"
        ),
        Because::TooMany => tracing::debug!(
            "the kernel reports every {kind}: the rules name more than its tables hold"
        ),
    }
}

fn opens(keys: &OpenKeys, interest: &mut Interest) {
    interest.open_names = names(&keys.names);
    interest.open_directories = names(&keys.directories);
    interest.open_programs = names(&keys.programs);
}

fn connects(keys: &ConnectKeys, interest: &mut Interest) {
    interest.connect_addresses = keys.addresses.iter().flat_map(wire_forms).collect();
    interest.connect_ports.clone_from(&keys.ports);
    interest.connect_programs = names(&keys.programs);
    if keys.unix {
        interest.flags |= CONNECT_UNIX;
    }
}

fn names(names: &BTreeSet<String>) -> BTreeSet<Name> {
    names.iter().map(|name| name_key(name.as_bytes())).collect()
}

/// The forms in which an address reaches the kernel programs: IPv4 in the first four bytes, or
/// mapped into IPv6.
fn wire_forms(address: &IpAddr) -> Vec<[u8; 16]> {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            let plain = [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            vec![plain, address.to_ipv6_mapped().octets()]
        }
        IpAddr::V6(address) => vec![address.octets()],
    }
}
