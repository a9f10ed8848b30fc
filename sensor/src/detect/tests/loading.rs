//! What is refused, and how it is said.

use super::*;

const GOOD: &str = "title: good\nid: good-id\nlogsource:\n  category: process_creation\n  product: linux\ndetection:\n  a:\n    Image|endswith: /x\n  condition: a\n";

fn check(texts: &[&str], expected: &[&str]) {
    let errors = load(texts).err().unwrap_or_default();
    assert_eq!(errors, expected, "{texts:#?}");
}

#[test]
fn mistakes_are_named_with_file_and_line() {
    let edit = |from: &str, to: &str| GOOD.replace(from, to);
    check(&[GOOD], &[]);
    check(
        &[&edit("Image|", "Imgae|")],
        &["0.yml:8: unknown field `Imgae`; did you mean `Image`?"],
    );
    check(
        &[&edit("Image|", "TargetFilename|")],
        &[
            "0.yml:8: field `TargetFilename` exists in file_event, file_open, not in process_creation",
        ],
    );
    check(
        &[&edit("|endswith", "|endwith")],
        &["0.yml:8: Unknown modifier 'endwith'"],
    );
    check(
        &[&edit("id: good-id\n", "")],
        &["0.yml:1: rule `good` has no id (a UUID that never changes)"],
    );
    check(
        &[&edit("title: good\n", "")],
        &["0.yml:1: Missing required field 'title'"],
    );
    check(
        &[GOOD, &format!("# another\n{GOOD}")],
        &["1.yml:3: id good-id is already taken by the rule at 0.yml:2"],
    );
    check(
        &[&format!("{GOOD}vigie:\n  sevrity: high\n")],
        &[
            "0.yml:10: vigie: unknown field `sevrity`, expected one of `alert_type`, `tactics`, `remediation`, `exemplars`",
        ],
    );
}

#[test]
fn yaml_errors_have_the_line_of_the_file() {
    let errors = load(&[&format!(
        "{GOOD}---\n{}",
        GOOD.replace("  a:\n", "  a: [\n")
    )])
    .err()
    .unwrap();
    assert!(
        errors[0].starts_with("0.yml:1") && errors[0].contains("YAML"),
        "{errors:?}"
    );
}

#[test]
fn all_mistakes_are_listed_at_once() {
    let bad = GOOD.replace("Image|", "Imgae|").replace("good-id", "other");
    let nameless = GOOD.replace("id: good-id\n", "");
    let errors = load(&[&bad, GOOD, &nameless]).err().unwrap();
    assert_eq!(errors.len(), 2, "{errors:?}");
}

#[test]
fn unknown_selections_and_rules_are_refused() {
    let errors = load(&[&GOOD.replace("condition: a", "condition: a and b")])
        .err()
        .unwrap();
    assert!(
        errors[0].starts_with("0.yml:1:") && errors[0].contains('b'),
        "{errors:?}"
    );
    let filter = "title: f\nlogsource:\n  category: process_creation\nfilter:\n  rules: [nobody]\n  a:\n    User: x\n  condition: not a\n";
    check(
        &[GOOD, filter],
        &["1.yml:1: no rule has the id, name or title `nobody`"],
    );
}

#[test]
fn exemplars_are_checked() {
    let with = |event: &str| {
        format!(
            "{GOOD}vigie:\n  exemplars:\n    positive:\n      - name: one\n        event: {event}\n"
        )
    };
    check(&[&with("{Image: /x}")], &[]);
    check(
        &[&with("{Imag: /x}")],
        &["0.yml:13: exemplar `one`: unknown field `Imag`; did you mean `Image`?"],
    );
    check(
        &[&with("{ProcessId: one}")],
        &["0.yml:13: exemplar `one`: field `ProcessId` holds a number"],
    );
}

#[test]
fn rules_for_other_events_are_set_aside() {
    let windows = GOOD.replace("linux", "windows");
    let hashes = GOOD
        .replace("good-id", "h")
        .replace("Image|endswith", "Hashes|contains");
    let rules = load(&[&windows, &hashes]).unwrap();
    let reasons: Vec<_> = rules
        .set_aside()
        .iter()
        .map(|it| it.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "Vigie has no events for product windows, category process_creation",
            "Hashes is never known: files are not hashed",
        ]
    );
    assert!(rules.rules().is_empty());
}

#[test]
fn collections_share_a_head() {
    let text = "action: global\ntitle: both\nlogsource:\n  category: process_creation\n---\nid: one\ndetection:\n  a:\n    Image: /x\n  condition: a\n---\nid: two\ndetection:\n  a:\n    Image: /y\n  condition: a\n";
    assert_eq!(load(&[text]).unwrap().rules().len(), 2);
}

#[test]
fn a_rule_without_our_key_gets_defaults() {
    let tagged = format!(
        "{GOOD}level: critical\ntags: [attack.execution, attack.t1059.004, attack.g0001]\n"
    );
    let rules = load(&[&tagged]).unwrap();
    let rule = &rules.rules()[0];
    assert_eq!(rule.alert_type, "SIGMA_good-id");
    assert_eq!(rule.severity, Severity::High);
    assert_eq!(rule.tactics, ["Execution"]);
    assert_eq!(rule.techniques, ["T1059.004"]);
}
