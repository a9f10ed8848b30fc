//! Start, stop and refusal of the sensor.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use vigie_tests::sensor::{get, output};
use vigie_tests::{Root, Sensor, Workload, require, shared, workspace};

const EICAR: &str = "K8S.NODE_EICAR";

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn sigterm_drains_and_exits_0() -> Result<()> {
    if !require::live("sigterm_drains_and_exits_0") {
        return Ok(());
    }
    const ALERTS: usize = 50;
    let sensor = Sensor::start(&[])?;
    let script = format!(
        "T=/tmp/{}; cp /bin/echo $T; for i in $(seq {ALERTS}); do $T drain $i; done",
        shared::EICAR
    );
    let outcome = Workload::container(&Root::debian()?).script(&script)?;
    let status = sensor.stop(Signal::TERM)?;
    ensure!(status.code() == Some(0), "{status}: {}", sensor.log());
    let ours = |alert: &&vigie_tests::Alert| {
        alert.alert_type() == EICAR && shared::belongs(alert, &outcome)
    };
    let counted: u64 = sensor
        .alerts()
        .iter()
        .filter(ours)
        .map(|alert| alert.field("/count").as_u64().unwrap_or(1))
        .sum();
    ensure!(
        counted == ALERTS as u64,
        "{counted} of {ALERTS} alerts: {}",
        sensor.log()
    );
    Ok(())
}

#[test]
fn kill_9_and_restart() -> Result<()> {
    if !require::live("kill_9_and_restart") {
        return Ok(());
    }
    Sensor::start(&[])?.stop(Signal::KILL)?;
    let sensor = Sensor::start(&[])?;
    let outcome = Workload::container(&Root::debian()?).script(shared::MARK)?;
    shared::expect(&sensor, &outcome, EICAR, |_| true)?;
    Ok(())
}

#[test]
fn health_and_metrics_answer() -> Result<()> {
    let Some(sensor) = shared::live("health_and_metrics_answer")? else {
        return Ok(());
    };
    ensure!(get(sensor.port(), "/healthz")?.0 == 200);
    let (code, metrics) = get(sensor.port(), "/metrics")?;
    ensure!(
        code == 200 && metrics.contains("# TYPE vigie_"),
        "{code} {metrics}"
    );
    ensure!(get(sensor.port(), "/nothing")?.0 == 404);
    Ok(())
}

#[test]
fn doctor_runs() -> Result<()> {
    if !require::live("doctor_runs") {
        return Ok(());
    }
    let output = output(&["doctor"])?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{}: {text}{}",
        output.status,
        stderr(&output)
    );
    for word in ["kernel", "BTF", "exec", "connect"] {
        ensure!(text.contains(word), "nothing about {word} in {text}");
    }
    Ok(())
}

#[test]
fn a_bad_rule_is_refused_with_file_and_line() -> Result<()> {
    if !require::live("a_bad_rule_is_refused_with_file_and_line") {
        return Ok(());
    }
    let folder = tempfile::tempdir().context("make a folder")?;
    let file = folder.path().join("broken.yml");
    fs::write(
        &file,
        "title: broken\nlogsource:\n  category: process_creation\n  product: [\n",
    )?;
    let path = folder.path().display().to_string();
    let output = output(&[
        "run",
        "--metrics-address",
        "off",
        "--detections-directories",
        &path,
    ])?;
    let text = stderr(&output);
    ensure!(output.status.code() == Some(1), "{}: {text}", output.status);
    let place = text
        .lines()
        .find_map(|line| line.split_once("broken.yml"))
        .map(|(_, rest)| rest);
    let line = place.is_some_and(|rest| {
        let digits = rest.trim_start_matches([':', ' ', ',', '(']);
        digits
            .trim_start_matches("line ")
            .starts_with(|c: char| c.is_ascii_digit())
    });
    ensure!(line, "no file and line in: {text}");
    Ok(())
}

#[test]
fn a_wrong_flag_exits_2() -> Result<()> {
    if !require::sensor_only("a_wrong_flag_exits_2") {
        return Ok(());
    }
    let output = output(&["run", "--no-such-flag"])?;
    ensure!(
        output.status.code() == Some(2),
        "{}: {}",
        output.status,
        stderr(&output)
    );
    Ok(())
}

#[test]
fn without_root_it_says_so() -> Result<()> {
    if !require::live("without_root_it_says_so") {
        return Ok(());
    }
    let folder = tempfile::tempdir().context("make a folder")?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    let copy = folder.path().join("vigie-sensor");
    fs::copy(workspace::sensor(), &copy).context("copy the sensor")?;
    let output = as_nobody(&copy)?;
    let text = stderr(&output);
    ensure!(output.status.code() == Some(1), "{}: {text}", output.status);
    ensure!(
        text.contains("root") && !text.contains("panicked"),
        "{text}"
    );
    ensure!(text.lines().count() <= 10, "more than a sentence: {text}");
    Ok(())
}

fn as_nobody(program: &Path) -> Result<Output> {
    let mut command = Command::new("timeout");
    command.args([
        "20",
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ]);
    command
        .arg(program)
        .args(["run", "--metrics-address", "off"]);
    command.output().context("run the sensor as nobody")
}

#[test]
fn start_is_quick() -> Result<()> {
    if !require::live("start_is_quick") {
        return Ok(());
    }
    let start = std::time::Instant::now();
    let sensor = Sensor::start(&[])?;
    ensure!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    ensure!(sensor.exited()?.is_none());
    Ok(())
}
