//! Text that must not be in a public repository: paths of one machine.

use super::Violation;
use super::source::Source;

/// Folders of the machines that we work on. Split, so that this file does not hold them itself.
const MACHINE_PATHS: [&str; 3] = [
    concat!("/work", "/"),
    concat!("/tmp/", "wt"),
    concat!("/root/.car", "go/"),
];

/// Complains of paths of one machine.
pub(super) fn check(source: &Source, violations: &mut Vec<Violation>) {
    for (index, line) in source.text.lines().enumerate() {
        for path in MACHINE_PATHS {
            if starts_path(line, path) {
                violations.push(Violation {
                    path: source.path.clone(),
                    line: index + 1,
                    message: format!("`{path}` is a path of one machine"),
                });
            }
        }
    }
}

/// Whether `path` stands in `line` as the beginning of an absolute path.
fn starts_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(position, _)| {
        let before = line
            .get(..position)
            .and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.~})*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::complaints;

    #[test]
    fn finds_paths_of_one_machine() {
        let work = concat!("/work", "/");
        assert_eq!(
            complaints(check, "a.md", &format!("x\nsee {work}main\n")),
            [2]
        );
        assert_eq!(
            complaints(check, "a.md", &format!("/home/runner{work}x\n")),
            [] as [usize; 0]
        );
    }
}
