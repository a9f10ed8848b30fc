//! The fields that rules may name: one table, from which look-up, validation and documentation
//! come.

mod activity;
mod identity;
mod lookup;
mod process;
mod stdio;

use rsigma_eval::EventValue;

use super::Category;
use crate::enrich::Observation;

pub use lookup::{find, nearest};

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text.
    Text,
    /// Whole number.
    Number,
    /// `true` or `false`.
    Bool,
    /// Several texts; a value matches when one of them does.
    Texts,
}

impl Type {
    /// Name in the documentation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Number => "number",
            Type::Bool => "bool",
            Type::Texts => "list of text",
        }
    }
}

/// Reads a field; `None` when this observation lacks it.
pub type Getter = for<'a> fn(&'a Observation<'a>) -> Option<EventValue<'a>>;

/// A field.
pub struct Field {
    /// Name in rules, case-sensitive.
    pub name: &'static str,
    /// Mask of [`Category`] bits in which it exists.
    pub categories: u8,
    /// Kind of its value.
    pub kind: Type,
    /// One line of documentation.
    pub doc: &'static str,
    /// It follows from the image and its arguments alone, so that exemplars need not give it.
    pub derived: bool,
    /// Reads it.
    pub get: Getter,
}

impl Field {
    /// Whether events of `category` have this field.
    #[must_use]
    pub fn exists_in(&self, category: Category) -> bool {
        self.categories & category.bit() != 0
    }

    const fn new(
        name: &'static str,
        categories: u8,
        kind: Type,
        get: Getter,
        doc: &'static str,
    ) -> Self {
        Field {
            name,
            categories,
            kind,
            doc,
            derived: false,
            get,
        }
    }

    const fn derived(mut self) -> Self {
        self.derived = true;
        self
    }
}

/// In every category.
const EVERYWHERE: u8 = Category::ProcessCreation.bit()
    | Category::FileEvent.bit()
    | Category::FileOpen.bit()
    | Category::NetworkConnection.bit()
    | Category::Namespace.bit();

/// Every field, by topic.
pub fn all() -> impl Iterator<Item = &'static Field> {
    process::FIELDS
        .iter()
        .chain(identity::FIELDS)
        .chain(stdio::FIELDS)
        .chain(activity::FIELDS)
}

/// Fields of the Sigma taxonomy that no Linux kernel event carries, with the reason. Rules that
/// name them are set aside and reported.
const UNAVAILABLE: &[(&str, &str)] = &[
    (
        "DestinationHostname",
        "a connect carries an address, not a name",
    ),
    ("QueryName", "name look-ups are not observed"),
    (
        "SourceIp",
        "the local address is not chosen yet when a connect starts",
    ),
    (
        "SourcePort",
        "the local port is not chosen yet when a connect starts",
    ),
    ("Hashes", "files are not hashed"),
    ("md5", "files are not hashed"),
    ("sha256", "files are not hashed"),
    ("Imphash", "files are not hashed"),
    ("OriginalFileName", "ELF files have no version information"),
    ("Company", "ELF files have no version information"),
    ("Description", "ELF files have no version information"),
    ("Product", "ELF files have no version information"),
    ("FileVersion", "ELF files have no version information"),
    ("IntegrityLevel", "Windows only"),
    ("TerminalSessionId", "Windows only"),
    ("ProcessGuid", "use ProcessId"),
    ("ParentProcessGuid", "use ParentProcessId"),
    ("CreationUtcTime", "file times are not observed"),
];

/// Why a known field of the Sigma taxonomy never has a value here; `None` for any other name.
#[must_use]
pub fn unavailable(name: &str) -> Option<&'static str> {
    UNAVAILABLE
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, reason)| *reason)
}

/// The table of fields as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| Field | Type | Categories | Meaning |\n|---|---|---|---|\n");
    for field in all() {
        let categories = if field.categories == EVERYWHERE {
            "all".to_owned()
        } else {
            let exists = Category::ALL.into_iter().filter(|it| field.exists_in(*it));
            exists.map(Category::name).collect::<Vec<_>>().join(", ")
        };
        let (name, kind, doc) = (field.name, field.kind.name(), field.doc);
        text.push_str(&format!("| `{name}` | {kind} | {categories} | {doc} |\n"));
    }
    text.push_str("\nNamed by Sigma, but never present here:\n\n");
    for (name, reason) in UNAVAILABLE {
        text.push_str(&format!("* `{name}`: {reason}.\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_documented_in_one_cell() {
        let text = markdown();
        for field in all() {
            assert!(
                !field.doc.is_empty() && !field.doc.contains(['|', '\n']),
                "{}",
                field.name
            );
            assert!(text.contains(&format!("| `{}` |", field.name)));
            assert_ne!(field.categories, 0, "{}", field.name);
        }
    }

    #[test]
    fn unavailable_fields_are_not_fields() {
        for (name, _) in UNAVAILABLE {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
