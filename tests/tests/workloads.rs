//! The surroundings that the live tests rely on, without a sensor.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use vigie_tests::{Cgroup, Place, Root, Workload, require};

/// Runs a command in both places on both roots and compares its standard output.
fn check(test: &str, args: &[&str], expected: &str) -> Result<()> {
    if !require::workloads(test) {
        return Ok(());
    }
    for root in [Root::debian()?, Root::busybox()?] {
        for place in Place::BOTH {
            let outcome = Workload::new(&root, place).run(args)?;
            ensure!(
                outcome.stdout == expected && outcome.status.success(),
                "{place:?} {}: {outcome:?}",
                root.path().display()
            );
        }
    }
    Ok(())
}

#[test]
fn roots_are_writable() -> Result<()> {
    check(
        "roots_are_writable",
        &["sh", "-c", "echo a > /tmp/x; cat /tmp/x"],
        "a\n",
    )
}

#[test]
fn loopback_is_the_only_network() -> Result<()> {
    let command = "ip -o link | wc -l; ip -o link | grep -c 'lo:.*UP'";
    check(
        "loopback_is_the_only_network",
        &["sh", "-c", command],
        "1\n1\n",
    )
}

#[test]
fn the_old_root_is_gone() -> Result<()> {
    check(
        "the_old_root_is_gone",
        &["sh", "-c", "ls -d /.old 2>/dev/null; echo done"],
        "done\n",
    )
}

#[test]
fn arguments_arrive_whole() -> Result<()> {
    let awkward = "a 'b' \"c\" $d\n\\e";
    check(
        "arguments_arrive_whole",
        &["printf", "%s", awkward],
        awkward,
    )
}

#[test]
fn stdin_files_pins_and_stubs_arrive() -> Result<()> {
    if !require::workloads("stdin_files_pins_and_stubs_arrive") {
        return Ok(());
    }
    for place in Place::BOTH {
        let outcome = Workload::new(&Root::debian()?, place)
            .stdin("cat /t/a; getent hosts pool.example | cut -d' ' -f1; docker && echo stub\n")
            .file("/t/a", "content\n", 0o644)
            .pin("pool.example", "192.0.2.7")
            .stub_if_missing("docker")
            .stub_if_missing("curl")
            .run(&["bash"])?;
        ensure!(
            outcome.stdout == "content\n192.0.2.7\nstub\n",
            "{outcome:?}"
        );
    }
    Ok(())
}

#[test]
fn containers_are_in_their_cgroup() -> Result<()> {
    if !require::workloads("containers_are_in_their_cgroup") {
        return Ok(());
    }
    for cgroup in [Cgroup::pod(), Cgroup::pod_systemd(), Cgroup::Podman] {
        let running = Workload::container(&Root::debian()?)
            .cgroup(cgroup.clone())
            .start(&["cat", "/proc/self/cgroup"])?;
        let id = running.container().unwrap_or_default().to_owned();
        let outcome = running.wait(Duration::from_secs(10))?;
        let groups: Vec<&str> = outcome.stdout.lines().collect();
        ensure!(
            !groups.is_empty() && groups.iter().any(|line| line.contains(&id)),
            "{outcome:?}"
        );
        if let Some(uid) = cgroup.pod_uid() {
            let slice_form = uid.replace('-', "_");
            ensure!(
                groups
                    .iter()
                    .any(|line| line.contains(uid) || line.contains(&slice_form)),
                "{outcome:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn the_host_is_in_no_container_cgroup() -> Result<()> {
    if !require::workloads("the_host_is_in_no_container_cgroup") {
        return Ok(());
    }
    let outcome = Workload::host(&Root::debian()?).run(&["cat", "/proc/self/cgroup"])?;
    let ours = fs::read_to_string("/proc/self/cgroup")?;
    ensure!(
        outcome.stdout == ours,
        "{} instead of {ours}",
        outcome.stdout
    );
    Ok(())
}

#[test]
fn seccomp_refuses() -> Result<()> {
    if !require::workloads("seccomp_refuses") {
        return Ok(());
    }
    let command = "unshare --uts true";
    let refused = Workload::container(&Root::debian()?)
        .refuse("unshare")
        .bash(command)?;
    ensure!(
        !refused.status.success() && refused.stderr.contains("not permitted"),
        "{refused:?}"
    );
    Ok(())
}

#[test]
fn a_time_limit_ends_everything() -> Result<()> {
    if !require::workloads("a_time_limit_ends_everything") {
        return Ok(());
    }
    for place in Place::BOTH {
        let start = Instant::now();
        let outcome = Workload::new(&Root::debian()?, place)
            .timeout(Duration::from_secs(1))
            .bash("sleep 60 & sleep 60")?;
        ensure!(
            outcome.timed_out && start.elapsed() < Duration::from_secs(6),
            "{outcome:?}"
        );
    }
    Ok(())
}

#[test]
fn a_container_can_be_entered() -> Result<()> {
    if !require::workloads("a_container_can_be_entered") {
        return Ok(());
    }
    let running = Workload::container(&Root::busybox()?).start(&["sleep", "30"])?;
    let start = Instant::now();
    while !running.exec(&["true"])?.status.success() {
        ensure!(
            start.elapsed() < Duration::from_secs(10),
            "the container does not start"
        );
    }
    ensure!(
        !running.exec(&["false"])?.status.success(),
        "false succeeds"
    );
    Ok(())
}
