//! Starts workloads and waits for them.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::{Cgroup, PATH, Place, Workload, oci, quote, random_hex};
use crate::root;
use crate::workspace;

const PREPARE: &str = include_str!("prepare.sh");
const CONTAINER: &str = include_str!("container.sh");
const HOST: &str = include_str!("host.sh");

/// What a workload on the host must not do to the machine that runs the tests.
const DROPPED: &str = "-sys_boot,-sys_module,-sys_rawio,-sys_time,-mknod";

/// How often a running workload is looked at.
const POLL: Duration = Duration::from_millis(5);

/// How a workload ended.
#[derive(Debug)]
pub struct Outcome {
    /// The process that all of the workload's processes descend from, in the host's numbers.
    pub pid: u32,
    /// Id of the container, if it ran in one.
    pub container: Option<String>,
    /// UID of the pod, if it ran in one.
    pub pod_uid: Option<String>,
    /// How the command ended.
    pub status: ExitStatus,
    /// Whether the time limit ended it.
    pub timed_out: bool,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// A workload on its way. It is killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    container: Option<String>,
    cgroup: Cgroup,
    output: Option<(JoinHandle<String>, JoinHandle<String>)>,
    folder: TempDir,
    ended: bool,
}

impl Running {
    /// The process that all of the workload's processes descend from.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Id of the container, if it runs in one.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// UID of the pod, if it runs in one.
    #[must_use]
    pub fn pod_uid(&self) -> Option<&str> {
        self.container.as_ref().and(self.cgroup.pod_uid())
    }

    /// Runs another command in the container, as `kubectl exec` does.
    ///
    /// # Errors
    /// When runc cannot be run.
    pub fn exec(&self, args: &[&str]) -> Result<Output> {
        let id = self
            .container
            .as_deref()
            .context("only a container can be entered")?;
        let mut command = Command::new("runc");
        command
            .arg("--root")
            .arg(self.state())
            .args(["exec", id])
            .args(args);
        command
            .stdin(Stdio::null())
            .output()
            .context("run runc exec")
    }

    /// Waits for the end, at most this long, then kills.
    ///
    /// # Errors
    /// When the process cannot be waited for.
    pub fn wait(mut self, limit: Duration) -> Result<Outcome> {
        let deadline = Instant::now() + limit;
        let mut timed_out = false;
        let status = loop {
            if let Some(status) = self.child.try_wait().context("wait for the workload")? {
                break status;
            }
            if Instant::now() >= deadline && !timed_out {
                timed_out = true;
                self.kill();
            }
            thread::sleep(POLL);
        };
        self.ended = true;
        let (stdout, stderr) = match self.output.take() {
            Some((out, err)) => (
                out.join().unwrap_or_default(),
                err.join().unwrap_or_default(),
            ),
            None => Default::default(),
        };
        Ok(Outcome {
            pid: self.pid(),
            pod_uid: self.pod_uid().map(str::to_owned),
            container: self.container.clone(),
            status,
            timed_out,
            stdout,
            stderr,
        })
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn kill(&mut self) {
        if let Some(id) = &self.container {
            let mut command = Command::new("runc");
            command
                .arg("--root")
                .arg(self.state())
                .args(["delete", "--force", id]);
            command.stderr(Stdio::null());
            let _already_gone = command.status();
        } else {
            let _already_gone = self.child.kill();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            self.kill();
            let _already_gone = self.child.wait();
        }
        if let Some(id) = &self.container {
            self.cgroup.clean(id);
        }
    }
}

/// Starts a workload.
pub(super) fn start(workload: &Workload, args: &[&str]) -> Result<Running> {
    let folder = folder(workload)?;
    let mut command = match workload.place {
        Place::Host => host(folder.path(), args)?,
        Place::Container => Command::new("sh"),
    };
    let container = match workload.place {
        Place::Host => None,
        Place::Container => Some(bundle(workload, folder.path(), args)?),
    };
    command
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", "/root")
        .env("RUN", folder.path())
        .env("LOWER", workload.root.path())
        .env("ID", container.as_deref().unwrap_or_default())
        .stdin(if workload.stdin.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let script = match workload.place {
        Place::Host => HOST,
        Place::Container => CONTAINER,
    };
    fs::write(folder.path().join("launch"), [PREPARE, script].concat()).context("write launch")?;
    let mut child = command
        .arg(folder.path().join("launch"))
        .spawn()
        .context("start the workload")?;
    feed(&mut child, workload.stdin.clone());
    let output = child
        .stdout
        .take()
        .map(collect)
        .zip(child.stderr.take().map(collect));
    let cgroup = workload.cgroup.clone();
    Ok(Running {
        child,
        container,
        cgroup,
        output,
        folder,
        ended: false,
    })
}

/// The folder of one run: files laid over the root, and mount points.
fn folder(workload: &Workload) -> Result<TempDir> {
    let runs = workspace::target().join("test-runs");
    fs::create_dir_all(&runs).with_context(|| format!("create {}", runs.display()))?;
    let folder = tempfile::Builder::new()
        .prefix("run-")
        .tempdir_in(&runs)
        .context("make a run")?;
    let files = folder.path().join("files");
    for part in [&files, &folder.path().join("scratch")] {
        fs::create_dir(part).context("make the run's folders")?;
    }
    root::write(&files, "etc/hosts", hosts(&workload.pins).as_bytes(), 0o644)?;
    for extra in &workload.extras {
        root::write(&files, &extra.path, &extra.bytes, extra.mode)?;
    }
    if !workload.stubs.is_empty() {
        let program = fs::read(workload.root.path().join("bin/true")).context("read true")?;
        for stub in &workload.stubs {
            root::write(&files, &format!("usr/local/sbin/{stub}"), &program, 0o755)?;
        }
    }
    Ok(folder)
}

fn hosts(pins: &[(String, String)]) -> String {
    let mut text = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
    for (name, address) in pins {
        let _infallible = writeln!(text, "{address} {name}");
    }
    text
}

/// The command of a workload on the host. Its arguments are in a file, so that no ancestor's
/// command line holds them.
fn host(folder: &Path, args: &[&str]) -> Result<Command> {
    let line = quote::command_line(args);
    let run = format!("umount -l /.old && rmdir /.old\nunset RUN LOWER ID\n{line}\nexit $?\n");
    root::write(&folder.join("files"), "t/run", run.as_bytes(), 0o644)?;
    let mut command = Command::new("setpriv");
    command.args([
        "--bounding-set",
        DROPPED,
        "unshare",
        "--mount",
        "--propagation",
        "private",
    ]);
    command.args([
        "--pid",
        "--fork",
        "--kill-child",
        "--net",
        "--ipc",
        "--uts",
        "sh",
    ]);
    Ok(command)
}

/// Writes the container's configuration and returns its id.
fn bundle(workload: &Workload, folder: &Path, args: &[&str]) -> Result<String> {
    let id = random_hex(32)?;
    let config = oci::config(&oci::Spec {
        root: &folder.join("scratch/root"),
        args,
        cgroup: &workload.cgroup.path(&id),
        refused: &workload.refused,
    });
    let bytes = serde_json::to_vec(&config).context("encode config.json")?;
    fs::write(folder.join("config.json"), bytes).context("write config.json")?;
    Ok(id)
}

fn feed(child: &mut Child, bytes: Option<Vec<u8>>) {
    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), bytes) {
        thread::spawn(move || {
            // A workload that ends without reading its input is fine.
            let _closed_early = pipe.write_all(&bytes);
        });
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _partial_is_fine = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
