//! `cargo xtask docs`: reference pages that the agent itself writes, so that they stay true.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::root;

/// A generated page: `vigie-sensor docs <name>` prints what belongs at `path`.
struct Page {
    name: &'static str,
    path: &'static str,
}

/// Every generated page. A new one is one line here.
const PAGES: [Page; 6] = [
    Page {
        name: "alert-schema",
        path: "docs/alert.schema.json",
    },
    Page {
        name: "configuration",
        path: "docs/configuration.md",
    },
    Page {
        name: "detections",
        path: "docs/detections.md",
    },
    Page {
        name: "fields",
        path: "docs/fields.md",
    },
    Page {
        name: "hooks",
        path: "docs/hooks.md",
    },
    Page {
        name: "metrics",
        path: "docs/metrics.md",
    },
];

/// Writes every page, or with `check` says which are stale.
///
/// # Errors
/// A page could not be generated or written; or, with `check`, is stale.
pub(crate) fn run(check: bool) -> Result<()> {
    let sensor = crate::build::debug()?;
    let mut stale = Vec::new();
    for page in &PAGES {
        let text = generate(&sensor, page.name)?;
        let path = root().join(page.path);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        stale.push(page.path);
        if !check {
            write(&path, &text)?;
            eprintln!("wrote {}", page.path);
        }
    }
    if check && !stale.is_empty() {
        bail!(
            "stale: {}; run `cargo xtask docs` and commit the result",
            stale.join(", ")
        );
    }
    eprintln!("generated pages are up to date");
    Ok(())
}

fn generate(sensor: &Path, name: &str) -> Result<String> {
    let output = Command::new(sensor)
        .args(["docs", name])
        .output()
        .with_context(|| format!("cannot start {}", sensor.display()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`vigie-sensor docs {name}` failed ({}): {}",
            output.status,
            reason.trim()
        );
    }
    if output.stdout.is_empty() {
        bail!("`vigie-sensor docs {name}` printed nothing");
    }
    String::from_utf8(output.stdout).with_context(|| format!("`vigie-sensor docs {name}`"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
