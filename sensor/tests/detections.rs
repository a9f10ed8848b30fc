//! `detections` as users meet it.
#![expect(
    clippy::expect_used,
    reason = "a test stops where the program does not behave"
)]

mod support;

/// Runs `vigie-sensor detections`.
fn run(args: &[&str]) -> (Option<i32>, String, String) {
    support::run(&[&["detections"], args].concat())
}

/// A rule with one exemplar, which is to match.
fn rule(image: &str) -> String {
    format!(
        "title: One\nid: 11111111-1111-4111-8111-111111111111\nlogsource:\n  product: linux\n  \
         category: process_creation\ndetection:\n  selection:\n    Image: {image}\n  condition: \
         selection\nlevel: low\nvigie:\n  exemplars:\n    positive:\n      - name: the one\n        \
         event:\n          Image: /bin/one\n"
    )
}

#[test]
fn shipped_detections_are_listed_shown_and_tested() {
    let (code, table, _) = run(&["list"]);
    assert_eq!(code, Some(0));
    assert!(table.starts_with("ALERT TYPE "), "{table}");
    let (code, json, _) = run(&["list", "--json"]);
    assert_eq!(code, Some(0));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let rules = json.pointer("/rules").and_then(|it| it.as_array());
    assert_eq!(rules.expect("rules").len() + 1, table.lines().count());
    let (code, shown, _) = run(&["show", "k8s.node_eicar"]);
    assert_eq!(code, Some(0));
    assert!(shown.contains("--- eicar.yml\n"), "{shown}");
    let (code, tested, _) = run(&["test"]);
    assert_eq!(code, Some(0), "{tested}");
    assert!(tested.ends_with(" 0 failed\n"), "{tested}");
}

#[test]
fn an_unknown_detection_gets_a_hint() {
    let (code, _, stderr) = run(&["show", "K8S.NODE_ReverseShel"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("did you mean K8S.NODE_ReverseShell?"),
        "{stderr}"
    );
}

#[test]
fn rules_of_users_are_tested() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("one.yml");
    let name = path.to_str().expect("UTF-8").to_owned();
    let test = |text: String| {
        std::fs::write(&path, text).expect("a file");
        run(&["test", &name])
    };
    let (code, stdout, stderr) = test(rule("/bin/one"));
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("ok, 1 exemplars"), "{stdout}");

    let (code, stdout, _) = test(rule("/bin/two"));
    assert_eq!(code, Some(1));
    assert!(
        stdout.contains("`the one` should match and does not"),
        "{stdout}"
    );
    assert!(
        stdout.contains("- Image (exact /bin/two) is \"/bin/one\""),
        "{stdout}"
    );

    let (code, stdout, stderr) = test(rule("/bin/one").replace("    Image", "    Imago"));
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&format!("{name}:8: ")), "{stderr}");
    assert!(stderr.contains("did you mean `Image`?"), "{stderr}");
}
