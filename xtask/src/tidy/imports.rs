//! Who may import what: data moves one way through the agent, and so do its imports.
//!
//! A new arrow is a decision: change the tables here, and say why in the commit.

use super::Violation;
use super::source::{Source, words};

/// The agent's sources.
const AGENT: &str = "sensor/src/";

/// Crates that only some modules of the workspace may name.
struct CrateRule {
    /// As it is written in code.
    names: &'static [&'static str],
    /// Whether a file may name it.
    allowed: fn(path: &str) -> bool,
    why: &'static str,
}

const CRATES: [CrateRule; 2] = [
    CrateRule {
        names: &["aya", "aya_log", "aya_obj"],
        allowed: |path| matches!(stage(path), Some("bpf" | "source")),
        why: "aya is only for sensor/src/bpf and sensor/src/source",
    },
    CrateRule {
        names: &["tokio"],
        allowed: |path| !matches!(stage(path), Some("event" | "enrich" | "detect" | "alert")),
        why: "event, enrich, detect and alert are synchronous: no tokio",
    },
];

/// Modules of the agent that some of its modules must not import.
struct Arrow {
    /// Whether the rule holds for a stage.
    from: fn(stage: &str) -> bool,
    never: &'static [&'static str],
    why: &'static str,
}

const ARROWS: [Arrow; 6] = [
    Arrow {
        from: |stage| STAGES.contains(&stage),
        never: &["config"],
        why: "a stage owns its settings; config builds them",
    },
    Arrow {
        from: |stage| !matches!(stage, "pipeline" | "main" | "lib" | "cli"),
        never: &["pipeline"],
        why: "only main and cli start the pipeline",
    },
    Arrow {
        from: |stage| stage == "event",
        never: &["source", "enrich", "detect", "alert", "output", "deliver"],
        why: "event is the first stage",
    },
    Arrow {
        from: |stage| stage == "enrich",
        never: &["source", "detect", "alert", "output", "deliver"],
        why: "enrich sees only event",
    },
    Arrow {
        from: |stage| stage == "detect",
        never: &["source", "alert", "output", "deliver"],
        why: "detect sees only event and enrich",
    },
    Arrow {
        from: |stage| stage == "deliver",
        never: &["bpf", "source", "event", "enrich", "detect"],
        why: "deliver sees only alert",
    },
];

/// The parts of the agent that data goes through.
const STAGES: [&str; 8] = [
    "bpf", "source", "event", "enrich", "detect", "alert", "output", "deliver",
];

/// Complains of imports against the direction of the data.
pub(super) fn check(source: &Source, violations: &mut Vec<Violation>) {
    let mut complain = |line, message: String| {
        violations.push(Violation {
            path: source.path.clone(),
            line,
            message,
        });
    };
    if !source.is_rust() || source.path.starts_with("sensor-ebpf/") {
        return;
    }
    for rule in CRATES.iter().filter(|rule| !(rule.allowed)(&source.path)) {
        for name in rule.names {
            for (line, _) in paths(source, name) {
                complain(line, format!("`{name}`: {}", rule.why));
            }
        }
    }
    let Some(stage) = stage(&source.path) else {
        return;
    };
    let mut imported = paths(source, "crate");
    imported.extend(paths(source, "vigie_sensor"));
    if is_top(&source.path) {
        imported.extend(paths(source, "super"));
    }
    for arrow in ARROWS.iter().filter(|arrow| (arrow.from)(stage)) {
        for (line, module) in &imported {
            if arrow.never.contains(&module.as_str()) && module != stage {
                complain(*line, format!("{stage} imports {module}: {}", arrow.why));
            }
        }
    }
}

/// The agent's top module that `path` is in: `detect` of `sensor/src/detect/rule.rs`.
fn stage(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(AGENT)?;
    let name = inside.split('/').next()?;
    Some(name.strip_suffix(".rs").unwrap_or(name))
}

