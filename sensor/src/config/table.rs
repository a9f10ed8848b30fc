//! The table of settings: file keys, environment variables, flags, reference page.

use super::{HookTier, OutputFormat, Settings, parse};

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Path of its key in the file, parts joined by dots.
    pub key: &'static str,
    /// Its flag, without the dashes.
    pub flag: &'static str,
    /// What values look like (Markdown).
    pub form: &'static str,
    /// What the default is, where no fixed value can tell.
    pub default_note: &'static str,
    /// What it means.
    pub help: &'static str,
    /// It takes several values.
    pub is_list: bool,
    /// Sets it; the error says what is wrong with the values.
    pub(super) apply: fn(&mut Settings, &[String]) -> Result<(), String>,
    /// Its value as text.
    pub show: fn(&Settings) -> String,
}

impl Setting {
    /// Its environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("VIGIE_{}", self.flag.replace('-', "_").to_uppercase())
    }

    /// Its default (Markdown); `defaults` are [`Settings::default`].
    #[must_use]
    pub fn default_text(&self, defaults: &Settings) -> String {
        match (self.show)(defaults) {
            empty if empty.is_empty() => self.default_note.to_owned(),
            value => format!("`{value}`"),
        }
    }
}

/// Every setting, in the order of the reference page.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "output",
        flag: "output",
        form: "`terminal` or `json`",
        default_note: "",
        help: "Form of alerts on standard output",
        is_list: false,
        apply: |settings, values| {
            settings.output = parse::choice(
                values,
                &[
                    ("terminal", OutputFormat::Terminal),
                    ("json", OutputFormat::Json),
                ],
            )?;
            Ok(())
        },
        show: |settings| settings.output.to_string(),
    },
    Setting {
        key: "log_level",
        flag: "log-level",
        form: "`off`, `error`, `warn`, `info`, `debug` or `trace`",
        default_note: "",
        help: "Least important log messages to print on standard error",
        is_list: false,
        apply: |settings, values| {
            settings.log_level = parse::log_level(values)?;
            Ok(())
        },
        show: |settings| settings.log_level.to_string(),
    },
    Setting {
        key: "node_name",
        flag: "node-name",
        form: "text",
        default_note: "environment `NODE_NAME`, else the host name",
        help: "Name of this node in alerts",
        is_list: false,
        apply: |settings, values| {
            settings.node_name = parse::text(values)?;
            Ok(())
        },
        show: |settings| settings.node_name.clone(),
    },
    Setting {
        key: "proc_root",
        flag: "proc-root",
        form: "path",
        default_note: "",
        help: "Where the node's /proc is mounted",
        is_list: false,
        apply: |settings, values| {
            settings.proc_root = parse::path(values)?;
            Ok(())
        },
        show: |settings| settings.proc_root.display().to_string(),
    },
    Setting {
        key: "detections.embedded",
        flag: "detections-embedded",
        form: "`true` or `false`",
        default_note: "",
        help: "Use the detections that come with the sensor",
        is_list: false,
        apply: |settings, values| {
            settings.detections_embedded = parse::choice(values, &parse::TRUTH)?;
            Ok(())
        },
        show: |settings| settings.detections_embedded.to_string(),
    },
    Setting {
        key: "detections.directories",
        flag: "detections-directories",
        form: "list of paths",
        default_note: "none",
        help: "Directories of more Sigma rules",
        is_list: true,
        apply: |settings, values| {
            settings.detections_directories = parse::paths(values)?;
            Ok(())
        },
        show: |settings| {
            let paths = settings.detections_directories.iter();
            paths
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(":")
        },
    },
    Setting {
        key: "metrics.address",
        flag: "metrics-address",
        form: "`ADDRESS:PORT` or `off`",
        default_note: "",
        help: "Where to serve /metrics, /healthz and /readyz",
        is_list: false,
        apply: |settings, values| {
            settings.metrics_address = parse::address_or_off(values)?;
            Ok(())
        },
        show: |settings| {
            settings
                .metrics_address
                .map_or("off".to_owned(), |address| address.to_string())
        },
    },
    Setting {
        key: "hooks.tier",
        flag: "hooks-tier",
        form: "`auto`, `1` or `2`",
        default_note: "",
        help: "Kernel hooks: the best that the kernel takes, semantic ones only, or system calls only",
        is_list: false,
        apply: |settings, values| {
            settings.hooks_tier = parse::choice(
                values,
                &[
                    ("auto", HookTier::Auto),
                    ("1", HookTier::One),
                    ("2", HookTier::Two),
                ],
            )?;
            Ok(())
        },
        show: |settings| settings.hooks_tier.to_string(),
    },
    Setting {
        key: "activity.rate",
        flag: "activity-rate",
        form: "1 to 1000000",
        default_note: "",
        help: "Activity events that one control group may send per second, on average",
        is_list: false,
        apply: |settings, values| {
            settings.activity_rate = parse::number(values, 1, 1_000_000)?;
            Ok(())
        },
        show: |settings| settings.activity_rate.to_string(),
    },
    Setting {
        key: "activity.burst",
        flag: "activity-burst",
        form: "1 to 1000000",
        default_note: "",
        help: "Activity events that one control group may send at once",
        is_list: false,
        apply: |settings, values| {
            settings.activity_burst = parse::number(values, 1, 1_000_000)?;
            Ok(())
        },
        show: |settings| settings.activity_burst.to_string(),
    },
    Setting {
        key: "rings.lifecycle",
        flag: "rings-lifecycle",
        form: "bytes, power of two, with or without `KiB` or `MiB`",
        default_note: "",
        help: "Size of the ring for fork, exec and exit events",
        is_list: false,
        apply: |settings, values| {
            settings.rings_lifecycle = parse::ring_size(values)?;
            Ok(())
        },
        show: |settings| parse::show_size(settings.rings_lifecycle),
    },
    Setting {
        key: "rings.activity",
        flag: "rings-activity",
        form: "bytes, power of two, with or without `KiB` or `MiB`",
        default_note: "",
        help: "Size of the ring for all other events",
        is_list: false,
        apply: |settings, values| {
            settings.rings_activity = parse::ring_size(values)?;
            Ok(())
        },
        show: |settings| parse::show_size(settings.rings_activity),
    },
];
