//! Recordings through the core.

use std::{
    io::{Read, Write},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::core::Core;
use crate::{
    alert::{Context, Node, Stage, Time},
    detect::{Category, Rule, RuleSet},
    enrich::{Enricher, Observation},
    event::{Event, Text, decode, time_of},
    output::{self, Sink, Written, escape},
    record::{ReadError, Reader, Section},
    telemetry::Telemetry,
};

/// What a replay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Events in the recording.
    pub events: u64,
    /// Events that were missing when it was made.
    pub lost: u64,
    /// Alerts.
    pub alerts: u64,
    /// How long it took.
    pub took: Duration,
}

/// Feeds the core with a recording. With `real_time` the pauses between events are kept.
///
/// # Errors
/// When the recording is damaged or `sink` takes no more.
pub fn replay<R: Read>(
    reader: Reader<R>,
    rules: RuleSet,
    real_time: bool,
    sink: &mut dyn Sink,
) -> Result<Replayed> {
    let telemetry = Telemetry::new();
    let stage = Stage::new(context(&reader), super::seed());
    let (enricher, events) = known(reader)?;
    let metrics = (telemetry.events.clone(), telemetry.detect.clone());
    let mut core = Core::new(enricher, rules, stage, metrics);
    let mut out = Out {
        sink,
        alerts: 0,
        end: None,
    };
    let mut done = Replayed::default();
    let mut clock = Clock::new(real_time);
    let started = Instant::now();
    for section in events {
        match section? {
            Section::Event(record) => {
                let time = time_of(&record).unwrap_or_default();
                clock.wait_for(time);
                core.tick(time, &mut nobody, &mut |alert, _| out.take(&alert));
                core.record(&record, &mut nobody, &mut |alert, _| out.take(&alert));
                done.events += 1;
            }
            Section::Loss { lost, from, to } => {
                core.loss(lost, from, to);
                done.lost += lost;
            }
            Section::Cgroup { .. } | Section::Process(_) => return Err(late()),
        }
        if out.end.is_some() {
            break;
        }
    }
    core.finish(&mut nobody, &mut |alert, _| out.take(&alert));
    done.took = started.elapsed();
    done.alerts = out.alerts;
    match out.end {
        Some(Written::Failed(error)) => Err(error).context("an alert could not be written"),
        _ => Ok(done),
    }
}

/// Writes why recorded events did or did not match `rules`: all that the rules are about, or the
/// one with the number `only` (from 1) whatever it is.
///
/// # Errors
/// When the recording is damaged, has no such event, or `to` takes no more.
pub fn explain<R: Read>(
    reader: Reader<R>,
    set: &RuleSet,
    rules: &[&Rule],
    only: Option<u64>,
    to: &mut dyn Write,
) -> Result<()> {
    let context = context(&reader);
    let (mut enricher, events) = known(reader)?;
    let mut number = 0;
    for section in events {
        let Section::Event(record) = section? else {
            continue;
        };
        number += 1;
        let wanted = only == Some(number);
        let event = match decode(&record) {
            Ok(event) => event,
            Err(error) if wanted => bail!("event {number} is damaged: {}", error.name()),
            Err(_) => continue,
        };
        match enricher.apply(&event, &mut nobody) {
            Some(subject) if wanted || only.is_none() => {
                let observation = subject.observe(&event);
                if wanted || concerns(set, rules, &observation) {
                    let time = context.time(event.origin.time);
                    write!(to, "{}", head(number, time, &observation))?;
                    write!(to, "{}", reasons(set, rules, &observation))?;
                }
            }
            None if wanted => bail!("{}", not_for_rules(number, &event)),
            _ => {}
        }
        if wanted {
            return Ok(());
        }
    }
    match only {
        Some(wanted) => bail!("the recording has {number} events, no event {wanted}"),
        None => Ok(()),
    }
}

fn not_for_rules(number: u64, event: &Event) -> String {
    let kind = event.body.kind().name();
    format!("event {number} is of kind {kind}: no rule is about that")
}

/// Whether one of `rules` is about such events.
fn concerns(set: &RuleSet, rules: &[&Rule], observation: &Observation<'_>) -> bool {
    let categories = Category::of(observation);
    rules
        .iter()
        .filter_map(|rule| set.category(&rule.id))
        .any(|category| categories.contains(&category))
}

fn head(number: u64, time: Time, observation: &Observation<'_>) -> String {
    let kind = observation.event.body.kind().name();
    let process = observation.process;
    let line = escape(&process.image.command_line);
    format!(
        "event {number}: {kind} at {time}, process {}: {line}\n",
        process.key.pid
    )
}

/// Why each rule did or did not match. A line of a recorded value stays within its line.
fn reasons(set: &RuleSet, rules: &[&Rule], observation: &Observation<'_>) -> String {
    let mut text = String::new();
    for rule in rules {
        let reason = set.explain(observation, &rule.id).unwrap_or_default();
        text.push_str(&format!("  rule {}\n", rule.id));
        for line in reason.lines() {
            text.push_str(&format!("    {}\n", escape(line)));
        }
    }
    text
}

/// No names of users: those of this machine may be others than those of the recorded one.
fn nobody(_: u32, _: u32, _: u32) -> Option<String> {
    None
}

fn context<R: Read>(reader: &Reader<R>) -> Context {
    let machine = reader.machine();
    Context {
        node: Node {
            name: machine.node_name.clone(),
            kernel: machine.kernel.clone(),
            boot_id: machine.boot_id.clone(),
        },
        boot_time: machine.boot_time,
    }
}

/// What was known when recording began, and all that followed.
fn known<R: Read>(
    mut reader: Reader<R>,
) -> Result<(Enricher, impl Iterator<Item = Result<Section, ReadError>>)> {
    let mut enricher = Enricher::new(reader.machine().mnt_ns);
    let first = loop {
        match reader.next().transpose()? {
            Some(Section::Cgroup { id, path }) => {
                enricher.learn_cgroup(id, &Text::from(path.as_slice()));
            }
            Some(Section::Process(process)) => {
                enricher.restore(process.cgroup(), &process.cgroup_path(), |container| {
                    process.to_process(container)
                });
            }
            other => break other,
        }
    };
    Ok((enricher, first.map(Ok).into_iter().chain(reader)))
}

fn late() -> anyhow::Error {
    anyhow::anyhow!("a process or control group follows the first event: damaged")
}

/// Where alerts go.
struct Out<'a> {
    sink: &'a mut dyn Sink,
    alerts: u64,
    end: Option<Written>,
}

impl Out<'_> {
    fn take(&mut self, alert: &crate::alert::Alert) {
        self.alerts += 1;
        if self.end.is_none() {
            match output::write(self.sink, alert) {
                Written::Done => {}
                end => self.end = Some(end),
            }
        }
    }
}

/// Keeps the pauses of a recording.
struct Clock {
    real_time: bool,
    start: Option<(Instant, u64)>,
}

impl Clock {
    fn new(real_time: bool) -> Self {
        Clock {
            real_time,
            start: None,
        }
    }

    /// Waits until an event of this time (nanoseconds since boot) would have come.
    fn wait_for(&mut self, time: u64) {
        if !self.real_time {
            return;
        }
        let (start, first) = *self.start.get_or_insert_with(|| (Instant::now(), time));
        let due = Duration::from_nanos(time.saturating_sub(first));
        thread::sleep(due.saturating_sub(start.elapsed()));
    }
}
