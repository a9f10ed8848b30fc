//! The capabilities that the sensor uses.

use super::{Check, State};

/// Bit of `CAP_SYS_ADMIN`, which stands for `CAP_BPF` and `CAP_PERFMON` too.
pub(super) const SYS_ADMIN: u32 = 21;
/// Bit of `CAP_SYS_RESOURCE`.
pub(super) const SYS_RESOURCE: u32 = 24;

/// A capability and what it is for.
struct Need {
    name: &'static str,
    bit: u32,
    /// Without it.
    state: State,
    /// What is lost without it.
    lost: &'static str,
    /// `CAP_SYS_ADMIN` does as well.
    in_sys_admin: bool,
}

const NEEDS: [Need; 7] = [
    Need {
        name: "CAP_BPF",
        bit: 39,
        state: State::Missing,
        lost: "no program can be loaded into the kernel",
        in_sys_admin: true,
    },
    Need {
        name: "CAP_PERFMON",
        bit: 38,
        state: State::Missing,
        lost: "no program can read kernel memory or be attached to a tracepoint",
        in_sys_admin: true,
    },
    Need {
        name: "CAP_SYS_ADMIN",
        bit: SYS_ADMIN,
        state: State::Ok,
        lost: "tracefs cannot be mounted when it is absent",
        in_sys_admin: false,
    },
    Need {
        name: "CAP_SYS_PTRACE",
        bit: 19,
        state: State::Degraded,
        lost: "executables, namespaces and descriptors of processes older than the sensor, and \
               names of users in containers",
        in_sys_admin: false,
    },
    Need {
        name: "CAP_DAC_READ_SEARCH",
        bit: 2,
        state: State::Degraded,
        lost: "files of other users below /proc/PID/root, and tracefs when the sensor is not root",
        in_sys_admin: false,
    },
    Need {
        name: "CAP_SYS_RESOURCE",
        bit: SYS_RESOURCE,
        state: State::Ok,
        lost: "the limit of locked memory, which counts before Linux 5.11, cannot be raised",
        in_sys_admin: false,
    },
    Need {
        name: "CAP_NET_ADMIN",
        bit: 12,
        state: State::Ok,
        lost: "connects cannot be watched by control group hooks where no other hook works",
        in_sys_admin: false,
    },
];

/// One check for each capability; bit n of `held` is capability n.
pub(super) fn checks(held: u64) -> impl Iterator<Item = Check> {
    NEEDS.iter().map(move |need| need.check(held))
}

/// Whether capability `bit` is among those.
pub(super) fn has(held: u64, bit: u32) -> bool {
    held >> bit & 1 == 1
}

impl Need {
    fn check(&self, held: u64) -> Check {
        let name = self.name;
        if has(held, self.bit) {
            return Check::ok(name, "held");
        }
        if self.in_sys_admin && has(held, SYS_ADMIN) {
            return Check::ok(name, "not held, CAP_SYS_ADMIN does as well");
        }
        let detail = format!("not held; without it: {}", self.lost);
        let remedy = format!("run as root, or give {name} to the sensor's container");
        match self.state {
            State::Ok => Check::ok(name, detail),
            State::Degraded => Check::degraded(name, detail, remedy),
            State::Missing => Check::missing(name, detail, remedy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(held: &[u32], expected: &[(&str, State)]) {
        let held = held.iter().fold(0, |all, bit| all | 1 << bit);
        let got: Vec<(&str, State)> = checks(held)
            .filter(|check| check.state != State::Ok)
            .map(|check| (check.name, check.state))
            .collect();
        assert_eq!(got, expected, "{held:x}");
    }

    #[test]
    fn what_is_lost() {
        let ptrace = ("CAP_SYS_PTRACE", State::Degraded);
        let search = ("CAP_DAC_READ_SEARCH", State::Degraded);
        let bpf = ("CAP_BPF", State::Missing);
        let perfmon = ("CAP_PERFMON", State::Missing);
        check(&[2, 12, 19, 21, 24, 38, 39], &[]);
        check(&[2, 19, 38, 39], &[]);
        check(&[2, 19, 21], &[]);
        check(&[38, 39], &[ptrace, search]);
        check(&[2, 19, 39], &[perfmon]);
        check(&[], &[bpf, perfmon, ptrace, search]);
    }
}
