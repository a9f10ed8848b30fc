//! The environment of a program: only variables that say something about an attack are kept, since
//! the others are where secrets live.

use std::mem::offset_of;

use sensor_common::{Header, Kind, exec::Exec};

use super::{
    Text,
    fields::{Fields, Sections},
};

/// Variables that are kept: credentials' places, libraries put into other programs, shell histories
/// switched off, and proxies.
const WATCHED: &[&[u8]] = &[
    b"ALL_PROXY",
    b"HISTFILE",
    b"HISTFILESIZE",
    b"HISTSIZE",
    b"HTTPS_PROXY",
    b"HTTP_PROXY",
    b"KUBECONFIG",
    b"LD_AUDIT",
    b"LD_LIBRARY_PATH",
    b"LD_PRELOAD",
    b"all_proxy",
    b"http_proxy",
    b"https_proxy",
];

/// Longest value kept: a few paths.
const VALUE_MAX: usize = 1024;

fn is_watched(variable: &[u8]) -> bool {
    let mut parts = variable.splitn(2, |byte| *byte == b'=');
    let name = parts.next().unwrap_or_default();
    parts.next().is_some() && WATCHED.contains(&name)
}

/// The watched variables of an environment, which is NUL separated.
#[must_use]
pub fn watched_environment(section: &[u8]) -> Vec<Text> {
    section
        .split(|byte| *byte == 0)
        .filter(|variable| is_watched(variable))
        .map(|variable| variable.get(..VALUE_MAX).unwrap_or(variable).into())
        .collect()
}

/// Overwrites with NULs every variable of an exec record that is not kept, before the record goes
/// anywhere but to the decoder. Other records stay as they are.
pub fn scrub(record: &mut [u8]) {
    let Some(start) = environment_start(record) else {
        return;
    };
    let Some(section) = record.get_mut(start..) else {
        return;
    };
    for variable in section.split_mut(|byte| *byte == 0) {
        if !is_watched(variable) {
            variable.fill(0);
        }
    }
}

/// Where the environment of a whole exec record starts; it is its last section.
fn environment_start(record: &[u8]) -> Option<usize> {
    let header = Fields::new(record, 0, size_of::<Header>()).ok()?;
    let kind = header.u16(offset_of!(Header, kind)).ok()?;
    if Kind::from_id(kind) != Some(Kind::Exec) {
        return None;
    }
    let fixed = size_of::<Header>() + size_of::<Exec>();
    let body = Fields::new(record, size_of::<Header>(), size_of::<Exec>()).ok()?;
    let mut sections = Sections::new(record, fixed);
    let mut start = fixed;
    for length in [
        offset_of!(Exec, args_len),
        offset_of!(Exec, executable_len),
        offset_of!(Exec, cwd_len),
        offset_of!(Exec, asked_len),
        offset_of!(Exec, interpreter_len),
        offset_of!(Exec, cgroup_len),
    ] {
        start += sections.take(&body, length).ok()?.len();
    }
    Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_watched_variables_are_kept() {
        let section =
            b"PATH=/bin\0KUBECONFIG=/x\0AWS_SECRET=s\0LD_PRELOAD=\0KUBECONFIGS=/y\0HISTFILE";
        let kept = [Text::from("KUBECONFIG=/x"), Text::from("LD_PRELOAD=")];
        assert_eq!(watched_environment(section), kept);
        assert!(watched_environment(b"").is_empty());
    }
}
