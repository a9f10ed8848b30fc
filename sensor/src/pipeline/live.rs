//! The agent's life: kernel events in, alerts out, until it is told to stop.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use anyhow::Result;
use sensor_common::{Kind, counters::Outcome, limits::WAKE_INTERVAL};

use super::{core::Core, interest::interest, kernel, kernel::Kernel, rules, serve};
use crate::{
    alert::{Alert, Context, Stage},
    config::Settings,
    detect::RuleSet,
    output::{self, Sink, Written},
    source::{
        memory,
        rings::{Taken, boot_time},
        users::Users,
    },
    telemetry::State,
};

/// Longest sleep: bounds how late a request to stop or a held event is noticed.
const SLEEP: Duration = Duration::from_millis(50);

/// Sleep while something was found: the kernel does not wake for what comes right after.
const NAP: Duration = Duration::from_nanos(WAKE_INTERVAL);

/// How often totals are copied into the metrics.
const METRICS_EVERY: Duration = Duration::from_secs(1);

/// Names of users remembered between looks at `/etc/passwd`, by mount namespace and user.
const NAMES_MAX: usize = 4096;

/// How long a name is believed before the file is looked at again.
const NAME_FOR: Duration = Duration::from_secs(30);

/// How long it is believed that there is no name: often the process was gone too soon.
const NO_NAME_FOR: Duration = Duration::from_secs(1);

/// Rounds in which a stopping agent empties the rings: what comes later is not waited for.
const LAST_ROUNDS: u32 = 64;

/// What others ask of the loop.
pub(super) enum Control {
    /// Drain, flush, end.
    Stop,
    /// New rules, or what is wrong with them.
    Rules(Result<Box<RuleSet>>),
}

/// Runs the agent until it is told to stop (SIGTERM, SIGINT).
///
/// # Errors
/// When it cannot start: permissions, kernel, rules, address in use.
pub fn run(settings: &Settings, sink: &mut dyn Sink) -> Result<()> {
    let started = Instant::now();
    let rules = rules::load(settings)?;
    let state = Arc::new(State::default());
    let (control, requests) = mpsc::channel();
    // Bound before anything is attached: a second sensor by mistake must not get that far.
    let _server = serve::start(settings, Arc::clone(&state), control.clone())?;
    let kernel = Kernel::open(settings)?;
    kernel.report_hooks(&state.telemetry.hooks);
    let mut users = Users::new(&settings.proc_root);
    let enricher = kernel.seed(settings, &mut users);
    let mut agent = Agent {
        core: Core::new(
            enricher,
            rules,
            Stage::new(context(settings)?, super::seed()),
            (
                state.telemetry.events.clone(),
                state.telemetry.detect.clone(),
            ),
        ),
        kernel,
        users: Names {
            users,
            known: HashMap::new(),
        },
        out: Out {
            sink,
            state: Arc::clone(&state),
            closed: false,
        },
        settings,
    };
    agent.arm()?;
    memory::give_back();
    state.set_ready(true);
    tracing::info!(milliseconds = started.elapsed().as_millis(), "armed");
    agent.run(&requests);
    state.set_ready(false);
    Ok(())
}

/// What alerts say about this machine.
fn context(settings: &Settings) -> Result<Context> {
    let node = kernel::node(settings);
    Ok(Context {
        node,
        boot_time: kernel::boot_epoch()?,
    })
}

struct Agent<'a> {
    core: Core,
    kernel: Kernel,
    users: Names,
    out: Out<'a>,
    settings: &'a Settings,
}

/// Where alerts go.
struct Out<'a> {
    sink: &'a mut dyn Sink,
    state: Arc<State>,
    closed: bool,
}

impl Out<'_> {
    fn alert(&mut self, alert: &Alert, time: u64) {
        match output::write(self.sink, alert) {
            Written::Done => {
                let latency = Duration::from_nanos(boot_time().saturating_sub(time));
                self.state.telemetry.alerts.written(latency.as_secs_f64());
            }
            Written::Closed => self.closed = true,
            Written::Failed(error) => {
                self.state.telemetry.alerts.failed();
                tracing::error!(%error, id = %alert.id, "an alert could not be written");
            }
        }
    }
}

/// Names of users, looked up rarely.
struct Names {
    users: Users,
    known: HashMap<(u32, u32), (Option<String>, Instant)>,
}

