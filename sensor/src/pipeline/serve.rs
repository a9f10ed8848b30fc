//! What runs beside the loop: the HTTP server, signals, and the watch on rule directories.

use std::{
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread,
};

use anyhow::{Context as _, Result};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
};

use super::{live::Control, rules};
use crate::{
    config::Settings,
    telemetry::{Server, State},
};

/// Starts all of them; they end with the returned runtime.
pub(super) fn start(
    settings: &Settings,
    state: Arc<State>,
    control: Sender<Control>,
) -> Result<Runtime> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("vigie-serve")
        .enable_all()
        .build()
        .context("cannot start the threads for metrics and signals")?;
    if let Some(address) = settings.metrics_address {
        let server = runtime.block_on(Server::bind(address))?;
        tracing::info!(address = %server.address()?, "serving metrics");
        runtime.spawn(server.serve(state));
    }
    let (reload, requests) = mpsc::channel();
    let _guard = runtime.enter();
    let signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
        hangup: signal(SignalKind::hangup())?,
    };
    runtime.spawn(signals.pass_on(control.clone(), reload));
    let settings = settings.clone();
    thread::Builder::new()
        .name("vigie-rules".to_owned())
        .spawn(move || rules::watch(&settings, &requests, |rules| control.send(rules).is_ok()))
        .context("cannot start the thread that watches the rules")?;
    Ok(runtime)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Passes signals on until the loop is gone.
    async fn pass_on(mut self, control: Sender<Control>, reload: Sender<()>) {
        loop {
            let passed = tokio::select! {
                _ = self.terminate.recv() => control.send(Control::Stop).is_ok(),
                _ = self.interrupt.recv() => control.send(Control::Stop).is_ok(),
                _ = self.hangup.recv() => reload.send(()).is_ok(),
            };
            if !passed {
                return;
            }
        }
    }
}
