//! Mistakes in settings, told all at once.

use std::fmt;

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file, at a line (from 1).
    Line(String, usize),
    /// In a variable or flag of this name.
    Named(String),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(file, line) => write!(formatter, "{file}:{line}"),
            Place::Named(name) => formatter.write_str(name),
        }
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub place: Place,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// All mistakes; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(formatter, "there is a mistake in the settings:")?,
            count => write!(formatter, "there are {count} mistakes in the settings:")?,
        }
        self.0
            .iter()
            .try_for_each(|mistake| write!(formatter, "\n  {mistake}"))
    }
}

impl Mistakes {
    /// Whether all of them are on the command line: wrong usage.
    #[must_use]
    pub fn are_usage(&self) -> bool {
        self.0
            .iter()
            .all(|mistake| matches!(&mistake.place, Place::Named(name) if name.starts_with("--")))
    }
}

impl std::error::Error for Mistakes {}

/// The known name that is most like `name`, unless none is.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Less alike than this is rather another word than a slip.
    const LEAST_ALIKE: f64 = 0.75;
    let alike = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    known
        .map(|known| (alike(known), known))
        .filter(|(likeness, _)| *likeness >= LEAST_ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}
