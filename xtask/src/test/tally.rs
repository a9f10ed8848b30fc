//! What the lines of test programs add up to.

use std::collections::BTreeSet;
use std::fmt;

/// Starts the line of a test that did not run: `SKIP <name>: <reason>`.
const SKIP: &str = "SKIP ";

/// Results so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
    /// `<name>: <reason>`, each once however often it was printed.
    skipped: BTreeSet<String>,
}

impl Tally {
    /// Takes what one line of output says.
    pub(super) fn read(&mut self, line: &str) {
        if let Some(results) = line.strip_prefix("test result: ") {
            self.passed += number_before(results, "passed");
            self.failed += number_before(results, "failed");
            self.ignored += number_before(results, "ignored");
        } else if let Some(skipped) = skip_of(line) {
            self.skip(skipped);
        }
    }

    /// Notes something that was left out, as `<name>: <reason>`.
    pub(super) fn skip(&mut self, what: &str) {
        self.skipped.insert(what.trim_end().to_owned());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out)?;
        for skipped in &self.skipped {
            writeln!(out, "skipped {skipped}")?;
        }
        writeln!(
            out,
            "tests: {} passed, {} failed, {} skipped",
            self.passed,
            self.failed,
            self.ignored + self.skipped.len() as u64
        )
    }
}

/// What follows the mark of a skipped test; the test runner may have begun the line.
fn skip_of(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix(SKIP) {
        return Some(rest);
    }
    let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ")?;
    (!name.contains(' ')).then(|| rest.strip_prefix(SKIP))?
}

/// The number in `N word`, of a list that is separated by semicolons.
fn number_before(results: &str, word: &str) -> u64 {
    results
        .split([';', '.'])
        .filter_map(|part| part.trim().strip_suffix(word))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_results_and_collects_skips() {
        let mut tally = Tally::default();
        let lines = [
            "running 3 tests",
            "test live::exec ... ok",
            "SKIP live::open: not root",
            "test live::open ... SKIP live::open: not root",
            "a line that mentions SKIP live::x: nothing",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s",
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out",
        ];
        for line in lines {
            tally.read(line);
        }
        assert_eq!((tally.passed, tally.failed, tally.ignored), (5, 4, 1));
        assert_eq!(
            tally.skipped.iter().collect::<Vec<_>>(),
            ["live::open: not root"]
        );
        assert!(
            tally
                .to_string()
                .ends_with("tests: 5 passed, 4 failed, 2 skipped\n")
        );
    }
}
