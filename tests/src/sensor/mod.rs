//! A live sensor whose alerts can be waited for.

mod alert;
mod http;
mod stream;

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::workspace;
use stream::Stream;

pub use alert::{Alert, Peer, Process};
pub use http::get;

/// Longest that a sensor may take to arm.
const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest that a sensor may take to drain and stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// How often a condition is looked at again.
const POLL: Duration = Duration::from_millis(20);

/// A running sensor. Its alerts are read as they come; it is killed when dropped.
pub struct Sensor {
    child: Mutex<Child>,
    port: u16,
    stream: Arc<Stream>,
}

impl fmt::Debug for Sensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sensor")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl Sensor {
    /// Starts `vigie-sensor run --output json` with further arguments and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready, with what it wrote to standard error.
    pub fn start(args: &[&str]) -> Result<Self> {
        let sensor = Self::spawn(args)?;
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            if let Some(status) = sensor.exited()? {
                sensor.stream.wait_closed(STOP_TIMEOUT);
                bail!("the sensor ended at start ({status}):\n{}", sensor.log());
            }
            if get(sensor.port, "/readyz").is_ok_and(|(code, _)| code == 200) {
                return Ok(sensor);
            }
            if Instant::now() >= deadline {
                bail!(
                    "the sensor is not ready after {READY_TIMEOUT:?}:\n{}",
                    sensor.log()
                );
            }
            thread::sleep(POLL);
        }
    }

    /// Starts it without waiting.
    fn spawn(args: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let mut command = guarded();
        command
            .args(["run", "--output", "json", "--metrics-address"])
            .arg(format!("127.0.0.1:{port}"))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let stream = Arc::new(Stream::default());
        let child = keep(command, &stream)?;
        Ok(Self {
            child: Mutex::new(child),
            port,
            stream,
        })
    }

    /// Waits for an alert, old or new, that `wanted` accepts.
    ///
    /// # Errors
    /// When none comes in time; the message lists the alerts that did come.
    pub fn alert_until(&self, timeout: Duration, wanted: impl Fn(&Alert) -> bool) -> Result<Alert> {
        match self.stream.wait_for(timeout, &wanted) {
            Some(alert) => Ok(alert),
            None => bail!(
                "no such alert within {timeout:?}; alerts so far:\n{}\nlog:\n{}",
                self.alerts()
                    .iter()
                    .map(Alert::summary)
                    .collect::<Vec<_>>()
                    .join("\n"),
                self.log(),
            ),
        }
    }

    /// All alerts up to now, oldest first.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        self.stream.alerts()
    }

    /// JSON objects of standard output that are no alerts, such as reports of lost events.
    #[must_use]
    pub fn notices(&self) -> Vec<Value> {
        self.stream.notices()
    }

    /// Lines of standard output that are not JSON objects. There must be none.
    #[must_use]
    pub fn garbage(&self) -> Vec<String> {
        self.stream.garbage()
    }

    /// Waits until at least `least` has passed and no alert has come for `quiet`.
    pub fn settle(&self, least: Duration, quiet: Duration) {
        let start = Instant::now();
        while start.elapsed() < least || self.stream.idle() < quiet {
            thread::sleep(POLL);
        }
    }

    /// What it wrote to standard error: the last lines.
    #[must_use]
    pub fn log(&self) -> String {
        self.stream.log()
    }

    /// Port of its metrics and health endpoint on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sum of the samples of a metric that carry this label, as `kind="exec"`; 0 when there are none
    /// yet. The kernel's own totals are up to a second old.
    ///
    /// # Errors
    /// When the sensor does not answer.
    pub fn total(&self, metric: &str, label: &str) -> Result<u64> {
        let (_, text) = get(self.port, "/metrics")?;
        Ok(http::total(&text, metric, label))
    }

    /// Process id of the sensor.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.lock().map_or(0, |child| child.id())
    }

    /// How it ended, or nothing while it runs.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn exited(&self) -> Result<Option<ExitStatus>> {
        let mut child = self
            .child
            .lock()
            .map_err(|_| anyhow::anyhow!("a test panicked"))?;
        child.try_wait().context("wait for the sensor")
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let raw = i32::try_from(self.pid()).context("process id")?;
        let pid = Pid::from_raw(raw).context("the sensor has no process id")?;
        kill_process(pid, signal).context("signal the sensor")
    }

    /// Sends a signal and waits for the end.
    ///
    /// # Errors
    /// When it goes on.
    pub fn stop(&self, signal: Signal) -> Result<ExitStatus> {
        self.signal(signal)?;
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if let Some(status) = self.exited()? {
                self.stream.wait_closed(STOP_TIMEOUT);
                return Ok(status);
            }
            thread::sleep(POLL);
        }
        bail!(
            "the sensor goes on {STOP_TIMEOUT:?} after {signal:?}:\n{}",
            self.log()
        )
    }
}

impl Drop for Sensor {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _already_gone = child.kill();
            let _already_gone = child.wait();
        }
    }
}

/// The sensor's binary, run for its output: `doctor`, bad options and the like.
///
/// # Errors
/// When it cannot be run.
pub fn output(args: &[&str]) -> Result<std::process::Output> {
    let path = workspace::sensor();
    let mut command = Command::new(&path);
    command.args(args).stdin(Stdio::null());
    command
        .output()
        .with_context(|| format!("run {}", path.display()))
}

/// The sensor's command, to be killed by the kernel when the thread that spawned it is gone: a
/// sensor shared by the tests of a binary is never dropped.
fn guarded() -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(workspace::sensor());
    command
}

/// Spawns from a thread that lives as long as the sensor and reads its alerts.
fn keep(mut command: Command, stream: &Arc<Stream>) -> Result<Child> {
    let (sender, receiver) = mpsc::channel();
    let stream = Arc::clone(stream);
    thread::spawn(move || match command.spawn() {
        Ok(mut child) => {
            let (out, err) = (child.stdout.take(), child.stderr.take());
            if let Some(err) = err {
                let stream = Arc::clone(&stream);
                thread::spawn(move || stream.read_log(err));
            }
            let _receiver_waits = sender.send(Ok(child));
            if let Some(out) = out {
                stream.read_alerts(out);
            }
        }
        Err(error) => {
            let _receiver_waits = sender.send(Err(error));
        }
    });
    receiver
        .recv()
        .context("the keeper of the sensor is gone")?
        .context("start the sensor")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    Ok(listener.local_addr().context("find a free port")?.port())
}
