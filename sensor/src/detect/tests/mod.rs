//! Rules as users write them, on whole observations.

mod loading;
mod matching;
mod shipped;

use super::*;

/// A rule set from the texts of files, called `0.yml`, `1.yml`...
fn load(texts: &[&str]) -> Result<RuleSet, Vec<String>> {
    let sources = texts.iter().enumerate().map(|(index, text)| RuleSource {
        file: format!("{index}.yml"),
        text: (*text).to_owned(),
    });
    RuleSet::load(sources).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// The titles of the rules that match.
fn titles(rules: &mut RuleSet, scene: &testing::Scene) -> Vec<String> {
    let detections = rules.detect(&scene.observation());
    detections
        .iter()
        .map(|detection| detection.rule.title.clone())
        .collect()
}
