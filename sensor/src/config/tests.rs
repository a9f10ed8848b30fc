use super::*;

fn sources(file: &str) -> Sources {
    Sources {
        file: Some(("sensor.yaml".to_owned(), file.to_owned())),
        host_name: "machine".to_owned(),
        ..Sources::default()
    }
}

/// Resolves a file and checks the mistakes, each `LINE: message`.
fn check_mistakes(file: &str, expected: &[&str]) {
    let mistakes = resolve(&sources(file)).expect_err("mistakes");
    let told: Vec<_> = mistakes.0.iter().map(ToString::to_string).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|text| format!("sensor.yaml:{text}"))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn nothing_said_means_defaults() {
    for file in ["", "# nothing\n", "metrics:\n"] {
        let resolved = resolve(&sources(file)).unwrap();
        let defaults = Settings {
            node_name: "machine".to_owned(),
            ..Settings::default()
        };
        assert_eq!(resolved.settings, defaults);
        assert!(resolved.places.is_empty());
    }
}

#[test]
fn every_setting_can_be_set_in_the_file() {
    let file = "\
output: json
log_level: debug
node_name: worker-9
proc_root: /host/proc
detections:
  embedded: false
  directories: [/etc/vigie/rules, /srv/rules]
metrics:
  address: off
hooks:
  tier: 2
activity:
  rate: 100
  burst: 200
rings:
  lifecycle: 1MiB
  activity: 65536
";
    let resolved = resolve(&sources(file)).unwrap();
    let expected = Settings {
        output: OutputFormat::Json,
        log_level: LevelFilter::DEBUG,
        node_name: "worker-9".to_owned(),
        proc_root: "/host/proc".into(),
        detections_embedded: false,
        detections_directories: vec!["/etc/vigie/rules".into(), "/srv/rules".into()],
        metrics_address: None,
        hooks_tier: HookTier::Two,
        activity_rate: 100,
        activity_burst: 200,
        rings_lifecycle: 1 << 20,
        rings_activity: 1 << 16,
    };
    assert_eq!(resolved.settings, expected);
    assert_eq!(resolved.places.len(), SETTINGS.len());
    assert_eq!(
        resolved.places["metrics.address"].to_string(),
        "sensor.yaml:9"
    );
}

#[test]
fn environment_beats_the_file_and_flags_beat_both() {
    let mut sources = sources("output: json\nlog_level: warn\nnode_name: a\n");
    sources.environment = [
        ("NODE_NAME", "from-the-pod"),
        ("VIGIE_LOG_LEVEL", "error"),
        ("VIGIE_OUTPUT", "terminal"),
        ("VIGIE_DETECTIONS_DIRECTORIES", "/a:/b"),
        ("VIGIE_SERVICE_HOST", "10.0.0.1"),
        ("VIGIE_PORT", "tcp://10.0.0.1:80"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    sources.flags = vec![("output", vec!["json".to_owned()])];
    let resolved = resolve(&sources).unwrap();
    assert_eq!(resolved.settings.output, OutputFormat::Json);
    assert_eq!(resolved.settings.log_level, LevelFilter::ERROR);
    assert_eq!(resolved.settings.node_name, "a");
    assert_eq!(resolved.settings.detections_directories.len(), 2);
    assert_eq!(resolved.places["output"].to_string(), "--output");
    assert_eq!(resolved.places["log_level"].to_string(), "VIGIE_LOG_LEVEL");
    assert_eq!(resolved.places["node_name"].to_string(), "sensor.yaml:3");
}

#[test]
fn the_node_name_comes_from_the_pod_or_the_machine() {
    let mut sources = sources("");
    sources.environment = vec![("NODE_NAME".to_owned(), "worker-3".to_owned())];
    assert_eq!(resolve(&sources).unwrap().settings.node_name, "worker-3");
}

#[test]
fn all_mistakes_are_told_with_their_lines() {
    check_mistakes(
        "\
output: xml
metric:
  address: 1
metrics:
  adress: 127.0.0.1:1
  address: localhost
detections:
  directories: /etc
activity:
  rate: -1
hooks: 3
rings:
  lifecycle: 100000
node_name:
zzz: 1
",
        &[
            "1: output: `xml` is none of `terminal`, `json`",
            "2: unknown key `metric`; did you mean `metrics.address`?",
            "5: unknown key `metrics.adress`; did you mean `metrics.address`?",
            "6: metrics.address: `localhost` is neither an address and port such as \
             127.0.0.1:9464 nor `off`",
            "8: detections.directories: a list is wanted",
            "10: activity.rate: `-1` is not a number from 1 to 1000000",
            "11: hooks must be a mapping of keys to values",
            "13: rings.lifecycle: `100000` is not a power of two from 64KiB to 256MiB",
            "14: node_name: a value is missing",
            "15: unknown key `zzz`",
        ],
    );
}

#[test]
fn what_is_not_settings_at_all() {
    check_mistakes(
        "- a\n- b\n",
        &["1: the file must be a mapping of keys to values"],
    );
    check_mistakes("? [a]\n: 1\n", &["1: a key must be plain text"]);
    check_mistakes(
        "detections:\n  embedded: false\n",
        &[
            "2: without the embedded detections, `detections.directories` must name a directory \
           of rules",
        ],
    );
}

#[test]
fn broken_yaml_has_its_line() {
    for file in [
        "output: json\nlog_level: [\n",
        "output: json\noutput: json\n",
        "a: \"\n",
    ] {
        let mistakes = resolve(&sources(file)).expect_err("mistakes");
        assert_eq!(mistakes.0.len(), 1, "{mistakes}");
        assert!(
            matches!(&mistakes.0[0].place, Place::Line(_, 1..=3)),
            "{mistakes}"
        );
    }
}

#[test]
fn mistakes_of_environment_and_flags_name_them() {
    let mut sources = sources("");
    sources.environment = vec![("VIGIE_OUTPUTS".to_owned(), "json".to_owned())];
    sources.flags = vec![("hooks.tier", vec!["3".to_owned()])];
    let mistakes = resolve(&sources).expect_err("mistakes");
    assert_eq!(
        mistakes.to_string(),
        "there are 2 mistakes in the settings:\n  \
         VIGIE_OUTPUTS: unknown variable; did you mean `VIGIE_OUTPUT`?\n  \
         --hooks-tier: hooks.tier: `3` is none of `auto`, `1`, `2`"
    );
}

#[test]
fn the_table_is_consistent() {
    for setting in SETTINGS {
        assert_eq!(setting.flag, setting.key.replace(['.', '_'], "-"));
        // Whatever is shown can be said.
        let mut settings = Settings::default();
        let shown = (setting.show)(&settings);
        assert_eq!(
            shown.is_empty(),
            !setting.default_note.is_empty(),
            "{}",
            setting.key
        );
        if !shown.is_empty() {
            (setting.apply)(&mut settings, &[shown]).unwrap();
            assert_eq!(settings, Settings::default(), "{}", setting.key);
        }
        assert!(markdown().contains(&setting.variable()));
    }
}

proptest::proptest! {
    #[test]
    fn any_file_is_harmless(file: String) {
        let _ = resolve(&sources(&file));
    }

    #[test]
    fn any_value_is_harmless(value in "[ -~]{0,20}") {
        for setting in SETTINGS {
            let _ = resolve(&sources(&format!("{}: {value}\n", setting.key)));
            let _ = (setting.apply)(&mut Settings::default(), std::slice::from_ref(&value));
        }
    }
}
