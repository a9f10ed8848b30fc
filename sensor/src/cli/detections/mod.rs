//! `detections`: look at them, test them, explain them.

mod explain;
mod list;
mod show;
mod test;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::{Done, SettingsArgs, terminal};
use crate::{
    config::{self, Settings},
    detect::{Rule, RuleSet},
};

/// Arguments of `detections`.
#[derive(Debug, Args)]
pub(super) struct DetectionsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the detections that the settings select
    List(list::ListArgs),
    /// Show a detection: its texts and its rules
    Show(show::ShowArgs),
    /// Run the exemplars of the detections
    Test(test::TestArgs),
    /// Say why recorded events did or did not match a detection
    Explain(explain::ExplainArgs),
}

pub(super) fn execute(args: DetectionsArgs) -> Result<Done> {
    match args.action {
        Action::List(args) => list::execute(args),
        Action::Show(args) => show::execute(args),
        Action::Test(args) => return test::execute(args),
        Action::Explain(args) => explain::execute(args),
    }?;
    Ok(Done::Well)
}

fn start(args: SettingsArgs) -> Result<Settings> {
    let settings = args.load()?.settings;
    terminal::start_log(settings.log_level);
    Ok(settings)
}

/// The rules of the detection with this alert type, Sigma id or file.
fn select<'a>(set: &'a RuleSet, detection: &str) -> Result<Vec<&'a Rule>> {
    let is_meant = |rule: &&Rule| {
        rule.alert_type.eq_ignore_ascii_case(detection)
            || rule.id == detection
            || rule.file == detection
    };
    let rules = || set.rules().iter().map(AsRef::as_ref);
    let selected: Vec<_> = rules().filter(is_meant).collect();
    if selected.is_empty() {
        let near = config::nearest(detection, rules().map(|rule| rule.alert_type.as_str()));
        let hint = near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
        bail!("there is no detection {detection}{hint}; `detections list` shows all");
    }
    Ok(selected)
}

/// What the rule looks at.
fn looks_at(set: &RuleSet, rule: &Rule) -> &'static str {
    set.category(&rule.id)
        .map_or("correlation", |category| category.name())
}
