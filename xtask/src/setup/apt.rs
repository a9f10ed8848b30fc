//! Debian and Ubuntu packages.

use std::process::Command;

use anyhow::{Result, bail};

use super::packages::{LINKER, Packages};
use crate::process::{answer, as_root, run};

/// Installs those of `wanted` that are missing.
///
/// # Errors
/// A package that this distribution does not have, or an installation that failed.
pub(super) fn ensure(wanted: &[&Packages]) -> Result<()> {
    let names: Vec<&str> = wanted
        .iter()
        .flat_map(|set| set.names.iter().copied())
        .collect();
    let Some(missing) = missing(&names) else {
        eprintln!("note: no dpkg here; please see to it that there is what these packages hold:");
        for set in wanted {
            eprintln!("  for {}: {}", set.purpose, set.names.join(" "));
        }
        return Ok(());
    };
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("installing packages: {}", missing.join(" "));
    run(as_root("apt-get").args(["update", "--quiet"]))?;
    refuse_unknown(&missing)?;
    run(as_root("env")
        .arg("DEBIAN_FRONTEND=noninteractive")
        .args([
            "apt-get",
            "install",
            "--yes",
            "--quiet",
            "--no-install-recommends",
        ])
        .args(&missing))
}

/// Those of `names` that are not installed, or `None` where there is no dpkg.
fn missing<'a>(names: &[&'a str]) -> Option<Vec<&'a str>> {
    // Fails when one is unknown, and still lists the others.
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status} ${Package}\\n"])
        .args(names)
        .output()
        .ok()?;
    let listed = String::from_utf8_lossy(&output.stdout);
    Some(not_installed(names, &listed))
}

/// Those of `names` that dpkg's `listed` lines do not call installed.
fn not_installed<'a>(names: &[&'a str], listed: &str) -> Vec<&'a str> {
    let installed: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("installed "))
        .collect();
    names
        .iter()
        .copied()
        .filter(|name| !installed.contains(name))
        .collect()
}

/// Says what to do about packages that the distribution's lists do not have.
fn refuse_unknown(missing: &[&str]) -> Result<()> {
    let unknown: Vec<&str> = missing
        .iter()
        .copied()
        .filter(|name| !is_available(name))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let advice = if unknown.iter().any(|name| LINKER.names.contains(name)) {
        "\nThe linker of kernel objects needs LLVM 22, the compiler's own. Debian has it in its \
         security and testing suites; for other releases add the packages of \
         https://apt.llvm.org (its script: `llvm.sh 22`), then run this command again."
    } else {
        ""
    };
    bail!(
        "this distribution's package lists do not have: {}{advice}",
        unknown.join(" ")
    )
}

fn is_available(name: &str) -> bool {
    answer(Command::new("apt-cache").args(["policy", name]))
        .is_some_and(|text| has_candidate(&text))
}

/// Whether `apt-cache policy` shows a version that could be installed.
fn has_candidate(policy: &str) -> bool {
    policy
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Candidate:"))
        .any(|v| v.trim() != "(none)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_packages_are_those_dpkg_does_not_call_installed() {
        let listed = "installed runc\nconfig-files socat\nnot-installed perl\n";
        assert_eq!(
            not_installed(&["runc", "socat", "perl", "x"], listed),
            ["socat", "perl", "x"]
        );
    }

    #[test]
    fn a_candidate_is_a_version() {
        assert!(has_candidate(
            "a:\n  Installed: (none)\n  Candidate: 1:22.1\n"
        ));
        assert!(!has_candidate(
            "a:\n  Installed: (none)\n  Candidate: (none)\n"
        ));
        assert!(!has_candidate(""));
    }
}
