//! `check-config`: the settings and where each comes from.

use anyhow::Result;
use clap::Args;

use super::{SettingsArgs, terminal};
use crate::{
    config::{Resolved, SETTINGS},
    output::escape,
};

/// Arguments of `check-config`.
#[derive(Debug, Args)]
pub(super) struct CheckConfigArgs {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn execute(args: CheckConfigArgs) -> Result<()> {
    terminal::print(&table(&args.settings.load()?))
}

/// One line per setting: key, value, source.
fn table(resolved: &Resolved) -> String {
    let rows: Vec<_> = SETTINGS
        .iter()
        .map(|setting| {
            let value = escape(&(setting.show)(&resolved.settings));
            let place = resolved.places.get(setting.key).map(ToString::to_string);
            let place = place.map_or("default".to_owned(), |place| escape(&place));
            (
                setting.key,
                if value.is_empty() {
                    "-".to_owned()
                } else {
                    value
                },
                place,
            )
        })
        .collect();
    let key_width = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    let value_width = rows
        .iter()
        .map(|row| row.1.chars().count())
        .max()
        .unwrap_or(0);
    rows.iter()
        .map(|(key, value, place)| format!("{key:key_width$}  {value:value_width$}  {place}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, resolve};

    #[test]
    fn every_setting_has_a_line_with_its_source() {
        let sources = Sources {
            file: Some(("s.yaml".to_owned(), "node_name: \"a\\nb\"\n".to_owned())),
            ..Sources::default()
        };
        let table = table(&resolve(&sources).unwrap());
        assert_eq!(table.lines().count(), SETTINGS.len());
        assert!(
            table.contains("metrics.address         127.0.0.1:9464  default\n"),
            "{table}"
        );
        assert!(
            table.contains("node_name               a\\nb            s.yaml:1\n"),
            "{table}"
        );
        assert!(
            table.contains("detections.directories  -               default\n"),
            "{table}"
        );
    }
}
