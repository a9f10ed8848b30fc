//! Containers by the control groups of several runtimes, and podman itself.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use vigie_tests::{Cgroup, Root, Workload, require, shared};

const EICAR: &str = "K8S.NODE_EICAR";

fn check(test: &str, cgroup: Cgroup, runtime: &str) -> Result<()> {
    let Some(sensor) = shared::live(test)? else {
        return Ok(());
    };
    let outcome = Workload::container(&Root::debian()?)
        .cgroup(cgroup)
        .script(shared::MARK)?;
    let alert = shared::expect(sensor, &outcome, EICAR, |_| true)?;
    ensure!(alert.runtime() == Some(runtime), "{:#}", alert.json);
    Ok(())
}

#[test]
fn a_pod_under_the_cgroupfs_driver() -> Result<()> {
    check(
        "a_pod_under_the_cgroupfs_driver",
        Cgroup::pod(),
        "containerd",
    )
}

#[test]
fn a_pod_under_the_systemd_driver() -> Result<()> {
    check(
        "a_pod_under_the_systemd_driver",
        Cgroup::pod_systemd(),
        "containerd",
    )
}

#[test]
fn a_container_named_as_podman_does() -> Result<()> {
    check("a_container_named_as_podman_does", Cgroup::Podman, "podman")
}

#[test]
fn podman_itself() -> Result<()> {
    let Some(sensor) = shared::live("podman_itself")? else {
        return Ok(());
    };
    if require::command("podman").is_none() {
        require::skip("podman_itself", "needs the command podman");
        return Ok(());
    }
    let folder = tempfile::tempdir().context("make a folder")?;
    let root = folder.path().join("root");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(Root::busybox()?.path())
        .arg(&root)
        .status()?;
    ensure!(copied.success(), "copy the root: {copied}");
    let id_file = folder.path().join("id");
    let name = format!("/tmp/{}", shared::EICAR);
    let output = Command::new("podman")
        .arg("--root")
        .arg(folder.path().join("storage"))
        .arg("--runroot")
        .arg(folder.path().join("run"))
        .args([
            "--cgroup-manager=cgroupfs",
            "--runtime=runc",
            "run",
            "--rm",
            "--network=none",
        ])
        .args([
            "--log-driver=none",
            "--ulimit=nofile=1024:1024",
            "--ulimit=nproc=4096:4096",
        ])
        .arg("--cidfile")
        .arg(&id_file)
        .arg("--rootfs")
        .arg(&root)
        .args([
            "sh",
            "-c",
            &format!("cp /bin/busybox {name}; {name} testing; true"),
        ])
        .stdin(Stdio::null())
        .output()
        .context("run podman")?;
    ensure!(
        output.status.success(),
        "podman: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let id = fs::read_to_string(&id_file).context("read the container's id")?;
    let alert = sensor.alert_until(Duration::from_secs(5), |alert| {
        alert.alert_type() == EICAR && alert.container_id() == Some(id.trim())
    })?;
    ensure!(alert.runtime() == Some("podman"), "{:#}", alert.json);
    ensure!(
        alert.process().executable.as_deref() == Some(&name),
        "{:#}",
        alert.json
    );
    Ok(())
}
