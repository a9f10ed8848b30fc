//! Settings: a YAML file, overridden by `VIGIE_*` environment variables, overridden by flags.
//!
//! One table ([`SETTINGS`]) drives all three and the reference page. Reading goes from the raw form
//! (texts and where they come from) to [`Settings`], which has no optional holes; every mistake is
//! collected, and they are told together.

mod document;
mod load;
mod mistakes;
mod parse;
mod table;

pub use load::{Resolved, Sources, load, resolve};
pub use mistakes::{Mistake, Mistakes, Place, nearest};
pub use table::{SETTINGS, Setting};

use std::{fmt, net::SocketAddr, path::PathBuf};

use sensor_common::limits;
use tracing::level_filters::LevelFilter;

/// Where the settings file is looked for when no flag names one.
pub const DEFAULT_FILE: &str = "/etc/vigie/sensor.yaml";

/// Validated settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Form of alerts on standard output.
    pub output: OutputFormat,
    /// Least important log messages to print on standard error.
    pub log_level: LevelFilter,
    /// Name of this node in alerts.
    pub node_name: String,
    /// Where the node's `/proc` is mounted.
    pub proc_root: PathBuf,
    /// Use the detections that come with the sensor.
    pub detections_embedded: bool,
    /// Directories of more rules.
    pub detections_directories: Vec<PathBuf>,
    /// Where to serve metrics and health; `None` is off.
    pub metrics_address: Option<SocketAddr>,
    /// Hooks to use.
    pub hooks_tier: HookTier,
    /// Activity events that one control group may send per second, on average.
    pub activity_rate: u32,
    /// Activity events that one control group may send at once.
    pub activity_burst: u32,
    /// Bytes of the ring for fork, exec and exit; a power of two.
    pub rings_lifecycle: u32,
    /// Bytes of the ring for everything else; a power of two.
    pub rings_activity: u32,
}

impl Default for Settings {
    /// The defaults of every setting; the node's name is empty until the machine is asked.
    fn default() -> Self {
        Settings {
            output: OutputFormat::Terminal,
            log_level: LevelFilter::INFO,
            node_name: String::new(),
            proc_root: PathBuf::from("/proc"),
            detections_embedded: true,
            detections_directories: Vec::new(),
            metrics_address: Some(SocketAddr::from(([127, 0, 0, 1], 9464))),
            hooks_tier: HookTier::Auto,
            // Far above what a busy server opens of interesting files, and low enough that twenty
            // noisy control groups together stay within what one reader handles.
            activity_rate: 5_000,
            activity_burst: 10_000,
            rings_lifecycle: limits::LIFECYCLE_RING_SIZE,
            rings_activity: limits::ACTIVITY_RING_SIZE,
        }
    }
}

/// Form of alerts on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// A block of lines per alert, for a person.
    Terminal,
    /// One JSON object per line.
    Json,
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            OutputFormat::Terminal => "terminal",
            OutputFormat::Json => "json",
        })
    }
}

/// Which kernel hooks to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookTier {
    /// For each event the best that this kernel takes.
    Auto,
    /// Semantic hooks only.
    One,
    /// System call tracepoints only.
    Two,
}

impl fmt::Display for HookTier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            HookTier::Auto => "auto",
            HookTier::One => "1",
            HookTier::Two => "2",
        })
    }
}

/// The reference page of all settings.
#[must_use]
pub fn markdown() -> String {
    let defaults = Settings::default();
    let mut page = format!(
        "# Settings\n\n\
         The sensor reads a YAML file (`--config FILE`; else `{DEFAULT_FILE}` when it exists), then \
         environment variables, then flags; the later wins. `vigie-sensor check-config` prints what \
         results and where each value comes from.\n\n\
         | key in the file | environment | flag | value | default | meaning |\n\
         |---|---|---|---|---|---|\n"
    );
    for setting in SETTINGS {
        let default = setting.default_text(&defaults);
        page.push_str(&format!(
            "| `{}` | `{}` | `--{}` | {} | {default} | {} |\n",
            setting.key,
            setting.variable(),
            setting.flag,
            setting.form,
            setting.help
        ));
    }
    page.push_str(
        "\nA key with a dot is nested: `metrics.address` is `address` under `metrics`. A list is a \
         YAML list in the file, `:` between its items in the environment, and a repeated flag.\n",
    );
    page
}

#[cfg(test)]
mod tests;
