//! What the kernel must report so that no loaded rule misses anything: derived from the rules.
//!
//! The filter is a superset: it may let through what no rule wants, and stops only what no rule
//! can match. Two limits come with looking at names in the kernel. Names compare as the file system
//! does, with their case, while Sigma ignores it. And a rule for everything below a directory sees
//! [`FILTER_DIRECTORY_DEPTH`](sensor_common::limits::FILTER_DIRECTORY_DEPTH) levels of it.

mod keys;

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use sensor_common::limits::FILTER_ENTRIES_MAX;

use super::{Category, Rule, load::Checked};
use keys::{Key, keys_of};

/// What the kernel must report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelFilter {
    /// Opened files.
    pub open: OpenFilter,
    /// Connections.
    pub connect: ConnectFilter,
    /// Namespaces that are created or joined, all or none.
    pub namespace: bool,
    /// Execs that are refused, all or none. Execs that succeed are always reported.
    pub exec_failed: bool,
}

/// Which opens the kernel must report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenFilter {
    /// None: no rule is about files.
    None,
    /// Those that have one of these.
    Some(OpenKeys),
    /// All, since this cannot be told from less.
    All(Because),
}

/// What an open must have one of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenKeys {
    /// Base names of the file.
    pub names: BTreeSet<String>,
    /// Names of directories above the file.
    pub directories: BTreeSet<String>,
    /// Base names of the acting executable.
    pub programs: BTreeSet<String>,
}

/// Which connects the kernel must report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectFilter {
    /// None: no rule is about connections.
    None,
    /// Those that have one of these.
    Some(ConnectKeys),
    /// All to internet addresses, since this cannot be told from less; and those to Unix sockets
    /// when a rule names them.
    All {
        /// Why.
        because: Because,
        /// Unix sockets too.
        unix: bool,
    },
}

/// What a connect must have one of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectKeys {
    /// Destination addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// Destination ports.
    pub ports: BTreeSet<u16>,
    /// Base names of the acting executable.
    pub programs: BTreeSet<String>,
    /// It is to a Unix socket.
    pub unix: bool,
}

/// Why everything must be reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// What this rule asks for cannot be told in the kernel.
    Rule(Arc<Rule>),
    /// The rules name more than the kernel's tables hold.
    TooMany,
}

impl KernelFilter {
    /// Derives the filter from checked rules.
    pub(super) fn of(rules: &[Checked]) -> Self {
        let about = |category| rules.iter().any(|checked| checked.category == category);
        KernelFilter {
            open: open(rules),
            connect: connect(rules),
            namespace: about(Category::Namespace),
            exec_failed: about(Category::ProcessCreation),
        }
    }
}

fn open(rules: &[Checked]) -> OpenFilter {
    let is_file =
        |checked: &&Checked| matches!(checked.category, Category::FileEvent | Category::FileOpen);
    let mut keys = OpenKeys::default();
    let mut any = false;
    for checked in rules.iter().filter(is_file) {
        any = true;
        let Some(found) = keys_of(&checked.sigma.detection) else {
            return OpenFilter::All(Because::Rule(Arc::new(checked.rule.clone())));
        };
        for key in found {
            match key {
                Key::Name(name) => keys.names.insert(name),
                Key::Directory(name) => keys.directories.insert(name),
                Key::Program(name) => keys.programs.insert(name),
                // Not of a file: such an event never comes.
                Key::Address(_) | Key::Port(_) | Key::Unix => false,
            };
        }
    }
    if [&keys.names, &keys.directories, &keys.programs]
        .into_iter()
        .any(too_many)
    {
        OpenFilter::All(Because::TooMany)
    } else if any {
        OpenFilter::Some(keys)
    } else {
        OpenFilter::None
    }
}

fn connect(rules: &[Checked]) -> ConnectFilter {
    let mut keys = ConnectKeys::default();
    let mut any = false;
    let mut because = None;
    let is_connect = |checked: &&Checked| checked.category == Category::NetworkConnection;
    for checked in rules.iter().filter(is_connect) {
        any = true;
        let Some(found) = keys_of(&checked.sigma.detection) else {
            // It may be about Unix sockets only if it names their path.
            let mut names = super::walk::field_names(&checked.sigma.detection);
            keys.unix |= names.any(|name| name == "UnixPath");
            because.get_or_insert_with(|| Because::Rule(Arc::new(checked.rule.clone())));
            continue;
        };
        for key in found {
            match key {
                Key::Address(address) => keys.addresses.insert(address),
                Key::Port(port) => keys.ports.insert(port),
                Key::Program(name) => keys.programs.insert(name),
                Key::Unix => std::mem::replace(&mut keys.unix, true),
                Key::Name(_) | Key::Directory(_) => false,
            };
        }
    }
    if too_many(&keys.addresses) || too_many(&keys.ports) || too_many(&keys.programs) {
        because.get_or_insert(Because::TooMany);
    }
    match because {
        Some(because) => ConnectFilter::All {
            because,
            unix: keys.unix,
        },
        None if any => ConnectFilter::Some(keys),
        None => ConnectFilter::None,
    }
}

fn too_many<T>(set: &BTreeSet<T>) -> bool {
    set.len() > FILTER_ENTRIES_MAX as usize
}

#[cfg(test)]
mod tests;
