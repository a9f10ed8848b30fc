//! Under which names a program goes.

use crate::event::{Exec, ExecFailed, Text, base_name};

/// A program and how it was started, borrowed from an exec or from an attempt at one.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// Path of the executable; the asked path where it never came to run.
    pub executable: &'a Text,
    /// The path given to exec: for a script, the script.
    pub asked: &'a Text,
    /// Whether an interpreter runs it.
    pub interpreted: bool,
    /// Arguments, `args[0]` first.
    pub args: &'a [Text],
}

impl<'a> From<&'a Exec> for Program<'a> {
    fn from(exec: &'a Exec) -> Self {
        Program {
            executable: &exec.executable,
            asked: &exec.asked,
            interpreted: !exec.interpreter.is_empty(),
            args: &exec.args,
        }
    }
}

impl<'a> From<&'a ExecFailed> for Program<'a> {
    fn from(failed: &'a ExecFailed) -> Self {
        Program {
            executable: &failed.asked,
            asked: &failed.asked,
            interpreted: false,
            args: &failed.args,
        }
    }
}

/// Programs that hold many tools and choose one by `argv[0]` or by their first argument. Copies
/// keep the word at the front of their name (`busybox.static`), or they could not choose.
const MULTI_CALL: &[&[u8]] = &[b"busybox", b"toybox", b"coreutils"];

/// A tool of a multi-call program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applet<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its arguments, its own name first.
    pub args: &'a [Text],
}

/// [`Program::applet`] of the program `name` started with `args`.
pub(super) fn applet_of<'a>(name: &[u8], args: &'a [Text]) -> Option<Applet<'a>> {
    let first = strip_login(base_name(args.first()?.as_bytes()));
    if is_multi_call(first) {
        let args = args.get(1..)?;
        let name = args.first()?.as_bytes();
        // `--install`, `--list`: the program itself is meant.
        return (!name.starts_with(b"-")).then_some(Applet {
            name: base_name(name),
            args,
        });
    }
    let name_fits = is_multi_call(name) && !first.is_empty();
    name_fits.then_some(Applet { name: first, args })
}

fn is_multi_call(name: &[u8]) -> bool {
    MULTI_CALL.iter().any(|known| name.starts_with(known))
}

impl<'a> Program<'a> {
    /// The tool that a multi-call program was asked for; `None` for any other program.
    #[must_use]
    pub fn applet(&self) -> Option<Applet<'a>> {
        applet_of(self.executable.base_name(), self.args)
    }

    /// `argv[0]` without directories and without the `-` of a login shell.
    #[must_use]
    pub fn first_name(&self) -> Option<&'a [u8]> {
        let first = self.args.first()?.as_bytes();
        Some(strip_login(base_name(first)))
    }

    /// The names of the program, without directories: of its executable, of the path that was
    /// asked for (a link or a script), of `argv[0]` and of the applet. None comes twice.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> {
        let executable = self.executable.base_name();
        let asked = Some(self.asked.base_name()).filter(|name| *name != executable);
        let first = self
            .first_name()
            .filter(|name| *name != executable && Some(*name) != asked);
        let applet = self.applet().map(|applet| applet.name);
        let applet = applet
            .filter(|name| *name != executable && Some(*name) != asked && Some(*name) != first);
        [Some(executable), asked, first, applet]
            .into_iter()
            .flatten()
            .filter(|name| !name.is_empty())
    }
}

/// `-bash` is how a login shell is called.
pub(super) fn strip_login(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"-").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::facts::testing::exec;

    fn check(executable: &str, args: &[&str], expected: Option<&str>) {
        let exec = exec(executable, args);
        let found = Program::from(&exec)
            .applet()
            .map(|applet| String::from_utf8_lossy(applet.name).into_owned());
        assert_eq!(found.as_deref(), expected, "{executable} {args:?}");
    }

    #[test]
    fn applets() {
        check("/bin/busybox", &["busybox", "sh", "-c", "id"], Some("sh"));
        check(
            "/bin/busybox",
            &["/bin/busybox", "unshare"],
            Some("unshare"),
        );
        check("/bin/busybox", &["/usr/bin/wget", "-q"], Some("wget"));
        check("/tmp/busybox-x86", &["./busybox-x86", "nc"], Some("nc"));
        check("/tmp/.x", &["busybox", "ash"], Some("ash"));
        check("/bin/busybox", &["busybox", "--list"], None);
        check("/bin/busybox", &["busybox"], None);
        check("/bin/busybox", &[], None);
        check("/bin/ls", &["ls", "busybox"], None);
    }

    #[test]
    fn names_do_not_repeat() {
        let exec = exec("/bin/busybox", &["-sh"]);
        let names: Vec<_> = Program::from(&exec).names().collect();
        assert_eq!(names, [b"busybox".as_slice(), b"sh"]);
    }
}
