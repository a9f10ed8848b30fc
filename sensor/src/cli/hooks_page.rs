//! The reference page of kernel hooks.

use crate::{
    bpf::{
        EVENT_HOOKS,
        hooks::{EventHooks, Hook},
    },
    event::Kind,
};

/// The page: what each kind of event is, and where it is seen.
pub(super) fn markdown() -> String {
    let mut page = "# Kernel hooks\n\n\
        Every kind of event can be seen in one or more ways, best first. The sensor attaches the first \
        way that this kernel takes whole; `vigie-sensor doctor` tells which, and why others were \
        refused. Tier 1 are semantic hooks of the kernel, tier 2 tracepoints of single system calls. A \
        hook marked \"optional\" is not missed where the kernel lacks it.\n\n\
        | event | what happened | tier | hook | |\n|---|---|---|---|---|\n"
        .to_owned();
    for event in EVENT_HOOKS {
        for way in event.ways {
            for hook in way.hooks {
                page.push_str(&row(event, way.tier, hook));
            }
        }
    }
    page
}

fn row(event: &EventHooks, tier: u8, hook: &Hook) -> String {
    let mut notes = Vec::new();
    if hook.optional {
        notes.push("optional");
    }
    if event.only_with_tracepoints {
        notes.push("only where another hook has already put system calls on their slow path");
    }
    format!(
        "| {} | {} | {tier} | `{}` | {} |\n",
        event.kind.name(),
        meaning(event.kind),
        hook.attach.describe(hook.program),
        notes.join("; ")
    )
}

fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Fork => "a process was created",
        Kind::Exec => "a process replaced its program",
        Kind::Exit => "the last thread of a process ended",
        Kind::ExecFailed => "an exec was asked for and refused",
        Kind::Open => "a file was opened",
        Kind::Connect => "a socket was asked to connect",
        Kind::Namespace => "namespaces were created or joined, or that was refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_row() {
        let page = markdown();
        for kind in Kind::ALL {
            assert!(page.contains(&format!("\n| {} | ", kind.name())), "{page}");
        }
    }
}
