//! Options of `cargo xtask cases`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::workspace;

/// Runs attack cases against a live sensor and prints recall and false positives.
#[derive(Debug, Parser)]
#[command(name = "cases")]
pub struct Options {
    /// File of cases, one JSON object a line.
    #[arg(long, value_name = "FILE", default_value_os_t = workspace::node_cases())]
    pub cases: PathBuf,

    /// Only cases of this alert type; `K8S.NODE_` may be left out. May be repeated.
    #[arg(long = "alert", value_name = "TYPE")]
    pub alerts: Vec<String>,

    /// Only the case of this id. May be repeated.
    #[arg(long = "id", value_name = "ID")]
    pub ids: Vec<String>,

    /// Where cases that may run anywhere run.
    #[arg(long, value_enum, default_value_t = Contexts::Container)]
    pub contexts: Contexts,

    /// Cases that run at the same time.
    #[arg(long, value_name = "NUMBER", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,

    /// Also writes the report to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Arguments handed to the sensor.
    #[arg(last = true, value_name = "SENSOR ARGS")]
    pub sensor_args: Vec<String>,
}

/// Where a case whose context is `any` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Contexts {
    /// In a container.
    Container,
    /// On the host.
    Host,
    /// Once in each.
    Both,
}