impl Names {
    fn get(&mut self, pid: u32, mount_namespace: u32, uid: u32) -> Option<String> {
        let key = (mount_namespace, uid);
        if let Some((name, since)) = self.known.get(&key)
            && since.elapsed()
                < if name.is_some() {
                    NAME_FOR
                } else {
                    NO_NAME_FOR
                }
        {
            return name.clone();
        }
        if self.known.len() >= NAMES_MAX {
            self.known.clear();
        }
        let name = self.users.name(pid, mount_namespace, uid);
        self.known.insert(key, (name.clone(), Instant::now()));
        name
    }
}

impl Agent<'_> {
    /// Tells the kernel what the rules want to see.
    fn arm(&mut self) -> Result<()> {
        let interest = interest(self.core.rules().kernel_filter());
        let Settings {
            activity_rate,
            activity_burst,
            ..
        } = *self.settings;
        self.kernel
            .filter
            .apply(&interest, activity_rate, activity_burst)?;
        let metrics = &self.out.state.telemetry.detect;
        metrics.rules(self.core.rules().rules().len(), 0);
        Ok(())
    }

    fn run(&mut self, requests: &mpsc::Receiver<Control>) {
        let mut metrics_at = Instant::now();
        let mut busy = true;
        loop {
            self.kernel.rings.wait(if busy { NAP } else { SLEEP });
            busy = self.round(false) > 0;
            let Agent {
                core, users, out, ..
            } = self;
            core.tick(
                boot_time(),
                &mut |pid, mnt, uid| users.get(pid, mnt, uid),
                &mut |alert, time| out.alert(&alert, time),
            );
            if metrics_at.elapsed() >= METRICS_EVERY {
                self.metrics();
                metrics_at = Instant::now();
            }
            match requests.try_recv() {
                Ok(Control::Rules(rules)) => self.reload(rules),
                Ok(Control::Stop) | Err(mpsc::TryRecvError::Disconnected) => break,
                Err(mpsc::TryRecvError::Empty) => {}
            }
            if self.out.closed {
                tracing::info!("nobody reads the alerts any more");
                break;
            }
        }
        self.drain();
    }

    /// One round of records; how many there were.
    fn round(&mut self, all: bool) -> usize {
        let Agent {
            core,
            kernel,
            users,
            out,
            ..
        } = self;
        kernel.rings.read(all, |taken| match taken {
            Taken::Loss(loss) => core.loss(loss.lost, loss.from, loss.to),
            Taken::Record(record) => core.record(
                record,
                &mut |pid, mnt, uid| users.get(pid, mnt, uid),
                &mut |alert, time| out.alert(&alert, time),
            ),
        })
    }

    fn drain(&mut self) {
        for _ in 0..LAST_ROUNDS {
            if self.round(true) == 0 {
                break;
            }
        }
        let Agent {
            core, users, out, ..
        } = self;
        core.finish(
            &mut |pid, mnt, uid| users.get(pid, mnt, uid),
            &mut |alert, time| out.alert(&alert, time),
        );
        self.metrics();
        tracing::info!("stopped");
    }

    fn reload(&mut self, rules: Result<Box<RuleSet>>) {
        let state = Arc::clone(&self.out.state);
        let metrics = &state.telemetry.detect;
        match rules {
            Ok(rules) => {
                self.core.replace_rules(*rules);
                if let Err(error) = self.arm() {
                    tracing::error!("the kernel filter still serves the old rules: {error:#}");
                }
                metrics.reloaded(true);
                tracing::info!(rules = self.core.rules().rules().len(), "rules reloaded");
            }
            Err(error) => {
                metrics.reloaded(false);
                tracing::error!("the old rules stay in force: {error:#}");
            }
        }
    }

    /// Copies totals into the metrics.
    fn metrics(&mut self) {
        if let Some(log) = &mut self.kernel.log {
            log.pass_on();
        }
        let telemetry = &self.out.state.telemetry;
        for kind in Kind::ALL {
            for outcome in Outcome::ALL {
                let total = self.kernel.counters.get(kind, outcome);
                telemetry.events.kernel_total(kind, outcome, total);
            }
        }
        let sizes = self.core.enricher().sizes();
        telemetry.tables.entries("processes", sizes.processes);
        telemetry.tables.entries("cgroups", sizes.cgroups);
        telemetry.tables.entries("pipes", sizes.pipes);
        for (program, runs, nanoseconds) in self.kernel.loaded.run_statistics() {
            telemetry.bpf.totals(&program, runs, nanoseconds);
        }
    }
}
