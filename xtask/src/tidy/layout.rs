//! Sizes of files, their headings, and where unsafe code may be.

use super::Violation;
use super::source::Source;

/// Production lines of a file: above this nobody reads it whole.
const LINES_MAX: usize = 500;

/// Lines of a program's `main.rs`: it only starts things.
const MAIN_LINES_MAX: usize = 60;

/// The kernel's boundary: the only places with unsafe code.
const UNSAFE_ALLOWED: [&str; 4] = [
    "sensor-common/",
    "sensor-ebpf/",
    "sensor/src/bpf",
    "sensor/src/source",
];

/// Complains of long files.
pub(super) fn check_length(source: &Source, violations: &mut Vec<Violation>) {
    if !source.is_rust() {
        return;
    }
    let max = if source.path.ends_with("/main.rs") {
        MAIN_LINES_MAX
    } else {
        LINES_MAX
    };
    let lines = source.production_lines();
    if lines > max {
        violations.push(Violation {
            path: source.path.clone(),
            line: 0,
            message: format!("{lines} lines above its tests; {max} are allowed"),
        });
    }
}

/// Complains of files that do not say what they are for.
pub(super) fn check_doc(source: &Source, violations: &mut Vec<Violation>) {
    // A file of tests is named after what it tests.
    if source.is_rust() && !source.is_tests() && !source.text.starts_with("//!") {
        violations.push(Violation {
            path: source.path.clone(),
            line: 1,
            message: "starts without `//!`: say what the file is for".to_owned(),
        });
    }
}

/// Complains of unsafe code away from the kernel's boundary.
pub(super) fn check_unsafe(source: &Source, violations: &mut Vec<Violation>) {
    if UNSAFE_ALLOWED
        .iter()
        .any(|allowed| source.path.starts_with(allowed))
    {
        return;
    }
    violations.extend(source.lines_with_word("unsafe").map(|line| Violation {
        path: source.path.clone(),
        line,
        message: format!("unsafe code is only for {}", UNSAFE_ALLOWED.join(", ")),
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::complaints;

    const NONE: [usize; 0] = [];

    #[test]
    fn files_have_a_heading() {
        assert_eq!(complaints(check_doc, "a/b.rs", "//! B.\n"), NONE);
        assert_eq!(complaints(check_doc, "a/b.rs", "// B.\n"), [1]);
        assert_eq!(complaints(check_doc, "a/b.md", "B.\n"), NONE);
        assert_eq!(
            complaints(check_doc, "a/b/tests.rs", "use super::*;\n"),
            NONE
        );
    }

    #[test]
    fn long_files_are_refused() {
        let tests = "#[cfg(test)]\nmod tests {\n";
        let check = |path: &str, lines: usize| {
            complaints(
                check_length,
                path,
                &format!("{}{tests}{}", "a\n".repeat(lines), "b\n".repeat(999)),
            )
        };
        assert_eq!(check("a/b.rs", 500), NONE);
        assert_eq!(check("a/b.rs", 501), [0]);
        assert_eq!(check("a/src/main.rs", 60), NONE);
        assert_eq!(check("a/src/main.rs", 61), [0]);
    }

    #[test]
    fn unsafe_code_stays_at_the_boundary() {
        let text = "//! unsafe\nfn a() { unsafe { b() } }\n";
        assert_eq!(
            complaints(check_unsafe, "sensor/src/event/mod.rs", text),
            [2]
        );
        assert_eq!(
            complaints(check_unsafe, "sensor/src/source/ring.rs", text),
            NONE
        );
        assert_eq!(
            complaints(check_unsafe, "sensor-ebpf/src/main.rs", text),
            NONE
        );
        assert_eq!(
            complaints(check_unsafe, "x.rs", "#![forbid(unsafe_code)]\n"),
            NONE
        );
    }
}
