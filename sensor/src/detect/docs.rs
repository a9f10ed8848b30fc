//! The loaded rules as documentation.

use super::{Category, RuleSet};

/// The rules as a table in Markdown: one line per alert type, in its own order.
#[must_use]
pub fn markdown_table(rules: &RuleSet) -> String {
    let mut text = String::from(
        "| Alert type | Title | Severity | Tactics | Techniques | Looks at | File |\n|---|---|---|---|---|---|---|\n",
    );
    let mut shown: Vec<&str> = Vec::new();
    for rule in rules.rules() {
        if shown.contains(&rule.alert_type.as_str()) {
            continue;
        }
        shown.push(&rule.alert_type);
        let same = rules
            .rules()
            .iter()
            .filter(|other| other.alert_type == rule.alert_type);
        let looks = same.map(|other| {
            rules
                .category(&other.id)
                .map_or("correlation", Category::name)
        });
        let mut looks: Vec<_> = looks.collect();
        looks.sort_unstable();
        looks.dedup();
        text.push_str(&format!(
            "| `{}` | {} | {:?} | {} | {} | {} | `{}` |\n",
            rule.alert_type,
            cell(&rule.title),
            rule.severity,
            cell(&rule.tactics.join(", ")),
            cell(&rule.techniques.join(", ")),
            looks.join(", "),
            rule.file,
        ));
    }
    text
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
