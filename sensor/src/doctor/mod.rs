//! What this node offers to the sensor: what works, what does not, and what to do about it.

mod capabilities;
mod kernel;
mod node;
mod report;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

pub use report::{Report, Verdict};
use serde::Serialize;

use crate::bpf::HookReport;

/// Bytes read of one file: what is looked at has a few hundred.
const FILE_MAX: u64 = 64 * 1024;

/// Where to look; tests look elsewhere.
#[derive(Debug, Clone)]
pub struct Roots {
    /// `/proc`.
    pub proc: PathBuf,
    /// `/sys`.
    pub sys: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Roots {
            proc: "/proc".into(),
            sys: "/sys".into(),
        }
    }
}

/// How good an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All that the sensor wants.
    Ok,
    /// The sensor runs, and lacks something.
    Degraded,
    /// The sensor cannot do its work without it.
    Missing,
}

impl State {
    /// Name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Degraded => "degraded",
            State::Missing => "missing",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What, in a word or two.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was found, and what it means.
    pub detail: String,
    /// What to do about it; `None` when there is nothing to do.
    pub remedy: Option<String>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Check {
        Check {
            name,
            state: State::Ok,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn degraded(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Check {
        let remedy = Some(remedy.into());
        Check {
            name,
            state: State::Degraded,
            detail: detail.into(),
            remedy,
        }
    }

    fn missing(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Check {
        Check {
            state: State::Missing,
            ..Check::degraded(name, detail, remedy)
        }
    }
}

/// Looks at everything. `hooks` is what became of every hook; empty when the programs could not even
/// be loaded, for which `refusal` then has the reason.
#[must_use]
pub fn examine(roots: &Roots, hooks: Vec<HookReport>, refusal: Option<String>) -> Report {
    let release = kernel::Release::read(&roots.proc);
    let mut checks = vec![
        kernel::release(release.as_ref()),
        kernel::btf(&roots.sys),
        kernel::lockdown(&roots.sys),
        kernel::unprivileged_bpf(&roots.proc),
    ];
    let held = crate::source::proc::own_capabilities(&roots.proc);
    checks.extend(capabilities::checks(held));
    checks.push(node::memlock(&roots.proc, release.as_ref(), held));
    checks.push(node::tracefs(&roots.sys));
    checks.push(node::control_groups(&roots.proc));
    checks.push(node::pid_namespace(&roots.proc));
    checks.push(node::host_proc(&roots.proc));
    checks.push(programs(refusal));
    Report { checks, hooks }
}

/// Whether the kernel took the programs at all; hook by hook is told elsewhere.
fn programs(refusal: Option<String>) -> Check {
    const NAME: &str = "programs";
    match refusal {
        None => Check::ok(NAME, "loaded and attached, then taken back"),
        Some(reason) => Check::missing(
            NAME,
            reason,
            "mend what is missing above; as root most of it is there",
        ),
    }
}

/// Text of a small file without surrounding blanks.
fn read(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Roots with these files; names of directories end with `/`.
    pub(super) fn roots(files: &[(&str, &str)]) -> (tempfile::TempDir, Roots) {
        let directory = tempfile::tempdir().expect("temporary directory");
        for (name, content) in files {
            let path = directory.path().join(name);
            let parent = path.parent().expect("parent");
            fs::create_dir_all(parent).expect("directories");
            if name.ends_with('/') {
                fs::create_dir_all(path).expect("directory");
            } else {
                fs::write(path, content).expect("file");
            }
        }
        let roots = Roots {
            proc: directory.path().join("proc"),
            sys: directory.path().join("sys"),
        };
        (directory, roots)
    }

    #[test]
    fn a_node_with_nothing_has_an_answer_to_everything() {
        let (_directory, roots) = roots(&[]);
        let report = examine(&roots, Vec::new(), Some("refused".to_owned()));
        assert_eq!(report.verdict(), Verdict::Unable);
        for check in &report.checks {
            assert!(!check.detail.is_empty(), "{}", check.name);
            assert_eq!(
                check.state == State::Ok,
                check.remedy.is_none(),
                "{}",
                check.name
            );
        }
    }

    #[test]
    fn this_node_is_examined() {
        let report = examine(&Roots::default(), Vec::new(), None);
        let kernel = report.checks.iter().find(|check| check.name == "kernel");
        assert_ne!(kernel.expect("kernel").detail, "");
    }
}
