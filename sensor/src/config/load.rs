//! From file, environment and flags to settings.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use anyhow::{Context as _, Result};

use super::{
    DEFAULT_FILE, Mistake, Mistakes, Place, SETTINGS, Setting, Settings, document, nearest,
};

/// Most bytes of a settings file; real ones have a few hundred.
const FILE_SIZE_MAX: u64 = 1024 * 1024;

/// The raw form: what was said, before any of it is believed.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Name and content of the file.
    pub file: Option<(String, String)>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// Flags: keys of settings and their values.
    pub flags: Vec<(&'static str, Vec<String>)>,
    /// Name of the machine.
    pub host_name: String,
}

/// Settings, and where each that is not a default comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The settings.
    pub settings: Settings,
    /// Key of a setting -> where it was given.
    pub places: BTreeMap<&'static str, Place>,
}

/// Reads the file (`path`, else the default file when it exists), the environment and `flags`.
///
/// # Errors
/// When the file cannot be read, or with all mistakes in the settings.
pub fn load(path: Option<&Path>, flags: Vec<(&'static str, Vec<String>)>) -> Result<Resolved> {
    let file = match path {
        Some(path) => Some(read(path)?),
        None if Path::new(DEFAULT_FILE).exists() => Some(read(Path::new(DEFAULT_FILE))?),
        None => None,
    };
    let environment = std::env::vars_os().filter_map(|(name, value)| {
        // A name that is not UTF-8 is not ours; such a value is reported as wrong, not dropped.
        Some((
            name.into_string().ok()?,
            value.to_string_lossy().into_owned(),
        ))
    });
    let host_name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let sources = Sources {
        file,
        environment: environment.collect(),
        flags,
        host_name,
    };
    Ok(resolve(&sources)?)
}

fn read(path: &Path) -> Result<(String, String)> {
    let read = || -> io::Result<String> {
        let mut text = String::new();
        File::open(path)?
            .take(FILE_SIZE_MAX + 1)
            .read_to_string(&mut text)?;
        if text.len() as u64 > FILE_SIZE_MAX {
            let message = format!("it is larger than {FILE_SIZE_MAX} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(text)
    };
    let text =
        read().with_context(|| format!("cannot read the settings file {}", path.display()))?;
    Ok((path.display().to_string(), text))
}

/// Settings from their sources.
///
/// # Errors
/// With all mistakes.
pub fn resolve(sources: &Sources) -> Result<Resolved, Mistakes> {
    let mut resolver = Resolver {
        resolved: Resolved {
            settings: Settings::default(),
            places: BTreeMap::new(),
        },
        mistakes: Vec::new(),
    };
    resolver.resolved.settings.node_name = sources.host_name.clone();
    if let Some((_, name)) = sources
        .environment
        .iter()
        .find(|(key, _)| key == "NODE_NAME")
        && !name.is_empty()
    {
        resolver.resolved.settings.node_name.clone_from(name);
    }
    if let Some((name, text)) = &sources.file {
        for entry in document::read(name, text, &mut resolver.mistakes) {
            resolver.apply(entry.setting, &entry.values, entry.place);
        }
        resolver
            .mistakes
            .sort_by(|one, other| one.place.cmp(&other.place));
    }
    resolver.environment(&sources.environment);
    for (key, values) in &sources.flags {
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.key == *key) {
            resolver.apply(setting, values, Place::Named(format!("--{}", setting.flag)));
        }
    }
    resolver.finish()
}

struct Resolver {
    resolved: Resolved,
    mistakes: Vec<Mistake>,
}

impl Resolver {
    fn apply(&mut self, setting: &'static Setting, values: &[String], place: Place) {
        match (setting.apply)(&mut self.resolved.settings, values) {
            Ok(()) => {
                self.resolved.places.insert(setting.key, place);
            }
            Err(message) => {
                let message = format!("{}: {message}", setting.key);
                self.mistakes.push(Mistake { place, message });
            }
        }
    }

    fn environment(&mut self, environment: &[(String, String)]) {
        let ours: Vec<_> = SETTINGS
            .iter()
            .map(|setting| (setting.variable(), setting))
            .collect();
        for (name, value) in environment
            .iter()
            .filter(|(name, _)| name.starts_with("VIGIE_"))
        {
            if let Some((_, setting)) = ours.iter().find(|(variable, _)| variable == name) {
                let values: Vec<String> = if setting.is_list {
                    value
                        .split(':')
                        .filter(|part| !part.is_empty())
                        .map(str::to_owned)
                        .collect()
                } else {
                    vec![value.clone()]
                };
                self.apply(setting, &values, Place::Named(name.clone()));
            } else {
                self.unknown_variable(name, ours.iter().map(|(variable, _)| variable.as_str()));
            }
        }
    }

    /// Refuses a slip of the pen. Other names pass: Kubernetes gives every pod variables named
    /// after the services of its namespace, `VIGIE_SERVICE_HOST` for one named `vigie`.
    fn unknown_variable<'a>(&mut self, name: &str, ours: impl Iterator<Item = &'a str>) {
        let slip = nearest(name, ours).filter(|known| strsim::levenshtein(name, known) <= 2);
        if let Some(known) = slip {
            let message = format!("unknown variable; did you mean `{known}`?");
            self.mistakes.push(Mistake {
                place: Place::Named(name.to_owned()),
                message,
            });
        }
    }

    fn finish(mut self) -> Result<Resolved, Mistakes> {
        let settings = &self.resolved.settings;
        if !settings.detections_embedded && settings.detections_directories.is_empty() {
            // It is set somewhere: the default is true.
            let place = self.resolved.places.get("detections.embedded").cloned();
            let place = place.unwrap_or_else(|| Place::Named("detections.embedded".to_owned()));
            let message = "without the embedded detections, `detections.directories` must name \
                           a directory of rules"
                .to_owned();
            self.mistakes.push(Mistake { place, message });
        }
        if self.mistakes.is_empty() {
            Ok(self.resolved)
        } else {
            Err(Mistakes(self.mistakes))
        }
    }
}
