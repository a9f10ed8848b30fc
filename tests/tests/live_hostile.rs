//! What someone might do to blind, mislead or exhaust the sensor.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde_json::json;
use vigie_tests::{Root, Sensor, Workload, require, shared};

const EICAR: &str = "K8S.NODE_EICAR";

/// Longest that a workload of many processes may take.
const FLOOD_TIMEOUT: Duration = Duration::from_secs(40);

/// Longest that totals may lag behind.
const METRICS_LAG: Duration = Duration::from_secs(5);

/// Waits until `done` holds.
fn wait_for(what: &str, limit: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !done()? {
        ensure!(start.elapsed() < limit, "{what}: not within {limit:?}");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Runs the test alert with 8 KiB of arguments from within `depth` directories of this name.
fn deep(test: &str, name: &str, depth: usize) -> Result<()> {
    let Some(sensor) = shared::live(test)? else {
        return Ok(());
    };
    let script = format!(
        "cd /tmp\n\
         D=$(printf '{name}/%.0s' $(seq {depth})); mkdir -p $D; cd $D\n\
         cp /bin/echo ./{eicar}\n\
         echo ${{#PWD}}\n\
         \"$PWD/{eicar}\" $(seq -f argument-%.0f 600) > /dev/null",
        eicar = shared::EICAR
    );
    let outcome = Workload::container(&Root::debian()?).script(&script)?;
    let length: usize = outcome.stdout.trim().parse().context("length of $PWD")?;
    ensure!(length > 3800, "only {length} bytes: {outcome:?}");
    let alert = shared::expect(sensor, &outcome, EICAR, |_| true)?;
    for path in ["/process/executable", "/process/cwd"] {
        let kept = alert.field(path).as_str().unwrap_or_default();
        ensure!(kept.contains(name), "{path} is {kept:?}");
    }
    let executable = alert.process().executable.clone().unwrap_or_default();
    ensure!(
        executable.ends_with(&format!("/{}", shared::EICAR)),
        "{executable}"
    );
    for flag in ["/process/path_truncated", "/process/args_truncated"] {
        ensure!(
            alert.field(flag) == &json!(true),
            "{flag} in {:#}",
            alert.json
        );
    }
    ensure!(
        alert.field("/process/args/100") == &json!("argument-100"),
        "{:#}",
        alert.json
    );
    Ok(())
}

#[test]
fn long_names_on_the_way() -> Result<()> {
    deep("long_names_on_the_way", &"n".repeat(200), 19)
}

#[test]
fn many_directories_on_the_way() -> Result<()> {
    deep("many_directories_on_the_way", "dir", 960)
}

/// How many events of a kind the sensor got, and how many it says it lost.
fn accounted(sensor: &Sensor, kind: &str) -> Result<u64> {
    let label = format!("kind=\"{kind}\"");
    let received = sensor.total("vigie_events_total", &label)?;
    let lost = sensor.total("vigie_events_lost_total", &label)?;
    Ok(received + lost)
}

#[test]
fn a_flood_of_processes_hides_nothing() -> Result<()> {
    const PROCESSES: u64 = 20_000;
    const ALERTS: u64 = 20;
    if !require::live("a_flood_of_processes_hides_nothing") {
        return Ok(());
    }
    let sensor = Sensor::start(&[])?;
    let half = PROCESSES / 2;
    let loops = format!(
        "f() {{ i=0; while [ $i -lt {half} ]; do /bin/true; i=$((i+1)); done; }}\n\
         f & f & wait; echo flooded"
    );
    let flood = Workload::container(&Root::busybox()?)
        .timeout(FLOOD_TIMEOUT)
        .start(&["busybox", "sh", "-c", &loops])?;
    let script = format!(
        "T=/tmp/{}; cp /bin/echo $T; for i in $(seq {ALERTS}); do $T needle-$i; sleep 0.1; done",
        shared::EICAR
    );
    let outcome = Workload::container(&Root::debian()?).script(&script)?;
    for number in 1..=ALERTS {
        let argument = json!(format!("needle-{number}"));
        shared::expect(&sensor, &outcome, EICAR, |alert| {
            alert.field("/process/args/1") == &argument
        })?;
    }
    let flood = flood.wait(FLOOD_TIMEOUT)?;
    ensure!(flood.stdout.contains("flooded"), "{flood:?}");
    for kind in ["fork", "exec", "exit"] {
        wait_for(kind, METRICS_LAG, || {
            Ok(accounted(&sensor, kind)? >= PROCESSES + ALERTS)
        })
        .with_context(|| format!("{} accounted for", accounted(&sensor, kind).unwrap_or(0)))?;
    }
    ensure!(sensor.exited()?.is_none(), "{}", sensor.log());
    Ok(())
}

/// Starts processes with 7 KiB of environment for four seconds, tells how many, and becomes `$1`.
const LIVES_THROUGH: &str = r"
export X=$(head -c 7000 /dev/zero | tr '\0' x)
n=0
end=$(($(date +%s) + 4))
while [ $(date +%s) -lt $end ]; do
    i=0
    while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done
    n=$((n+100))
done
echo $n
cp /bin/busybox $1
exec $1
";

#[test]
fn what_a_stalled_sensor_missed_is_counted_and_told() -> Result<()> {
    if !require::live("what_a_stalled_sensor_missed_is_counted_and_told") {
        return Ok(());
    }
    let sensor = Sensor::start(&[])?;
    sensor.signal(Signal::STOP)?;
    let name = format!("/tmp/{}", shared::EICAR);
    let flood = Workload::container(&Root::busybox()?).start(&[
        "busybox",
        "sh",
        "-c",
        LIVES_THROUGH,
        "sh",
        &name,
    ])?;
    thread::sleep(Duration::from_secs(2));
    sensor.signal(Signal::CONT)?;
    let flood = flood.wait(FLOOD_TIMEOUT)?;
    let processes: u64 = flood.stdout.trim().parse().context("how many processes")?;
    for kind in ["fork", "exec", "exit"] {
        wait_for(kind, METRICS_LAG, || {
            Ok(accounted(&sensor, kind)? >= processes)
        })
        .with_context(|| format!("{} accounted for", accounted(&sensor, kind).unwrap_or(0)))?;
    }
    let lost = sensor.total("vigie_events_lost_total", "cause=\"ring_full\"")?;
    ensure!(lost > 0, "nothing was lost: the ring held it all");
    // An alert about a process that lived through it says so.
    let alert = shared::expect(&sensor, &flood, EICAR, |_| true)?;
    let told = alert.field("/evidence_gap/lost").as_u64();
    ensure!(told.is_some_and(|told| told > 0), "{:#}", alert.json);
    Ok(())
}

#[test]
fn one_noisy_container_does_not_silence_another() -> Result<()> {
    const NOISE: &str = "import os, time\n\
        end = time.monotonic() + 3\n\
        while time.monotonic() < end:\n    \
            os.close(os.open('/tmp/authorized_keys', os.O_RDONLY))\n\
        print('done')\n";
    let Some(sensor) = shared::live("one_noisy_container_does_not_silence_another")? else {
        return Ok(());
    };
    let suppressed = || sensor.total("vigie_events_suppressed_total", "kind=\"open\"");
    let before = suppressed()?;
    let noise = Workload::container(&Root::debian()?)
        .file("/tmp/authorized_keys", "", 0o644)
        .file("/t/noise.py", NOISE, 0o644)
        .start(&["python3", "/t/noise.py"])?;
    wait_for("suppression", Duration::from_secs(5), || {
        Ok(suppressed()? > before)
    })?;
    let script = "mkdir -p /root/.ssh; echo key >> /root/.ssh/authorized_keys";
    let quiet = Workload::container(&Root::debian()?).script(script)?;
    shared::expect(sensor, &quiet, "K8S.NODE_SshKeyAccess", |_| true)?;
    let noise = noise.wait(Duration::from_secs(10))?;
    ensure!(noise.stdout.contains("done"), "{noise:?}");
    Ok(())
}

/// Ids of the kernel programs that a process holds, itself or by their links.
fn programs_of(pid: u32) -> Result<Vec<u32>> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fdinfo")).context("list descriptors")? {
        // Some are closed by the time they are looked at.
        let text = fs::read_to_string(entry?.path()).unwrap_or_default();
        let ids = text
            .lines()
            .filter_map(|line| line.strip_prefix("prog_id:"));
        programs.extend(ids.filter_map(|id| id.trim().parse::<u32>().ok()));
    }
    Ok(programs)
}

