//! The settings file: from YAML to texts with their lines.

use yaml_serde::Value;

use super::{Mistake, Place, SETTINGS, Setting, nearest};

/// A setting in the file.
pub(super) struct Entry {
    pub(super) setting: &'static Setting,
    pub(super) values: Vec<String>,
    pub(super) place: Place,
}

/// Reads `text`; `name` is the file's, for messages. Whatever is wrong goes to `mistakes`.
pub(super) fn read(name: &str, text: &str, mistakes: &mut Vec<Mistake>) -> Vec<Entry> {
    let mut reader = Reader {
        name,
        text,
        entries: Vec::new(),
        mistakes,
    };
    match yaml_serde::from_str::<Value>(text) {
        Ok(Value::Null) => {}
        Ok(value) => reader.group(&mut Vec::new(), &value),
        Err(error) => {
            let line = error.location().map_or(1, |location| location.line());
            reader.mistake(line, error.to_string());
        }
    }
    reader.entries
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    entries: Vec<Entry>,
    mistakes: &'a mut Vec<Mistake>,
}

impl Reader<'_> {
    fn mistake(&mut self, line: usize, message: String) {
        self.mistakes.push(Mistake {
            place: Place::Line(self.name.to_owned(), line),
            message,
        });
    }

    /// A mapping: of settings, or of groups of settings. `path` names it and ends as it began.
    fn group(&mut self, path: &mut Vec<String>, value: &Value) {
        let line = line_of(self.text, path);
        let Value::Mapping(mapping) = value else {
            let what = if path.is_empty() {
                "the file".to_owned()
            } else {
                path.join(".")
            };
            return self.mistake(line, format!("{what} must be a mapping of keys to values"));
        };
        for (key, value) in mapping {
            match scalar(key) {
                Some(key) => {
                    path.push(key);
                    self.key(path, value);
                    path.pop();
                }
                None => self.mistake(line, "a key must be plain text".to_owned()),
            }
        }
    }

    fn key(&mut self, path: &mut Vec<String>, value: &Value) {
        let key = path.join(".");
        let line = line_of(self.text, path);
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) {
            match values(setting, value) {
                Ok(values) => {
                    let place = Place::Line(self.name.to_owned(), line);
                    self.entries.push(Entry {
                        setting,
                        values,
                        place,
                    });
                }
                Err(message) => self.mistake(line, format!("{key}: {message}")),
            }
        } else if SETTINGS
            .iter()
            .any(|setting| setting.key.starts_with(&format!("{key}.")))
        {
            // A group that is there but empty sets nothing.
            if *value != Value::Null {
                self.group(path, value);
            }
        } else {
            let hint = nearest(&key, SETTINGS.iter().map(|setting| setting.key));
            let hint = hint.map_or(String::new(), |known| format!("; did you mean `{known}`?"));
            self.mistake(line, format!("unknown key `{key}`{hint}"));
        }
    }
}

/// The texts of a setting's value.
fn values(setting: &Setting, value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Null => Err("a value is missing".to_owned()),
        Value::Sequence(items) if setting.is_list => items
            .iter()
            .map(|item| scalar(item).ok_or_else(|| "a list of plain values is wanted".to_owned()))
            .collect(),
        _ if setting.is_list => Err("a list is wanted".to_owned()),
        _ => match scalar(value) {
            Some(text) => Ok(vec![text]),
            None => Err(format!("one value is wanted: {}", setting.form)),
        },
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}

/// The line, from 1, of the key at `path`; of its nearest parent where the key shares its line.
///
/// The YAML library gives no places for values that it took, so this looks for the keys by
/// indentation. Settings have no texts of several lines, which could mislead it.
fn line_of(text: &str, path: &[String]) -> usize {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut best = (0, 1);
    for (index, line) in text.lines().enumerate() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with(['#', '-']) {
            continue;
        }
        let indent = line.len() - content.len();
        let Some((key, _)) = content.split_once(':') else {
            continue;
        };
        open.retain(|(outer, _)| *outer < indent);
        open.push((indent, key.trim().trim_matches(['"', '\''])));
        let is_prefix =
            open.len() <= path.len() && open.iter().zip(path).all(|((_, key), part)| key == part);
        if is_prefix && open.len() > best.0 {
            best = (open.len(), index + 1);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_keys() {
        let text = "# comment\noutput: json\n\n\"metrics\":\n  # address: no\n  address : x\nhooks: {tier: 1}\nrings:\n  activity: 1\n";
        for (path, line) in [
            ("output", 2),
            ("metrics", 4),
            ("metrics.address", 6),
            ("hooks.tier", 7),
            ("rings.activity", 9),
            ("nowhere", 1),
        ] {
            let path: Vec<_> = path.split('.').map(str::to_owned).collect();
            assert_eq!(line_of(text, &path), line, "{path:?}");
        }
    }
}
