//! The loops whose rate with and without a sensor is compared.

use std::fs::File;
use std::hint::black_box;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::sensor::free_address;

/// System calls that are made between two looks at the clock.
const CHEAP_BATCH: u32 = 256;

/// What a loop does again and again.
#[derive(Debug, Clone)]
pub(super) enum Workload {
    /// Starts a program that ends at once, and waits for it.
    ForkExec,
    /// Opens and closes a file that no rule asks for.
    OpenClose(PathBuf),
    /// Connects to a loopback port on which nothing listens.
    Connect(SocketAddr),
    /// Makes the cheapest system call.
    Getpid,
}

impl Workload {
    /// Every workload, with what they need in `folder`.
    ///
    /// # Errors
    /// A file could not be written, or there is no free port.
    pub(super) fn all(folder: &Path) -> Result<Vec<Workload>> {
        let file = folder.join("plain.txt");
        std::fs::write(&file, "nothing")
            .with_context(|| format!("cannot write {}", file.display()))?;
        Ok(vec![
            Workload::ForkExec,
            Workload::OpenClose(file),
            Workload::Connect(free_address()?),
            Workload::Getpid,
        ])
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Workload::ForkExec => "fork+exec",
            Workload::OpenClose(_) => "open+close",
            Workload::Connect(_) => "connect",
            Workload::Getpid => "getpid",
        }
    }

    /// Runs the loop for `time` and gives its rounds per second.
    ///
    /// # Errors
    /// A round did not do what it should.
    pub(super) fn rate(&self, time: Duration) -> Result<f64> {
        let batch = match self {
            Workload::ForkExec => 1,
            Workload::OpenClose(_) | Workload::Connect(_) => 16,
            Workload::Getpid => CHEAP_BATCH,
        };
        let started = Instant::now();
        let mut rounds = 0.0;
        while started.elapsed() < time {
            for _ in 0..batch {
                self.round()?;
            }
            rounds += f64::from(batch);
        }
        Ok(rounds / started.elapsed().as_secs_f64())
    }

    fn round(&self) -> Result<()> {
        match self {
            Workload::ForkExec => fork_exec(),
            Workload::OpenClose(path) => open_close(path),
            Workload::Connect(address) => connect(*address),
            Workload::Getpid => {
                // The parent's id: the C library may remember one's own.
                black_box(rustix::process::getppid());
                Ok(())
            }
        }
    }
}

fn fork_exec() -> Result<()> {
    let status = Command::new("/bin/true")
        .status()
        .context("cannot start /bin/true")?;
    if !status.success() {
        bail!("/bin/true ended with {status}");
    }
    Ok(())
}

fn open_close(path: &Path) -> Result<()> {
    drop(File::open(path).with_context(|| format!("cannot open {}", path.display()))?);
    Ok(())
}

fn connect(address: SocketAddr) -> Result<()> {
    match TcpStream::connect(address) {
        Ok(_) => bail!("something listens on {address}"),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error).with_context(|| format!("connecting to {address}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_makes_rounds() {
        let folder = tempfile::tempdir().unwrap();
        for workload in Workload::all(folder.path()).unwrap() {
            let rate = workload.rate(Duration::from_millis(5)).unwrap();
            assert!(rate > 0.0, "{}", workload.name());
        }
    }
}
