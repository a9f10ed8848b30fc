//! The command that matters behind wrappers such as `timeout 5 env A=1 nc ...`.

use super::program::{Program, applet_of};
use crate::event::{Text, base_name};

/// A command: its name and its arguments, its own name first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command<'a> {
    /// Name without directories; of the applet for a multi-call program.
    pub name: &'a [u8],
    /// Arguments, the name first.
    pub args: &'a [Text],
}

/// Wrappers inside of wrappers that are looked through; more is not written in earnest.
const DEPTH_MAX: usize = 8;

/// A program that runs the command in its arguments.
struct Wrapper {
    name: &'static [u8],
    /// Options whose value is the next argument.
    valued: &'static [&'static [u8]],
    /// Operands before the command.
    operands: usize,
    /// `NAME=value` arguments come before the command.
    assignments: bool,
}

const fn wrapper(
    name: &'static [u8],
    valued: &'static [&'static [u8]],
    operands: usize,
    assignments: bool,
) -> Wrapper {
    Wrapper {
        name,
        valued,
        operands,
        assignments,
    }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper(
        b"env",
        &[b"-u", b"--unset", b"-C", b"--chdir", b"-a"],
        0,
        true,
    ),
    wrapper(
        b"timeout",
        &[b"-k", b"--kill-after", b"-s", b"--signal"],
        1,
        false,
    ),
    wrapper(b"nohup", &[], 0, false),
    wrapper(b"setsid", &[], 0, false),
    wrapper(b"nice", &[b"-n", b"--adjustment"], 0, false),
    wrapper(
        b"ionice",
        &[b"-c", b"--class", b"-n", b"--classdata"],
        0,
        false,
    ),
    wrapper(b"chrt", &[b"-T", b"-P", b"-D"], 1, false),
    wrapper(b"taskset", &[], 1, false),
    wrapper(b"stdbuf", &[b"-i", b"-o", b"-e"], 0, false),
    wrapper(b"time", &[b"-f", b"--format", b"-o", b"--output"], 0, false),
    wrapper(
        b"xargs",
        &[
            b"-I",
            b"-n",
            b"-P",
            b"-L",
            b"-d",
            b"-a",
            b"-s",
            b"-E",
            b"--max-args",
            b"--max-procs",
            b"--delimiter",
            b"--arg-file",
        ],
        0,
        false,
    ),
    wrapper(
        b"sudo",
        &[
            b"-u", b"--user", b"-g", b"--group", b"-h", b"-p", b"-C", b"-r", b"-t", b"-D", b"-R",
        ],
        0,
        true,
    ),
    wrapper(b"doas", &[b"-u", b"-C"], 0, false),
    wrapper(b"chroot", &[], 1, false),
    wrapper(b"tini", &[b"-p", b"-e"], 0, false),
    wrapper(b"dumb-init", &[b"-r", b"--rewrite"], 0, false),
    wrapper(b"catatonit", &[], 0, false),
];

impl<'a> Program<'a> {
    /// The command that this is about, behind its wrappers. A wrapper without a command is itself
    /// the command.
    #[must_use]
    pub fn command(&self) -> Command<'a> {
        unwrap(self.executable.base_name(), self.args)
    }
}

fn unwrap<'a>(executable: &'a [u8], args: &'a [Text]) -> Command<'a> {
    let mut found = start(executable, args);
    for _ in 0..DEPTH_MAX {
        let Some(inner) = inner(&found) else { break };
        found = inner;
    }
    found
}

/// The command as it stands. A link is named after the link: that is the tool that was asked for.
fn start<'a>(executable: &'a [u8], args: &'a [Text]) -> Command<'a> {
    match applet_of(executable, args) {
        Some(applet) => Command {
            name: applet.name,
            args: applet.args,
        },
        None => Command {
            name: executable,
            args,
        },
    }
}

fn inner<'a>(outer: &Command<'a>) -> Option<Command<'a>> {
    let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.name == outer.name)?;
    let mut rest = outer.args.get(1..)?;
    let mut operands = wrapper.operands;
    loop {
        let (arg, after) = rest.split_first()?;
        let bytes = arg.as_bytes();
        if bytes == b"--" {
            rest = after;
        } else if bytes.starts_with(b"-") {
            rest = if wrapper.valued.contains(&bytes) {
                after.get(1..)?
            } else {
                after
            };
        } else if wrapper.assignments && is_assignment(bytes) {
            rest = after;
        } else if operands > 0 {
            operands -= 1;
            rest = after;
        } else {
            return Some(start(base_name(bytes), rest));
        }
    }
}

/// `NAME=value`.
fn is_assignment(arg: &[u8]) -> bool {
    let mut parts = arg.splitn(2, |byte| *byte == b'=');
    let name = parts.next().unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    parts.next().is_some() && !name.is_empty() && name.iter().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::facts::testing::exec;

    #[test]
    fn wrappers() {
        let check = |executable, args: &[&str], expected: &[&str]| {
            let exec = exec(executable, args);
            let command = Program::from(&exec).command();
            let found: Vec<_> = command.args.iter().map(Text::to_str).collect();
            assert_eq!(found, expected, "{executable} {args:?}");
        };
        check("/bin/nc", &["nc", "h", "1"], &["nc", "h", "1"]);
        check(
            "/usr/bin/timeout",
            &["timeout", "-k", "1", "5", "nc", "h"],
            &["nc", "h"],
        );
        check(
            "/usr/bin/env",
            &["env", "-i", "A=1", "/bin/nc", "h"],
            &["/bin/nc", "h"],
        );
        check(
            "/usr/bin/sudo",
            &["sudo", "-u", "root", "nohup", "nice", "-n", "5", "nc", "h"],
            &["nc", "h"],
        );
        check("/bin/busybox", &["busybox", "timeout", "5", "sh"], &["sh"]);
        check("/bin/busybox", &["timeout", "5", "busybox", "nc"], &["nc"]);
        check(
            "/usr/bin/xargs",
            &["xargs", "-I", "{}", "rm", "{}"],
            &["rm", "{}"],
        );
        check("/usr/bin/env", &["env"], &["env"]);
        check("/usr/bin/timeout", &["timeout", "5"], &["timeout", "5"]);
    }

    #[test]
    fn endless_wrapping_ends() {
        let args = vec!["nohup"; 10_000];
        let exec = exec("/usr/bin/nohup", &args);
        assert_eq!(Program::from(&exec).command().name, b"nohup");
    }
}
