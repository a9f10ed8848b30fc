//! `version`: what this is and which formats it speaks.

use anyhow::Result;

use super::terminal;
use crate::{alert, record, telemetry};

pub(super) fn execute() -> Result<()> {
    terminal::print(&format!(
        "vigie-sensor {} ({})\nalert schema {}\nrecording format {}\n",
        telemetry::VERSION,
        std::env::consts::ARCH,
        alert::SCHEMA_VERSION,
        record::VERSION
    ))
}
