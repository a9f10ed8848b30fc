use std::net::IpAddr;

use super::{sample::*, *};
use crate::event::{
    Connect, Destination, ExecFailed as FailedEvent, Namespace, NamespaceOperation, Open, Text,
};

const TYPE: &str = "K8S.NODE_Test";

fn json(world: &World) -> serde_json::Value {
    let alert = world.alert(&detection(TYPE, Severity::High));
    let text = serde_json::to_string(&alert).unwrap();
    assert_eq!(
        serde_json::from_str::<Alert>(&text).unwrap(),
        alert,
        "survives its JSON"
    );
    serde_json::from_str(&text).unwrap()
}

/// The facts that belong to kinds of events; exactly `present` are not null.
fn check_facts(alert: &serde_json::Value, present: &[&str]) {
    for fact in [
        "file",
        "connection",
        "namespaces",
        "shell_link",
        "exec_failed",
    ] {
        assert_eq!(!alert[fact].is_null(), present.contains(&fact), "{fact}");
    }
}

#[test]
fn a_reverse_shell_shows_who_where_and_the_remote_end() {
    let alert = json(&World::reverse_shell());
    check_facts(&alert, &["connection", "shell_link"]);
    assert_eq!(alert["schema_version"], 1);
    assert_eq!(alert["time"], "2026-01-01T00:00:05.000000123Z");
    assert_eq!(alert["first_seen"], alert["time"]);
    assert_eq!(alert["severity"], "High");
    assert_eq!(alert["connection"]["address"], "203.0.113.7");
    assert_eq!(alert["connection"]["port"], 4444);
    assert_eq!(alert["connection"]["protocol"], "tcp");
    assert_eq!(alert["connection"]["via"], "socket");
    assert_eq!(alert["shell_link"]["remote"]["port"], 4444);
    assert_eq!(alert["process"]["args"], serde_json::json!(["bash", "-i"]));
    assert_eq!(alert["process"]["stdio"][0]["type"], "inet");
    assert_eq!(
        alert["process"]["stdio"][0]["peer"]["address"],
        "203.0.113.7"
    );
    assert_eq!(
        alert["process"]["capabilities"],
        serde_json::json!(["CAP_SETUID"])
    );
    assert_eq!(
        alert["process"]["ancestors"][0]["command_line"],
        "node server.js"
    );
    assert_eq!(alert["process"]["tty"], serde_json::Value::Null);
    assert_eq!(alert["container"]["runtime"], "containerd");
    assert_eq!(alert["pod"]["uid"], "0b7e3c1a-6a2f-4a55-9d0e-1f2a3b4c5d6e");
    assert_eq!(alert["rule"]["matched"][0]["selection"], "shell_on_socket");
    assert_eq!(alert["evidence_gap"], serde_json::Value::Null);
}

#[test]
fn a_process_of_the_node_has_no_container_and_no_pod() {
    let mut world = World::reverse_shell();
    world.container = None;
    let alert = json(&world);
    assert!(alert["container"].is_null() && alert["pod"].is_null());
}

#[test]
fn an_open_shows_the_file() {
    let open = Open {
        path: Text::from("/root/.bash_history"),
        path_cut: false,
        flags: 0o1001,
        created: false,
        create_mode: None,
        inode: 3,
        device: 8 << 20,
        mode: 0o100_600,
        owner: 0,
        size: 120,
    };
    let alert = json(&World::doing(Body::Open(open)));
    check_facts(&alert, &["file"]);
    assert_eq!(alert["file"]["path"], "/root/.bash_history");
    assert_eq!(
        alert["file"]["flags"],
        serde_json::json!(["O_WRONLY", "O_TRUNC"])
    );
    assert_eq!(alert["file"]["type"], "regular");
    assert_eq!(alert["file"]["mode"], "0600");
}

#[test]
fn a_connect_shows_its_destination() {
    let connect = |destination, errno| {
        let connect = Connect {
            destination,
            socket_type: 1,
            protocol: 6,
            errno,
        };
        let alert = json(&World::doing(Body::Connect(connect)));
        check_facts(&alert, &["connection"]);
        alert["connection"].clone()
    };
    let inet = connect(
        Destination::Inet(IpAddr::from([169, 254, 169, 254]), 80),
        Some(111),
    );
    assert_eq!(inet["via"], "connect");
    assert_eq!(inet["address"], "169.254.169.254");
    assert_eq!(inet["result"], "ECONNREFUSED");
    let unix = connect(Destination::Unix(Text::from("\0agent")), None);
    assert_eq!(unix["path"], "@agent");
    assert_eq!(unix["protocol"], "unix");
    assert!(unix["result"].is_null());
}

