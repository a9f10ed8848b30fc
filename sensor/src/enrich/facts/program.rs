//! Under which names a program goes.

use super::base_name;
use crate::event::{Exec, Text};

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

/// The tool that a multi-call program was asked for; `None` for any other program.
#[must_use]
pub fn applet(exec: &Exec) -> Option<Applet<'_>> {
    applet_of(exec.executable.base_name(), &exec.args)
}

/// [`applet`] of the program `name` started with `args`.
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

/// The names of a program, without their directories: of its executable, of the path that was
/// asked for (a link or a script), of `argv[0]` and of the applet. Neighbours never repeat.
pub fn names(exec: &Exec) -> impl Iterator<Item = &[u8]> {
    let executable = exec.executable.base_name();
    let asked = Some(exec.asked.base_name()).filter(|name| *name != executable);
    let first = exec
        .args
        .first()
        .map(|arg| strip_login(base_name(arg.as_bytes())))
        .filter(|name| *name != executable && Some(*name) != asked);
    let applet = applet(exec)
        .map(|applet| applet.name)
        .filter(|name| *name != executable && Some(*name) != asked && Some(*name) != first);
    [Some(executable), asked, first, applet]
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
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
        let found = applet(&exec).map(|applet| String::from_utf8_lossy(applet.name).into_owned());
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
        let names: Vec<_> = names(&exec).collect();
        assert_eq!(names, [b"busybox".as_slice(), b"sh"]);
    }
}