/// Whether a kernel program is still there; nothing when this machine cannot tell.
fn is_loaded(program: u32) -> Result<Option<bool>> {
    if require::command("bpftool").is_none() {
        return Ok(None);
    }
    let mut show = Command::new("bpftool");
    show.args(["prog", "show", "id", &program.to_string()]);
    let status = show.output().context("run bpftool")?.status;
    Ok(Some(status.success()))
}

#[test]
fn kill_9_leaves_nothing_behind() -> Result<()> {
    if !require::live("kill_9_leaves_nothing_behind") {
        return Ok(());
    }
    let sensor = Sensor::start(&[])?;
    let programs = programs_of(sensor.pid())?;
    ensure!(!programs.is_empty(), "the sensor holds no kernel programs");
    sensor.stop(Signal::KILL)?;
    let start = Instant::now();
    let next = Sensor::start(&[])?;
    ensure!(
        start.elapsed() < Duration::from_secs(5),
        "armed again only after {:?}",
        start.elapsed()
    );
    for program in programs {
        wait_for("the end of its programs", Duration::from_secs(5), || {
            Ok(is_loaded(program)? != Some(true))
        })?;
    }
    let outcome = Workload::container(&Root::debian()?).script(shared::MARK)?;
    shared::expect(&next, &outcome, EICAR, |_| true)?;
    Ok(())
}