#[test]
fn a_refused_namespace_and_a_missing_tool_show_why() {
    let namespace = Namespace {
        operation: NamespaceOperation::Unshare,
        types: 0x1002_0000,
        errno: 1,
        child_pid: None,
        namespaces: crate::event::Namespaces::default(),
    };
    let alert = json(&World::doing(Body::Namespace(namespace)));
    check_facts(&alert, &["namespaces"]);
    assert_eq!(alert["namespaces"]["operation"], "unshare");
    assert_eq!(
        alert["namespaces"]["types"],
        serde_json::json!(["mnt", "user"])
    );
    assert_eq!(alert["namespaces"]["result"], "EPERM");

    let failed = FailedEvent {
        errno: 2,
        asked: Text::from("/usr/bin/xmrig"),
        args: vec![Text::from("xmrig")],
        args_cut: false,
    };
    let alert = json(&World::doing(Body::ExecFailed(failed)));
    check_facts(&alert, &["exec_failed"]);
    assert_eq!(alert["exec_failed"]["path"], "/usr/bin/xmrig");
    assert_eq!(alert["exec_failed"]["result"], "ENOENT");
}

#[test]
fn a_user_that_changed_since_exec_has_no_stale_name() {
    let mut world = World::reverse_shell();
    world.event.origin.uid = 1000;
    let alert = json(&world);
    assert_eq!(alert["process"]["uid"], 0);
    assert_eq!(alert["process"]["effective_uid"], 1000);
    assert!(alert["process"]["user"].is_null());
}

#[test]
fn ancestors_are_bounded() {
    let mut world = World::reverse_shell();
    let ancestor = world.ancestors[0].clone();
    world.ancestors = vec![ancestor; ANCESTORS_MAX + 1];
    let alert = world.alert(&detection(TYPE, Severity::Low));
    assert_eq!(alert.process.ancestors.len(), ANCESTORS_MAX);
}

#[test]
fn rules_of_one_type_make_one_alert() {
    let world = World::reverse_shell();
    let mut low = detection(TYPE, Severity::Low);
    low.matched[0].selection = "low".to_owned();
    let detections = [
        low,
        detection("K8S.NODE_Other", Severity::Medium),
        detection(TYPE, Severity::High),
    ];
    let mut stage = Stage::new(context(), 1);
    let alerts = stage.alerts(&world.observation(), &detections);
    assert_eq!(alerts.len(), 2);
    assert_eq!(alerts[0].alert_type, TYPE);
    assert_eq!(alerts[0].severity, Severity::High, "the most severe speaks");
    assert_eq!(alerts[0].rule.matched.len(), 2);
    assert_eq!(alerts[0].rule.matched[1].selection, "low");
    assert_eq!(alerts[0].rule.also.len(), 1);
    assert_eq!(alerts[1].alert_type, "K8S.NODE_Other");
    assert!(alerts[1].rule.also.is_empty());
    assert!(alerts[1].id > alerts[0].id);
}

#[test]
fn losses_during_the_life_of_the_process_are_told() {
    let world = World::reverse_shell();
    let start = world.process.key.start_time;
    let gap_of = |losses: &[(u64, u64, u64)]| {
        let mut stage = Stage::new(context(), 1);
        for (lost, from, to) in losses {
            stage.note_loss(*lost, *from, *to);
        }
        let alerts = stage.alerts(&world.observation(), &[detection(TYPE, Severity::High)]);
        alerts[0]
            .evidence_gap
            .clone()
            .map(|gap| (gap.lost, gap.window.from, gap.window.to))
    };
    let time = |since_boot| context().time(since_boot);
    assert_eq!(gap_of(&[]), None);
    assert_eq!(gap_of(&[(5, start - 9, start - 1)]), None, "before it");
    assert_eq!(
        gap_of(&[(5, EVENT_TIME + 1, EVENT_TIME + 2)]),
        None,
        "after the event"
    );
    assert_eq!(
        gap_of(&[(5, start - 9, start + 9), (2, start + 20, EVENT_TIME)]),
        Some((7, time(start - 9), time(EVENT_TIME)))
    );
    let many = vec![(1, start + 1, start + 2); 1000];
    assert_eq!(
        gap_of(&many).map(|gap| gap.0),
        Some(1000),
        "joined, none forgotten"
    );
}

#[test]
fn the_schema_names_every_field_and_promises_it() {
    let schema = json_schema();
    let alert = json(&World::reverse_shell());
    let fields: Vec<_> = alert.as_object().unwrap().keys().collect();
    let properties = schema["properties"].as_object().unwrap();
    let required = schema["required"].as_array().unwrap();
    assert_eq!(properties.len(), fields.len());
    assert_eq!(required.len(), fields.len());
    for field in fields {
        assert!(
            !properties[field]["description"]
                .as_str()
                .unwrap()
                .is_empty(),
            "{field}"
        );
    }
}
