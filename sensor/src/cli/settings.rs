//! Flags for settings, made from the table of settings.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, error::Error as ClapError};

use crate::config::{self, Resolved, SETTINGS, Setting, Settings};

/// `--config` and a flag for every setting.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// Settings file [default: /etc/vigie/sensor.yaml when it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

impl SettingsArgs {
    /// Reads file and environment, and puts the flags on top.
    ///
    /// # Errors
    /// When the file cannot be read, or with all mistakes in the settings.
    pub fn load(self) -> Result<Resolved> {
        config::load(self.config.as_deref(), self.flags.0)
    }
}

/// The flags that were given: keys of settings and their values.
#[derive(Debug)]
struct Flags(Vec<(&'static str, Vec<String>)>);

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let action = if setting.is_list {
                ArgAction::Append
            } else {
                ArgAction::Set
            };
            let arg = Arg::new(setting.key)
                .long(setting.flag)
                .value_name("VALUE")
                .help(help(setting))
                .help_heading("Settings")
                .allow_hyphen_values(true)
                .action(action);
            command.arg(arg)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, ClapError> {
        let given = SETTINGS.iter().filter_map(|setting| {
            let values = matches.get_many::<String>(setting.key)?;
            Some((setting.key, values.cloned().collect()))
        });
        Ok(Flags(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), ClapError> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Meaning, form and default of a setting.
fn help(setting: &Setting) -> String {
    let form = setting.form.replace('`', "");
    let default = setting.default_text(&Settings::default()).replace('`', "");
    format!("{} [{form}; default: {default}]", setting.help)
}
