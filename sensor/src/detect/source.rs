//! Rule files: text in, documents with their place out.

use std::fmt;

use include_dir::{Dir, include_dir};

/// The detections that this build ships.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../detections");

/// A rule file, read by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSource {
    /// Name for messages and alerts, relative to its rule directory.
    pub file: String,
    /// The whole file.
    pub text: String,
}

/// The rule files that this build ships.
pub fn embedded() -> impl Iterator<Item = RuleSource> {
    EMBEDDED.files().filter_map(|file| {
        let is_rule = file.path().extension().is_some_and(|it| it == "yml");
        let source = || RuleSource {
            file: file.path().display().to_string(),
            text: file.contents_utf8().unwrap_or_default().to_owned(),
        };
        is_rule.then(source)
    })
}

/// Why a rule file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right where that is known.
    pub reason: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

impl std::error::Error for RuleError {}

/// One document of a rule file.
#[derive(Debug)]
pub(super) struct Document<'a> {
    file: &'a str,
    /// Line of the file on which the document starts, from 1.
    first: usize,
    lines: Vec<&'a str>,
}

impl<'a> Document<'a> {
    /// The documents of a file. A file that uses Sigma's collection actions (`action: global`) is
    /// one: its documents depend on each other.
    pub(super) fn all(source: &'a RuleSource) -> Vec<Self> {
        let lines: Vec<_> = source.text.lines().collect();
        let whole = lines.iter().any(|line| line.starts_with("action:"));
        let mut documents = Vec::new();
        let mut start = 0;
        for part in lines.split(|line| !whole && is_separator(line)) {
            documents.push(Document {
                file: &source.file,
                first: start + 1,
                lines: part.to_vec(),
            });
            start += part.len() + 1;
        }
        documents.retain(|document| !document.is_blank());
        documents
    }

    fn is_blank(&self) -> bool {
        let says_nothing = |line: &&str| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#')
        };
        self.lines.iter().all(says_nothing)
    }

    /// The file.
    pub(super) fn file(&self) -> &'a str {
        self.file
    }

    /// The text, with as many empty lines before it that the YAML parser's line numbers are those
    /// of the file.
    pub(super) fn text(&self) -> String {
        let mut text = "\n".repeat(self.first - 1);
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Line of the first text that is not a comment.
    pub(super) fn start(&self) -> usize {
        self.line_where(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .unwrap_or(self.first)
    }

    /// Line on which `key` is given a value, else the start.
    pub(super) fn line_of_key(&self, key: &str) -> usize {
        self.line_where(|line| {
            let line = line.trim_start().trim_start_matches("- ").trim_start();
            let line = line.trim_start_matches(['"', '\'']);
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with([':', '|', '[', '"', '\'', '.']))
        })
        .unwrap_or_else(|| self.start())
    }

    /// Line that holds `text`, else the start.
    pub(super) fn line_of_text(&self, text: &str) -> usize {
        self.line_where(|line| line.contains(text))
            .unwrap_or_else(|| self.start())
    }

    fn line_where(&self, wanted: impl Fn(&str) -> bool) -> Option<usize> {
        let index = self.lines.iter().position(|line| wanted(line))?;
        Some(self.first + index)
    }

    /// `reason` as an error on `line`.
    pub(super) fn error(&self, line: usize, reason: impl Into<String>) -> RuleError {
        RuleError {
            file: self.file.to_owned(),
            line,
            reason: reason.into(),
        }
    }

    /// An error of the Sigma parser, on the line that it gives or on the one that holds what it
    /// quotes.
    pub(super) fn parse_error(&self, message: &str) -> RuleError {
        let line = number_after(message, "line ")
            .or_else(|| Some(self.line_of_text(quoted(message)?)))
            .unwrap_or_else(|| self.start());
        self.error(line, message)
    }
}

fn is_separator(line: &str) -> bool {
    line.trim_end() == "---" || line.starts_with("--- ")
}

fn number_after(text: &str, word: &str) -> Option<usize> {
    let (_, rest) = text.split_once(word)?;
    let end = rest
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

fn quoted(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(['\'', '`'])?;
    let (inner, _) = rest.split_once(['\'', '`'])?;
    (!inner.is_empty()).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_know_their_lines() {
        let source = RuleSource {
            file: "x.yml".into(),
            text: "# head\ntitle: a\nid: 1\n---\n# only a comment\n---\ntitle: b\nlevel: low\n"
                .into(),
        };
        let documents = Document::all(&source);
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].start(), 2);
        assert_eq!(documents[1].start(), 7);
        assert_eq!(documents[1].line_of_key("level"), 8);
        assert_eq!(documents[1].line_of_key("none"), 7);
        assert_eq!(
            documents[1]
                .text()
                .lines()
                .position(|line| line == "title: b"),
            Some(6)
        );
    }

    #[test]
    fn collections_stay_whole() {
        let source = RuleSource {
            file: "x.yml".into(),
            text: "action: global\n---\ntitle: b\n".into(),
        };
        assert_eq!(Document::all(&source).len(), 1);
    }
}
