//! `cargo xtask tidy`: the rules of the house that no compiler checks. Also runs as a test.

mod imports;
mod kernel;
mod layout;
mod source;
mod words;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use self::source::Source;
use crate::process::root;

/// A broken rule, and where.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    /// Path inside of the repository.
    path: String,
    /// From 1; 0 where the whole file is meant.
    line: usize,
    message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.message),
            line => write!(out, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// A rule looks at one file at a time.
type Rule = fn(&Source, &mut Vec<Violation>);

/// Every rule. A new one is a function and one line here.
const RULES: [Rule; 7] = [
    imports::check,
    kernel::check_probe,
    kernel::check_wire,
    layout::check_doc,
    layout::check_length,
    layout::check_unsafe,
    words::check,
];

/// Names of what holds nothing of ours.
const FOREIGN: [&str; 3] = [".git", "target", "node_modules"];

/// Longer files are data, not text that somebody wrote.
const SIZE_MAX: u64 = 1 << 20;

/// Checks every text file of the repository.
///
/// # Errors
/// The number of violations, which have been printed.
pub(crate) fn run() -> Result<()> {
    let violations = check(&root())?;
    for violation in &violations {
        eprintln!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} violations of the rules of the house", violations.len());
    }
    eprintln!("tidy");
    Ok(())
}

fn check(root: &Path) -> Result<Vec<Violation>> {
    let mut sources = Vec::new();
    collect(root, root, &mut sources)?;
    let mut violations = Vec::new();
    for source in &sources {
        for rule in RULES {
            rule(source, &mut violations);
        }
    }
    violations.sort();
    Ok(violations)
}

/// Reads the text files below `folder`; links are not followed.
fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    let context = || format!("cannot read {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let kind = entry.file_type().with_context(context)?;
        let path = entry.path();
        // Also a file: `.git` of a work tree.
        if FOREIGN.iter().any(|foreign| entry.file_name() == *foreign) {
            continue;
        }
        if kind.is_dir() {
            collect(root, &path, sources)?;
        } else if kind.is_file() && entry.metadata().with_context(context)?.len() <= SIZE_MAX {
            // What is not UTF-8 is not text of ours: recordings, pictures.
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            let name = path.strip_prefix(root).unwrap_or(&path);
            sources.push(Source::new(&name.to_string_lossy(), text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `rule` says about a file, as `line: message` with the message cut at its first colon.
    pub(super) fn complaints(rule: Rule, path: &str, text: &str) -> Vec<usize> {
        let mut violations = Vec::new();
        rule(&Source::new(path, text.to_owned()), &mut violations);
        violations.iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn the_repository_is_tidy() {
        let violations = check(&root()).unwrap();
        let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}