/// Whether `super` of this file is the root of the crate.
fn is_top(path: &str) -> bool {
    let inside = path.strip_prefix(AGENT).unwrap_or(path);
    match inside.split_once('/') {
        Some((_, file)) => file == "mod.rs",
        None => true,
    }
}

/// Every `<first>::name` in the code, groups (`<first>::{a, b::c}`) included, with its line.
fn paths(source: &Source, first: &str) -> Vec<(usize, String)> {
    let code = source.code.join("\n");
    let mut found = Vec::new();
    for (position, _) in words(&code).filter(|(_, word)| *word == first) {
        let line = code
            .get(..position)
            .unwrap_or_default()
            .matches('\n')
            .count()
            + 1;
        let Some(rest) = code.get(position + first.len()..) else {
            continue;
        };
        let Some(rest) = rest.trim_start().strip_prefix("::") else {
            continue;
        };
        let rest = rest.trim_start();
        let names = match rest.strip_prefix('{') {
            Some(group) => group_names(group),
            None => words(rest)
                .map(|(_, word)| word.to_owned())
                .take(1)
                .collect(),
        };
        found.extend(names.into_iter().map(|name| (line, name)));
    }
    found
}

/// The first name of every member of a group, up to its closing brace.
fn group_names(group: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut member = String::new();
    let mut members = Vec::new();
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(std::mem::take(&mut member)),
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth == 0 => member.push(c),
            _ => {}
        }
    }
    members.push(member);
    members
        .iter()
        .filter_map(|member| words(member).next())
        .map(|(_, word)| word.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tidy::tests::complaints;

    fn check(path: &str, text: &str, expected: &[usize]) {
        assert_eq!(
            complaints(super::check, path, text),
            expected,
            "{path}: {text}"
        );
    }

    #[test]
    fn aya_is_only_where_programs_are_loaded_and_rings_are_read() {
        check("sensor/src/bpf/load.rs", "use aya::Ebpf;", &[]);
        check("sensor/src/source/ring.rs", "use aya::maps::RingBuf;", &[]);
        check("sensor/src/detect/mod.rs", "\nuse aya::Ebpf;", &[2]);
        check("sensor/src/doctor.rs", "fn a() { aya_obj::parse() }", &[1]);
        check("tests/src/lib.rs", "use aya::Ebpf;", &[1]);
        check("sensor/src/event/mod.rs", "//! not aya::Ebpf", &[]);
    }

    #[test]
    fn the_core_is_synchronous() {
        check("sensor/src/enrich/mod.rs", "use tokio::sync::mpsc;", &[1]);
        check("sensor/src/pipeline/mod.rs", "use tokio::sync::mpsc;", &[]);
    }

    #[test]
    fn stages_never_import_config_or_pipeline() {
        check(
            "sensor/src/detect/engine.rs",
            "use crate::config::Config;",
            &[1],
        );
        check(
            "sensor/src/detect/engine.rs",
            "use crate::detect::config::Config;",
            &[],
        );
        check(
            "sensor/src/detect/engine.rs",
            "use crate::{\n  event::{a, b},\n  config::C,\n};",
            &[1],
        );
        check("sensor/src/detect/engine.rs", "use super::config::C;", &[]);
        check("sensor/src/detect/mod.rs", "use super::config::C;", &[1]);
        check(
            "sensor/src/cli/run.rs",
            "use crate::{config, pipeline};",
            &[],
        );
        check("sensor/src/main.rs", "use vigie_sensor::pipeline;", &[]);
        check(
            "sensor/src/telemetry/mod.rs",
            "use crate::pipeline::P;",
            &[1],
        );
        check(
            "sensor/src/pipeline/core.rs",
            "use crate::pipeline::P;",
            &[],
        );
    }

    #[test]
    fn data_moves_one_way() {
        check(
            "sensor/src/event/mod.rs",
            "use crate::enrich::Process;",
            &[1],
        );
        check("sensor/src/enrich/mod.rs", "use crate::event::Exec;", &[]);
        check(
            "sensor/src/deliver/mod.rs",
            "use crate::{alert::Alert, detect::Rule};",
            &[1],
        );
    }
}
