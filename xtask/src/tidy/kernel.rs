//! What is shared with the kernel: probes say what they hook, wire types hold nothing but bytes.

use super::Violation;
use super::source::{Source, words};

/// Where each probe is a file.
const PROBES: &str = "sensor-ebpf/src/probes/";

/// Where the wire types are.
const WIRE: &str = "sensor-common/src/";

/// What a probe's heading must say, so that a change of kernels can be checked against it.
const PROBE_FACTS: [&str; 3] = ["Hook", "Prototype", "Kernel"];

/// Types with values that not every byte is, or of no fixed size: hostile bytes must stay bytes.
const NOT_ON_WIRE: [&str; 10] = [
    "bool", "char", "Option", "usize", "isize", "NonZero", "Kind", "Outcome", "f32", "f64",
];

/// Complains of probes that do not say what they hook.
pub(super) fn check_probe(source: &Source, violations: &mut Vec<Violation>) {
    let is_probe = source.path.starts_with(PROBES) && !source.path.ends_with("/mod.rs");
    if !is_probe || !source.is_rust() {
        return;
    }
    for fact in PROBE_FACTS {
        let says = |line: &str| {
            let text = line
                .trim_start()
                .strip_prefix("//!")
                .or(line.trim_start().strip_prefix("///"));
            text.and_then(|text| text.trim_start().strip_prefix(fact))
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|rest| !rest.trim().is_empty())
        };
        if !source.text.lines().any(says) {
            violations.push(Violation {
                path: source.path.clone(),
                line: 0,
                message: format!("a probe has a `//! {fact}: ...` line in its heading"),
            });
        }
    }
}

/// Complains of fields of wire types that are not integers, byte arrays or wire types.
pub(super) fn check_wire(source: &Source, violations: &mut Vec<Violation>) {
    if !source.path.starts_with(WIRE) || !source.is_rust() {
        return;
    }
    let mut shared = Layout::Other;
    for (index, line) in source.code.iter().enumerate() {
        shared = shared.after(line);
        if shared != Layout::Fields {
            continue;
        }
        let Some((_, kind)) = line.split_once(':') else {
            continue;
        };
        let pointer = kind.contains(['&', '*']);
        let wrong = words(kind)
            .map(|(_, word)| word)
            .find(|word| NOT_ON_WIRE.contains(word));
        if let Some(wrong) = wrong.or(pointer.then_some("a pointer")) {
            violations.push(Violation {
                path: source.path.clone(),
                line: index + 1,
                message: format!("{wrong} in a wire type: use integers and byte arrays"),
            });
        }
    }
}

/// Where in a file a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Outside of types with a fixed layout.
    Other,
    /// Between `repr(C)` and the type.
    Announced,
    /// In the braces of such a type.
    Fields,
}

impl Layout {
    fn after(self, line: &str) -> Layout {
        match self {
            _ if line.contains("repr(C") => Layout::Announced,
            Layout::Announced if line.contains("struct ") || line.contains("union ") => {
                Layout::Fields
            }
            Layout::Fields if line.starts_with('}') => Layout::Other,
            same => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::complaints;

    const NONE: [usize; 0] = [];

    #[test]
    fn probes_say_what_they_hook() {
        let full = "//! Exec.\n//! Hook: tp_btf/x\n//! Prototype: int x(void)\n//! Kernel: 5.8\n";
        let check = |path: &str, text: &str| complaints(check_probe, path, text).len();
        assert_eq!(check("sensor-ebpf/src/probes/exec.rs", full), 0);
        assert_eq!(
            check("sensor-ebpf/src/probes/exec.rs", "//! Exec.\n//! Hook:\n"),
            3
        );
        assert_eq!(check("sensor-ebpf/src/probes/mod.rs", "//! Probes.\n"), 0);
        assert_eq!(check("sensor-ebpf/src/emit.rs", "//! Emit.\n"), 0);
    }

    #[test]
    fn wire_types_hold_integers_and_bytes() {
        let wire = |field: &str| {
            let text = format!(
                "fn f(a: bool) {{}}\n#[repr(C)]\n#[derive(Clone)]\npub struct A {{\n    \
                 /// Not a bool.\n    pub a: {field},\n}}\nfn g(a: usize) {{}}\n"
            );
            complaints(check_wire, "sensor-common/src/a.rs", &text)
        };
        assert_eq!(wire("[u8; 16]"), NONE);
        assert_eq!(wire("[Stdio; 3]"), NONE);
        for field in [
            "bool",
            "Option<u8>",
            "usize",
            "Kind",
            "*const u8",
            "&'static [u8]",
        ] {
            assert_eq!(wire(field), [6], "{field}");
        }
    }
}
