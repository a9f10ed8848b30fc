//! The shipped detections, and what is refused.

use super::*;

fn shipped() -> RuleSet {
    match RuleSet::load(embedded()) {
        Ok(rules) => rules,
        Err(errors) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            panic!("{}", errors.join("\n"));
        }
    }
}

#[test]
fn shipped_exemplars_pass_and_are_enough() {
    let rules = shipped();
    let mut failures = Vec::new();
    for report in rules.test(None) {
        let (file, title) = (&report.rule.file, &report.rule.title);
        let count = |expected| {
            report
                .exemplars
                .iter()
                .filter(|it| it.expected == expected)
                .count()
        };
        assert!(
            count(true) >= 2 && count(false) >= 3,
            "{file}: {title} ({}) has too few exemplars",
            report.rule.id
        );
        for exemplar in report
            .exemplars
            .iter()
            .filter(|exemplar| !exemplar.passed())
        {
            let why = exemplar.explanation.as_deref().unwrap_or_default();
            failures.push(format!(
                "{file}: `{}` should match: {}\n{why}",
                exemplar.name, exemplar.expected
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
