//! `/proc/PID/stat` and `/proc/PID/status`.

use crate::{event::Credentials, source::files::decimal};

/// What `/proc/PID/stat` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    /// Process id of the parent.
    pub(super) parent: u32,
    /// Session id.
    pub(super) session: u32,
    /// Name of the controlling terminal as the kernel has it (`pts0`), empty when there is none.
    pub(super) tty: String,
    /// Start, clock ticks since boot.
    pub(super) start_ticks: u64,
}

impl Stat {
    /// Parses the file. The task's name may hold any byte, `)` too: fields count from the last.
    pub(super) fn parse(text: &[u8]) -> Option<Stat> {
        let close = text.iter().rposition(|byte| *byte == b')')?;
        let rest = text.get(close + 1..)?.trim_ascii();
        let fields: Vec<&[u8]> = rest.split(|byte| *byte == b' ').collect();
        // The first field here (state) is number 3 in proc_pid_stat(5).
        let number = |field: usize| decimal(fields.get(field - 3)?);
        Some(Stat {
            parent: u32::try_from(number(4)?).ok()?,
            // 0xffff_ffff and the like where a namespace hides it.
            session: number(6)
                .and_then(|session| u32::try_from(session).ok())
                .unwrap_or(0),
            tty: tty_name(
                number(7)
                    .and_then(|tty| u32::try_from(tty).ok())
                    .unwrap_or(0),
            ),
            start_ticks: number(22)?,
        })
    }
}

/// Name of a terminal by its device number, in the encoding of `/proc/PID/stat`.
fn tty_name(device: u32) -> String {
    let major = (device >> 8) & 0xfff;
    let minor = (device & 0xff) | ((device >> 12) & 0xf_ff00);
    match (major, minor) {
        (0, 0) => String::new(),
        (4, 0..64) => format!("tty{minor}"),
        (4, _) => format!("ttyS{}", minor - 64),
        (136..=143, _) => format!("pts{}", (major - 136) * 256 + minor),
        (166, _) => format!("ttyACM{minor}"),
        (188, _) => format!("ttyUSB{minor}"),
        (204, 64..) => format!("ttyAMA{}", minor - 64),
        (229, _) => format!("hvc{minor}"),
        _ => format!("{major}:{minor}"),
    }
}

/// What `/proc/PID/status` says; zero where it does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Status {
    /// Credentials, without the login's user.
    pub(super) credentials: Credentials,
    /// Process id as the process itself sees it.
    pub(super) namespace_pid: Option<u32>,
}

impl Status {
    /// Parses the file.
    pub(super) fn parse(text: &[u8]) -> Status {
        let mut status = Status::default();
        let credentials = &mut status.credentials;
        for line in text.split(|byte| *byte == b'\n') {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else {
                continue;
            };
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default();
            match name {
                b"Uid" => {
                    let mut ids = numbers(value);
                    credentials.uid = ids.next().unwrap_or_default();
                    credentials.effective_uid = ids.next().unwrap_or_default();
                    credentials.saved_uid = ids.next().unwrap_or_default();
                }
                b"Gid" => {
                    let mut ids = numbers(value);
                    credentials.gid = ids.next().unwrap_or_default();
                    credentials.effective_gid = ids.next().unwrap_or_default();
                }
                b"CapEff" => credentials.capabilities = hexadecimal(value).unwrap_or_default(),
                b"NSpid" => status.namespace_pid = numbers(value).last(),
                _ => {}
            }
        }
        status
    }
}

/// The numbers of a line, separated by blanks.
fn numbers(value: &[u8]) -> impl Iterator<Item = u32> {
    value
        .split(u8::is_ascii_whitespace)
        .filter_map(|word| u32::try_from(decimal(word)?).ok())
}

/// A number in hexadecimal digits.
fn hexadecimal(value: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(value.trim_ascii()).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_stat(text: &str, expected: Option<(u32, u32, &str, u64)>) {
        let got = Stat::parse(text.as_bytes());
        let expected = expected.map(|(parent, session, tty, start_ticks)| Stat {
            parent,
            session,
            tty: tty.to_owned(),
            start_ticks,
        });
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn stat() {
        let tail = "-1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 140140 3133440 390";
        check_stat(
            &format!("7 (cat) R 5 7 5 0 {tail}"),
            Some((5, 5, "", 140_140)),
        );
        check_stat(
            &format!("7 (a) R 1 (b) S 5 7 5 34816 {tail}\n"),
            Some((5, 5, "pts0", 140_140)),
        );
        check_stat(
            &format!("7 (\n) S 5 7 5 1025 {tail}"),
            Some((5, 5, "tty1", 140_140)),
        );
        check_stat(
            &format!("7 (x) S 5 7 -1 1088 {tail}"),
            Some((5, 0, "ttyS0", 140_140)),
        );
        check_stat("7 (x) S 5 7 5", None);
        check_stat("7 x S 5", None);
        check_stat("", None);
    }

    #[test]
    fn status() {
        let text = b"Name:\tUid:\nUid:\t1000\t0\t2\t3\nGid:\t10\t20\t0\t0\nNSpid:\t77\t5\t1\n\
            CapEff:\t000001ffffffffff\n";
        let status = Status::parse(text);
        let credentials = status.credentials;
        assert_eq!(
            (
                credentials.uid,
                credentials.effective_uid,
                credentials.saved_uid
            ),
            (1000, 0, 2)
        );
        assert_eq!((credentials.gid, credentials.effective_gid), (10, 20));
        assert_eq!(credentials.capabilities, 0x1ff_ffff_ffff);
        assert_eq!(status.namespace_pid, Some(1));
        assert_eq!(
            Status::parse(b"\xff\n:::\nUid:\nCapEff: zz"),
            Status::default()
        );
    }

    proptest! {
        #[test]
        fn any_bytes(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Stat::parse(&text);
            let _ = Status::parse(&text);
        }

        #[test]
        fn any_terminal(device: u32) {
            prop_assert_eq!(tty_name(device).is_empty(), device == 0);
        }
    }
}
