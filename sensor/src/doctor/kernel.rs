//! The kernel: its age, its type information, what it is locked against.

use std::{fs::File, io::Read, path::Path};

use super::{Check, read};

/// Linux that first had ring buffers, which the sensor cannot do without.
const OLDEST: (u32, u32) = (5, 8);
/// The oldest Linux that the sensor is tested on.
const OLDEST_TESTED: (u32, u32) = (5, 10);
/// First bytes of type information, in the machine's byte order.
const BTF_MAGIC: u16 = 0xeb9f;

/// Release of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    /// As the kernel says it.
    text: String,
    /// Major and minor number.
    pub(super) version: (u32, u32),
}

impl Release {
    /// Reads it below `proc`.
    pub(super) fn read(proc: &Path) -> Option<Release> {
        Release::parse(&read(&proc.join("sys/kernel/osrelease")).ok()?)
    }

    fn parse(text: &str) -> Option<Release> {
        let mut numbers = text.split(|letter: char| !letter.is_ascii_digit());
        let version = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        Some(Release {
            text: text.to_owned(),
            version,
        })
    }
}

/// Whether the kernel is new enough.
pub(super) fn release(release: Option<&Release>) -> Check {
    const NAME: &str = "kernel";
    let Some(Release { text, version }) = release else {
        return Check::degraded(
            NAME,
            "the release of the kernel is not readable",
            "make /proc/sys/kernel/osrelease readable to the sensor",
        );
    };
    if *version < OLDEST {
        let detail = format!("Linux {text} has no BPF ring buffers (Linux 5.8)");
        return Check::missing(NAME, detail, "run a kernel of at least Linux 5.10");
    }
    if *version < OLDEST_TESTED {
        let detail = format!("Linux {text} is older than what the sensor is tested on");
        return Check::degraded(NAME, detail, "run a kernel of at least Linux 5.10");
    }
    Check::ok(NAME, format!("Linux {text}"))
}

/// Whether the kernel describes its own types.
pub(super) fn btf(sys: &Path) -> Check {
    const NAME: &str = "BTF";
    let path = sys.join("kernel/btf/vmlinux");
    let remedy = "run a kernel built with CONFIG_DEBUG_INFO_BTF=y, as distributions' are since \
                  Debian 11, Ubuntu 20.10 and RHEL 8.2";
    let mut magic = [0; 2];
    let opened = File::open(&path).and_then(|mut file| {
        file.read_exact(&mut magic)?;
        file.metadata()
    });
    match opened {
        Err(error) => {
            let detail = format!("{} is not readable: {error}", path.display());
            Check::missing(NAME, detail, remedy)
        }
        Ok(_) if u16::from_ne_bytes(magic) != BTF_MAGIC => {
            Check::missing(NAME, format!("{} is not BTF", path.display()), remedy)
        }
        Ok(file) => Check::ok(
            NAME,
            format!("{} KiB at {}", file.len() / 1024, path.display()),
        ),
    }
}

/// Whether programs may read kernel memory.
pub(super) fn lockdown(sys: &Path) -> Check {
    const NAME: &str = "lockdown";
    // One line with all modes, the active one in brackets.
    let Ok(text) = read(&sys.join("kernel/security/lockdown")) else {
        return Check::ok(NAME, "not built in, or not visible");
    };
    let mode = text
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    let mode = mode.map_or(text.as_str(), |(mode, _)| mode);
    if mode == "confidentiality" {
        return Check::missing(
            NAME,
            "confidentiality: programs may not read kernel memory",
            "boot with lockdown=integrity, which still protects the kernel from being changed",
        );
    }
    Check::ok(NAME, mode)
}

/// Whether every user may load programs.
pub(super) fn unprivileged_bpf(proc: &Path) -> Check {
    const NAME: &str = "unprivileged BPF";
    match read(&proc.join("sys/kernel/unprivileged_bpf_disabled")).as_deref() {
        Ok("0") => Check::ok(
            NAME,
            "open to every user; no matter to the sensor, but a risk for the node that \
             kernel.unprivileged_bpf_disabled=2 ends",
        ),
        Ok(value) => Check::ok(
            NAME,
            format!("refused ({value}), the sensor has CAP_BPF for it"),
        ),
        Err(_) => Check::ok(NAME, "the kernel has no such setting"),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{State, tests::roots},
        *,
    };

    #[test]
    fn releases() {
        for (text, expected) in [
            ("6.18.44-fc-v669", State::Ok),
            ("5.10.0-34-cloud-amd64", State::Ok),
            ("5.8.0", State::Degraded),
            ("5.4.0-1150-azure", State::Missing),
            ("4.18.0-553.el8_10.x86_64", State::Missing),
            ("linux", State::Degraded),
            ("", State::Degraded),
        ] {
            let check = release(Release::parse(text).as_ref());
            assert_eq!(check.state, expected, "{text}");
        }
    }

    fn check(name: &str, content: &str, probe: fn(&Path) -> Check, expected: State) {
        let (directory, _) = roots(&[(name, content)]);
        let check = probe(directory.path());
        assert_eq!(check.state, expected, "{name} {content}: {}", check.detail);
    }

    #[test]
    fn settings() {
        let path = "kernel/security/lockdown";
        check(
            path,
            "[none] integrity confidentiality\n",
            lockdown,
            State::Ok,
        );
        check(
            path,
            "none [integrity] confidentiality\n",
            lockdown,
            State::Ok,
        );
        check(
            path,
            "none integrity [confidentiality]\n",
            lockdown,
            State::Missing,
        );
        check("other", "", lockdown, State::Ok);
        let path = "sys/kernel/unprivileged_bpf_disabled";
        check(path, "2\n", unprivileged_bpf, State::Ok);
        check(path, "0\n", unprivileged_bpf, State::Ok);
        check("other", "", unprivileged_bpf, State::Ok);
        check("kernel/btf/vmlinux", "no BTF at all", btf, State::Missing);
        check("kernel/btf/vmlinux", "", btf, State::Missing);
        check("other", "", btf, State::Missing);
    }

    #[test]
    fn type_information() {
        let (directory, _) = roots(&[("kernel/btf/vmlinux", "")]);
        let path = directory.path().join("kernel/btf/vmlinux");
        let mut content = BTF_MAGIC.to_ne_bytes().to_vec();
        content.resize(4096, 0);
        std::fs::write(path, content).expect("file");
        let check = btf(directory.path());
        assert_eq!(check.state, State::Ok);
        assert!(check.detail.starts_with("4 KiB at"), "{}", check.detail);
    }
}
