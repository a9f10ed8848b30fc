//! `docs`: reference pages made from the code that they describe.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::terminal;
use crate::{alert, config, telemetry};

/// Arguments of `docs`.
#[derive(Debug, Args)]
pub(super) struct DocsArgs {
    /// The page
    page: Page,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Page {
    /// JSON Schema of alerts
    AlertSchema,
    /// Fields that rules can use
    Fields,
    /// Metrics
    Metrics,
    /// Detections
    Detections,
    /// Settings
    Configuration,
    /// Kernel hooks and their tiers
    Hooks,
}

pub(super) fn execute(args: &DocsArgs) -> Result<()> {
    let text = match args.page {
        Page::AlertSchema => format!("{:#}\n", alert::json_schema()),
        Page::Fields => fields()?,
        Page::Metrics => telemetry::markdown(),
        Page::Detections => detections()?,
        Page::Configuration => config::markdown(),
        Page::Hooks => hooks()?,
    };
    terminal::print(&text)
}

fn fields() -> Result<String> {
    bail!("the page of fields is not built yet")
}

fn detections() -> Result<String> {
    bail!("the page of detections is not built yet")
}

fn hooks() -> Result<String> {
    bail!("the page of hooks is not built yet")
}
