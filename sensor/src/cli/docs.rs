//! `docs`: reference pages made from the code that they describe.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{hooks_page, terminal};
use crate::{
    alert, config,
    detect::{self, RuleSet},
    telemetry,
};

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
        Page::Fields => fields(),
        Page::Metrics => telemetry::markdown(),
        Page::Detections => detections()?,
        Page::Configuration => config::markdown(),
        Page::Hooks => hooks_page::markdown(),
    };
    terminal::print(&text)
}

fn fields() -> String {
    format!(
        "# Fields\n\nWhat the conditions of a rule can ask for. A rule that names another field is \
         refused when it is loaded.\n\n{}",
        detect::fields::markdown()
    )
}

/// The detections that this build ships, whatever the settings say.
fn detections() -> Result<String> {
    let rules = RuleSet::load(detect::embedded()).map_err(|errors| {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", errors.join("; "))
    })?;
    Ok(format!(
        "# Detections\n\nWhat the sensor ships; `vigie-sensor detections show TYPE` prints a detection \
         whole.\n\n{}",
        detect::markdown_table(&rules)
    ))
}
