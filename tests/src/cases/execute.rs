//! Runs the planned cases, some at a time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};

use super::plan::{Form, Run};
use crate::root::Root;
use crate::workload::{Outcome, Workload};

/// A run that is over.
#[derive(Debug)]
pub(super) struct Done<'a> {
    pub(super) run: Run<'a>,
    pub(super) started: Instant,
    pub(super) outcome: Outcome,
}

/// Runs all, `jobs` at a time, and returns them in the order of the plan.
pub(super) fn all<'a>(runs: &[Run<'a>], jobs: u16) -> Result<Vec<Done<'a>>> {
    let root = Root::debian()?;
    let queue: Mutex<VecDeque<_>> = Mutex::new(runs.iter().cloned().enumerate().collect());
    let work = || {
        let mut done = Vec::new();
        loop {
            let next = queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            let Some((index, run)) = next else {
                return Ok(done);
            };
            done.push((index, one(&root, run)?));
        }
    };
    let results: Vec<Result<Vec<_>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            worker
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a worker panicked")))
        };
        workers.into_iter().map(join).collect()
    });
    let mut done: Vec<_> = results
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, done)| done).collect())
}

fn one<'a>(root: &Root, run: Run<'a>) -> Result<Done<'a>> {
    let row = run.row;
    let mut workload = Workload::new(root, run.place);
    for (name, address) in &row.hosts {
        workload = workload.pin(name, address);
    }
    for tool in &row.requires {
        workload = workload.stub_if_missing(tool);
    }
    let started = Instant::now();
    let outcome = match run.form {
        Form::Argv => workload.bash(&row.command),
        Form::Script => workload.script(&row.command),
        Form::Stdin => workload.stdin(format!("{}\n", row.command)).run(&["bash"]),
    };
    let outcome = outcome.with_context(|| format!("run case {}", row.id))?;
    Ok(Done {
        run,
        started,
        outcome,
    })
}
