//! `detections test`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Done, SettingsArgs, start, terminal};
use crate::{
    detect::{ExemplarReport, RuleReport},
    output::escape,
    pipeline::rules,
};

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// Rule files or directories; without any, the detections that the settings select
    paths: Vec<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// The process fails when a rule is wrong or an exemplar fails.
pub(super) fn execute(args: TestArgs) -> Result<Done> {
    let settings = start(args.settings)?;
    let set = if args.paths.is_empty() {
        rules::load(&settings)?
    } else {
        rules::load_paths(&args.paths)?
    };
    let reports = set.test(None);
    let mut text: String = reports.iter().map(rule_text).collect();
    for aside in set.set_aside() {
        let line = format!("not used: {}:{}: {}", aside.file, aside.line, aside.reason);
        text.push_str(&format!("{}\n", escape(&line)));
    }
    let exemplars = || reports.iter().flat_map(|report| &report.exemplars);
    let failed = exemplars().filter(|exemplar| !exemplar.passed()).count();
    text.push_str(&format!(
        "{} rules, {} exemplars, {failed} failed\n",
        set.rules().len(),
        exemplars().count()
    ));
    terminal::print(&text)?;
    Ok(if failed == 0 { Done::Well } else { Done::Badly })
}

/// One line for a rule that keeps its promises; more for one that does not.
fn rule_text(report: &RuleReport) -> String {
    let rule = &report.rule;
    let passed = report.exemplars.iter().filter(|it| it.passed()).count();
    let verdict = match (report.exemplars.len(), passed) {
        (0, _) => "no exemplars".to_owned(),
        (all, passed) if passed == all => format!("ok, {all} exemplars"),
        (all, passed) => format!("FAILED, {} of {all} exemplars", all - passed),
    };
    let name = escape(&format!("{} {} ({})", rule.alert_type, rule.id, rule.file));
    let mut text = format!("{name}: {verdict}\n");
    let failed = report.exemplars.iter().filter(|it| !it.passed());
    text.extend(failed.map(exemplar_text));
    text
}

fn exemplar_text(exemplar: &ExemplarReport) -> String {
    let wanted = match exemplar.expected {
        true => "should match and does not",
        false => "should not match and does",
    };
    let mut text = format!("  `{}` {wanted}\n", escape(&exemplar.name));
    for line in exemplar.explanation.iter().flat_map(|why| why.lines()) {
        text.push_str(&format!("    {}\n", escape(line)));
    }
    text
}
