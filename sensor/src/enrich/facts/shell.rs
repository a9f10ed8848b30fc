//! Shells: programs that run the commands they are given.

use super::program::{Program, strip_login};
use crate::event::{Exec, Text};

/// Command shells, by base name.
const SHELLS: &[&[u8]] = &[
    b"sh", b"bash", b"dash", b"ash", b"zsh", b"ksh", b"ksh93", b"mksh", b"lksh", b"pdksh", b"oksh",
    b"fish", b"tcsh", b"csh", b"rbash", b"rzsh", b"rksh", b"yash", b"posh", b"hush", b"sash",
    b"pwsh", b"elvish", b"nu", b"rc", b"es",
];

/// Options of shells that take the next argument as their value.
const VALUED: &[&[u8]] = &[
    b"-o",
    b"+o",
    b"-O",
    b"+O",
    b"--rcfile",
    b"--init-file",
    b"-E",
];

/// Whether an exec started a command shell; see [`Program::is_shell`].
#[must_use]
pub fn is_shell(exec: &Exec) -> bool {
    Program::from(exec).is_shell()
}

/// Whether an exec started a shell that takes its commands from its standard input, not from a text
/// or a script.
#[must_use]
pub fn reads_commands(exec: &Exec) -> bool {
    let program = Program::from(exec);
    program.is_shell() && program.shell_text().is_none() && program.script().is_none()
}

/// Whether `name`, without directories, is that of a command shell.
#[must_use]
pub fn is_shell_name(name: &[u8]) -> bool {
    SHELLS.contains(&strip_login(name))
}

impl<'a> Program<'a> {
    /// Whether this is a command shell: by its executable, by the name it was started under
    /// (`exec -a sh`), or as an applet (`busybox sh`, a link `sh` to busybox). A copy under a
    /// foreign name is taken for one when its only argument is `-i` (interactive), as a shell
    /// that somebody is to type into has.
    #[must_use]
    pub fn is_shell(&self) -> bool {
        is_shell_name(self.executable.base_name())
            || self.first_name().is_some_and(is_shell_name)
            || self
                .applet()
                .is_some_and(|applet| is_shell_name(applet.name))
            || matches!(self.args, [_, only] if only.as_bytes() == b"-i") && !self.interpreted
    }

    /// The commands given to a shell as text, with `-c`: `id` in `sh -c id`.
    #[must_use]
    pub fn shell_text(&self) -> Option<&'a Text> {
        if self.interpreted || !self.is_shell() {
            return None;
        }
        match options(self.shell_args()) {
            Options::Text(text) => Some(text),
            Options::Operand(_) | Options::None => None,
        }
    }

    /// The script that an interpreter runs: the file with the `#!` line, or the first operand of
    /// a shell (`sh deploy.sh`).
    #[must_use]
    pub fn script(&self) -> Option<&'a Text> {
        if self.interpreted {
            return Some(self.asked);
        }
        if !self.is_shell() {
            return None;
        }
        match options(self.shell_args()) {
            Options::Operand(script) => Some(script),
            Options::Text(_) | Options::None => None,
        }
    }

    fn shell_args(&self) -> &'a [Text] {
        self.applet().map_or(self.args, |applet| applet.args)
    }
}

/// What follows the options of a shell.
enum Options<'a> {
    /// The text of `-c`.
    Text(&'a Text),
    /// A script.
    Operand(&'a Text),
    /// Nothing: commands come from standard input.
    None,
}

fn options(args: &[Text]) -> Options<'_> {
    let mut args = args.iter().skip(1);
    let mut wants_text = false;
    while let Some(arg) = args.next() {
        let bytes = arg.as_bytes();
        if bytes == b"--" || bytes == b"-" {
            return match args.next() {
                Some(operand) if wants_text => Options::Text(operand),
                Some(operand) => Options::Operand(operand),
                None => Options::None,
            };
        }
        let is_option = matches!(bytes.first(), Some(b'-' | b'+'));
        if !is_option {
            return if wants_text {
                Options::Text(arg)
            } else {
                Options::Operand(arg)
            };
        }
        if VALUED.contains(&bytes) {
            args.next();
            continue;
        }
        let short = bytes.strip_prefix(b"-").unwrap_or_default();
        if short.starts_with(b"-") {
            wants_text |= short == b"-command";
        } else if short.contains(&b's') && !short.contains(&b'c') {
            // `-s`: operands are arguments, commands come from standard input.
            return Options::None;
        } else {
            wants_text |= short.contains(&b'c');
            if short.last() == Some(&b'o') {
                args.next();
            }
        }
    }
    Options::None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::facts::testing::exec;

    #[test]
    fn shells() {
        let check = |executable, args: &[&str], expected| {
            let exec = exec(executable, args);
            assert_eq!(is_shell(&exec), expected, "{executable} {args:?}");
        };
        check("/bin/bash", &["bash"], true);
        check("/usr/bin/dash", &["sh", "-c", "id"], true);
        check("/bin/busybox", &["sh"], true);
        check("/bin/busybox", &["busybox", "ash", "-i"], true);
        check("/tmp/kworker", &["sh", "-i"], true);
        check("/tmp/kworker", &["-bash"], true);
        check("/tmp/kworker", &["/tmp/kworker", "-i"], true);
        check("/bin/busybox", &["busybox", "ls"], false);
        check("/bin/ls", &["ls", "sh"], false);
        check("/usr/bin/ssh", &["ssh", "host"], false);
        check("/bin/cat", &[], false);
    }

    #[test]
    fn texts_and_scripts() {
        let check = |args: &[&str], text: Option<&str>, file: Option<&str>| {
            let exec = exec("/bin/bash", args);
            let found = Program::from(&exec)
                .shell_text()
                .map(|text| text.to_str().into_owned());
            assert_eq!(found.as_deref(), text, "text of {args:?}");
            let found = Program::from(&exec)
                .script()
                .map(|text| text.to_str().into_owned());
            assert_eq!(found.as_deref(), file, "script of {args:?}");
        };
        check(&["bash", "-c", "id; date"], Some("id; date"), None);
        check(&["bash", "-lc", "id"], Some("id"), None);
        check(&["bash", "-ec", "id", "name"], Some("id"), None);
        check(&["bash", "-c", "-e", "id"], Some("id"), None);
        check(&["bash", "-eo", "pipefail", "-c", "id"], Some("id"), None);
        check(
            &["bash", "--norc", "-o", "pipefail", "x.sh"],
            None,
            Some("x.sh"),
        );
        check(
            &["bash", "/t/case.sh", "-c", "no"],
            None,
            Some("/t/case.sh"),
        );
        check(&["bash", "-s", "arg"], None, None);
        check(&["bash", "-i"], None, None);
        check(&["bash"], None, None);
    }

    #[test]
    fn script_of_an_interpreter() {
        let mut exec = exec("/usr/bin/perl", &["/usr/bin/perl", "/opt/x"]);
        exec.asked = "/opt/x".into();
        exec.interpreter = "/usr/bin/perl".into();
        assert_eq!(Program::from(&exec).script(), Some(&"/opt/x".into()));
    }
}
