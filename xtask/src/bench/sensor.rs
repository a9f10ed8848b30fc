//! A live sensor that is measured.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::http::get;
use super::metrics::{Sample, parse};
use super::usage::Usage;

/// A sensor that is not ready by then never will be.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A sensor that has not drained and ended by then is stuck.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Between two looks at something that is awaited.
const POLL: Duration = Duration::from_millis(20);

/// Lines of the sensor's log that an error quotes.
const LOG_LINES: usize = 15;

/// A running `vigie-sensor run`; killed when dropped.
pub(super) struct Sensor {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
    /// From start to readiness.
    pub(super) armed_in: Duration,
}

impl Sensor {
    /// Starts `program` and waits until it is ready. Alerts and log go to files in `folder`.
    ///
    /// # Errors
    /// It could not be started, ended, or did not become ready; with the end of its log.
    pub(super) fn start(program: &Path, folder: &Path) -> Result<Sensor> {
        let address = free_address()?;
        let log = folder.join("sensor.log");
        let file = |path: &Path| {
            File::create(path).with_context(|| format!("cannot create {}", path.display()))
        };
        let started = Instant::now();
        let child = Command::new(program)
            .args([
                "run",
                "--output",
                "json",
                "--metrics-address",
                &address.to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(file(&folder.join("alerts.jsonl"))?)
            .stderr(file(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut sensor = Sensor {
            child,
            address,
            log,
            armed_in: Duration::ZERO,
        };
        sensor.wait_until_ready(started)?;
        sensor.armed_in = started.elapsed();
        Ok(sensor)
    }

    fn wait_until_ready(&mut self, started: Instant) -> Result<()> {
        while started.elapsed() < READY_WITHIN {
            if let Some(status) = self
                .child
                .try_wait()
                .context("cannot wait for the sensor")?
            {
                bail!(
                    "the sensor ended ({status}) before it was ready:\n{}",
                    self.log_end()
                );
            }
            if get(self.address, "/readyz").is_ok_and(|(status, _)| status == 200) {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        bail!(
            "the sensor was not ready in {} s:\n{}",
            READY_WITHIN.as_secs(),
            self.log_end()
        )
    }

    /// Its metrics now.
    ///
    /// # Errors
    /// They could not be read.
    pub(super) fn metrics(&self) -> Result<Vec<Sample>> {
        let (status, text) = get(self.address, "/metrics")?;
        if status != 200 {
            bail!("/metrics answered {status}");
        }
        Ok(parse(&text))
    }

    /// What it uses now.
    ///
    /// # Errors
    /// It is gone.
    pub(super) fn usage(&self) -> Result<Usage> {
        Usage::of(self.child.id()).with_context(|| format!("the sensor ended:\n{}", self.log_end()))
    }

    /// Asks it to drain and end, and waits for that.
    ///
    /// # Errors
    /// It did not end in time, or not with success.
    pub(super) fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)
            .context("cannot stop the sensor")?;
        let asked = Instant::now();
        while asked.elapsed() < STOP_WITHIN {
            if let Some(status) = self
                .child
                .try_wait()
                .context("cannot wait for the sensor")?
            {
                return self.judge(status);
            }
            std::thread::sleep(POLL);
        }
        bail!(
            "the sensor did not end in {} s:\n{}",
            STOP_WITHIN.as_secs(),
            self.log_end()
        )
    }

    fn judge(&self, status: ExitStatus) -> Result<()> {
        if status.success() {
            return Ok(());
        }
        bail!("the sensor ended with {status}:\n{}", self.log_end())
    }

    fn log_end(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines
            .get(lines.len().saturating_sub(LOG_LINES)..)
            .unwrap_or_default()
            .join("\n")
    }
}

impl Drop for Sensor {
    fn drop(&mut self) {
        // Both fail when it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback address on which nothing listens.
///
/// # Errors
/// The machine has no loopback interface, or no port left.
pub(super) fn free_address() -> Result<SocketAddr> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot find a free port")?;
    listener.local_addr().context("cannot find a free port")
}