/// A new line, a colour, a window title and bytes that are not UTF-8, for `$'...'`.
const HOSTILE: &str = r#"a\n\e[31m\e]0;t\a\xff\xfe"#;

/// The same, as alerts show it.
const SHOWN: &str = "a\n\u{1b}[31m\u{1b}]0;t\u{7}\u{fffd}\u{fffd}";

#[test]
fn hostile_names_stay_in_their_line() -> Result<()> {
    let Some(sensor) = shared::live("hostile_names_stay_in_their_line")? else {
        return Ok(());
    };
    let script = format!(
        "H=$'/tmp/{HOSTILE}'; mkdir \"$H\"; cd \"$H\"; cp /bin/echo {eicar}\n\
         ./{eicar} directory > /dev/null\n\
         mv {eicar} \"${{H##*/}}\"; (exec -a {eicar} \"./${{H##*/}}\" program) > /dev/null\n\
         echo key >> \"$H/authorized_keys\"",
        eicar = shared::EICAR
    );
    let outcome = Workload::container(&Root::debian()?).script(&script)?;
    for (argument, end) in [("directory", shared::EICAR), ("program", SHOWN)] {
        let alert = shared::expect(sensor, &outcome, EICAR, |alert| {
            alert.field("/process/args/1") == &json!(argument)
        })?;
        let executable = json!(format!("/tmp/{SHOWN}/{end}"));
        ensure!(
            alert.field("/process/executable") == &executable,
            "{:#}",
            alert.json
        );
    }
    let path = json!(format!("/tmp/{SHOWN}/authorized_keys"));
    shared::expect(sensor, &outcome, "K8S.NODE_SshKeyAccess", |alert| {
        alert.field("/file/path") == &path
    })?;
    let garbage = sensor.garbage();
    ensure!(garbage.is_empty(), "not JSON: {garbage:?}");
    Ok(())
}
