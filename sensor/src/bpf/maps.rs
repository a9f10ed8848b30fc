//! The maps through which agent and kernel programs talk.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use aya::{
    Ebpf, Pod,
    maps::{Array, HashMap, MapData, PerCpuArray},
};
use sensor_common::{
    Kind,
    counters::{Outcome, counter},
    filter::{
        CONNECT_ADDRESSES, CONNECT_ALL, CONNECT_PORTS, CONNECT_PROGRAMS, Name, OPEN_ALL,
        OPEN_DIRECTORIES, OPEN_NAMES, OPEN_PROGRAMS, Switches, length_bit,
    },
    limits::FILTER_ENTRIES_MAX,
};

/// 64-bit words of [`Switches`].
const SWITCHES_WORDS: usize = size_of::<Switches>() / 8;

/// A hash map whose keys are a set.
type Set<K> = HashMap<MapData, K, u8>;

fn take<T>(ebpf: &mut Ebpf, name: &str) -> Result<T>
where
    T: TryFrom<aya::maps::Map, Error = aya::maps::MapError>,
{
    let map = ebpf
        .take_map(name)
        .with_context(|| format!("the kernel object has no map {name}"))?;
    T::try_from(map).with_context(|| format!("map {name} is of another type"))
}

/// What the kernel shall report, in the form of its maps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interest {
    /// `sensor_common::filter` bits that do not follow from the sets below (`OPEN_ALL`, ...).
    pub flags: u32,
    /// Base names of opened files.
    pub open_names: BTreeSet<Name>,
    /// Names of directories above opened files.
    pub open_directories: BTreeSet<Name>,
    /// Base names of executables whose opens are reported.
    pub open_programs: BTreeSet<Name>,
    /// Destination addresses.
    pub connect_addresses: BTreeSet<[u8; 16]>,
    /// Destination ports.
    pub connect_ports: BTreeSet<u16>,
    /// Base names of executables whose connects are reported.
    pub connect_programs: BTreeSet<Name>,
}

/// The in-kernel filter.
pub struct FilterMaps {
    switches: Array<MapData, [u64; SWITCHES_WORDS]>,
    /// What `switches` holds.
    current: Switches,
    open_names: Set<Name>,
    open_directories: Set<Name>,
    open_programs: Set<Name>,
    connect_addresses: Set<[u8; 16]>,
    connect_ports: Set<u16>,
    connect_programs: Set<Name>,
}

impl FilterMaps {
    pub(super) fn take(ebpf: &mut Ebpf) -> Result<Self> {
        Ok(FilterMaps {
            switches: take(ebpf, "SWITCHES")?,
            current: Switches::default(),
            open_names: take(ebpf, "OPEN_NAMES")?,
            open_directories: take(ebpf, "OPEN_DIRS")?,
            open_programs: take(ebpf, "OPEN_PROGRAMS")?,
            connect_addresses: take(ebpf, "CONN_ADDRESSES")?,
            connect_ports: take(ebpf, "CONN_PORTS")?,
            connect_programs: take(ebpf, "CONN_PROGRAMS")?,
        })
    }

    /// Makes the kernel report what `interest` says. While this runs the filter is the union of
    /// old and new, so a reload loses nothing.
    ///
    /// # Errors
    /// When the kernel refuses an update.
    pub fn apply(&mut self, interest: &Interest, rate: u32, burst: u32) -> Result<()> {
        let mut flags = interest.flags;
        let sets = [
            (interest.open_names.len(), OPEN_NAMES, OPEN_ALL),
            (interest.open_directories.len(), OPEN_DIRECTORIES, OPEN_ALL),
            (interest.open_programs.len(), OPEN_PROGRAMS, OPEN_ALL),
            (
                interest.connect_addresses.len(),
                CONNECT_ADDRESSES,
                CONNECT_ALL,
            ),
            (interest.connect_ports.len(), CONNECT_PORTS, CONNECT_ALL),
            (
                interest.connect_programs.len(),
                CONNECT_PROGRAMS,
                CONNECT_ALL,
            ),
        ];
        for (entries, some, all) in sets {
            if entries > FILTER_ENTRIES_MAX as usize {
                tracing::warn!(
                    entries,
                    "the rules name more than the kernel filter holds: it lets everything of that kind pass"
                );
                flags |= all;
            } else if entries > 0 {
                flags |= some;
            }
        }
        let switches = Switches {
            flags,
            rate,
            burst,
            reserved: 0,
            name_lengths: lengths(&interest.open_names),
            directory_lengths: lengths(&interest.open_directories),
        };
        let before = self.current;
        insert(&mut self.open_names, &interest.open_names)?;
        insert(&mut self.open_directories, &interest.open_directories)?;
        insert(&mut self.open_programs, &interest.open_programs)?;
        insert(&mut self.connect_addresses, &interest.connect_addresses)?;
        insert(&mut self.connect_ports, &interest.connect_ports)?;
        insert(&mut self.connect_programs, &interest.connect_programs)?;
        self.set_switches(Switches {
            flags: switches.flags | before.flags,
            name_lengths: switches.name_lengths | before.name_lengths,
            directory_lengths: switches.directory_lengths | before.directory_lengths,
            ..switches
        })?;
        retain(&mut self.open_names, &interest.open_names)?;
        retain(&mut self.open_directories, &interest.open_directories)?;
        retain(&mut self.open_programs, &interest.open_programs)?;
        retain(&mut self.connect_addresses, &interest.connect_addresses)?;
        retain(&mut self.connect_ports, &interest.connect_ports)?;
        retain(&mut self.connect_programs, &interest.connect_programs)?;
        self.set_switches(switches)
    }

    fn set_switches(&mut self, switches: Switches) -> Result<()> {
        self.switches
            .set(0, words(switches), 0)
            .context("cannot write the kernel filter's switches")?;
        self.current = switches;
        Ok(())
    }
}

/// The memory of [`Switches`], in 64-bit words.
fn words(switches: Switches) -> [u64; SWITCHES_WORDS] {
    let pair = |low: u32, high: u32| {
        let [a, b, c, d] = low.to_ne_bytes();
        let [e, f, g, h] = high.to_ne_bytes();
        u64::from_ne_bytes([a, b, c, d, e, f, g, h])
    };
    [
        pair(switches.flags, switches.rate),
        pair(switches.burst, switches.reserved),
        switches.name_lengths,
        switches.directory_lengths,
    ]
}

/// The lengths of names, each as its bit.
fn lengths(names: &BTreeSet<Name>) -> u64 {
    let length = |name: &Name| name.iter().take_while(|byte| **byte != 0).count() as u64;
    names
        .iter()
        .fold(0, |bits, name| bits | length_bit(length(name)))
}

fn insert<K: Pod + Ord>(map: &mut Set<K>, wanted: &BTreeSet<K>) -> Result<()> {
    for key in wanted.iter().take(FILTER_ENTRIES_MAX as usize) {
        map.insert(key, 1, 0)
            .context("cannot add to the kernel filter")?;
    }
    Ok(())
}

fn retain<K: Pod + Ord>(map: &mut Set<K>, wanted: &BTreeSet<K>) -> Result<()> {
    let present: Vec<K> = map.keys().filter_map(Result::ok).collect();
    for key in present.into_iter().filter(|key| !wanted.contains(key)) {
        map.remove(&key)
            .context("cannot remove from the kernel filter")?;
    }
    Ok(())
}

/// The kernel programs' counters.
pub struct Counters {
    counters: PerCpuArray<MapData, u64>,
    buckets: HashMap<MapData, u64, [u64; 3]>,
}

impl Counters {
    pub(super) fn take(ebpf: &mut Ebpf) -> Result<Self> {
        Ok(Counters {
            counters: take(ebpf, "COUNTERS")?,
            buckets: take(ebpf, "BUCKETS")?,
        })
    }

    /// Sum over all CPUs; 0 when it cannot be read.
    #[must_use]
    pub fn get(&self, kind: Kind, outcome: Outcome) -> u64 {
        self.counters
            .get(&counter(kind, outcome), 0)
            .map_or(0, |values| values.iter().sum())
    }

    /// Control groups that had records suppressed, with their counts.
    #[must_use]
    pub fn suppressed(&self) -> Vec<(u64, u64)> {
        self.buckets
            .iter()
            .filter_map(Result::ok)
            .filter_map(|(group, [_, _, suppressed])| {
                (suppressed > 0).then_some((group, suppressed))
            })
            .collect()
    }
}
