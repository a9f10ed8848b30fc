//! A text file, and for Rust its code without comments and literals.

/// One file of the repository.
pub(super) struct Source {
    /// Path inside of the repository, with `/`.
    pub(super) path: String,
    /// The whole text.
    pub(super) text: String,
    /// Rust: lines in which comments, strings and characters are blank. Else empty.
    pub(super) code: Vec<String>,
}

impl Source {
    pub(super) fn new(path: &str, text: String) -> Source {
        let path = path.replace('\\', "/");
        let code = if is_rust(&path) {
            blank(&text).lines().map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        Source { path, text, code }
    }

    pub(super) fn is_rust(&self) -> bool {
        is_rust(&self.path)
    }

    /// Whether the whole file is the test module of its parent.
    pub(super) fn is_tests(&self) -> bool {
        self.path.ends_with("/tests.rs")
    }

    /// Lines above the first test module.
    pub(super) fn production_lines(&self) -> usize {
        if self.is_tests() {
            return 0;
        }
        let is_test = |line: &String| line.trim_start().starts_with("#[cfg(test)]");
        self.code
            .iter()
            .position(is_test)
            .unwrap_or(self.code.len())
    }

    /// Numbers (from 1) and text of the lines of code that hold `word` as a word.
    pub(super) fn lines_with_word(&self, word: &str) -> impl Iterator<Item = usize> {
        self.code
            .iter()
            .enumerate()
            .filter(move |(_, line)| has_word(line, word))
            .map(|(index, _)| index + 1)
    }
}

/// Whether `word` stands in `line`, not as a part of a longer name.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    words(line).any(|(_, found)| found == word)
}

/// The names in a line of code, with their positions.
pub(super) fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = line.as_ptr() as usize;
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - start, word))
}

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

/// `text` with blanks instead of comments and literals; lines stay where they are.
fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, visible) = match token(rest, out.chars().last()) {
            0 => (first.len_utf8(), true),
            length => (length, false),
        };
        let (taken, remaining) = rest.split_at(length);
        if visible {
            out.push_str(taken);
        } else {
            out.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = remaining;
    }
    out
}

/// Length of the comment or literal that `text` starts with, or 0 when it starts with neither.
fn token(text: &str, before: Option<char>) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    if text.starts_with('"') {
        return quoted(text, '"');
    }
    // `r"`, `r#"`: not the end of a name, and not a raw name such as `r#type`.
    if text.starts_with('r') && !before.is_some_and(|c| c.is_alphanumeric() && c != 'b' && c != 'c')
    {
        return raw_string(text);
    }
    if text.starts_with('\'') {
        return character(text);
    }
    0
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut position = 0;
    while let Some(rest) = text.get(position..) {
        if rest.starts_with("/*") {
            depth += 1;
            position += 2;
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            position += 2;
            if depth == 0 {
                return position;
            }
        } else {
            match rest.chars().next() {
                Some(c) => position += c.len_utf8(),
                None => break,
            }
        }
    }
    text.len()
}

/// Up to the closing `quote` that no backslash precedes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (position, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return position + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn raw_string(text: &str) -> usize {
    let after = text.trim_start_matches('r');
    let hashes = after.len() - after.trim_start_matches('#').len();
    let opening = text.len() - after.len() + hashes;
    if text.len() - after.len() != 1 || !text.get(opening..).is_some_and(|t| t.starts_with('"')) {
        return 0;
    }
    let closing = format!("\"{}", "#".repeat(hashes));
    let body = text.get(opening + 1..).unwrap_or_default();
    body.find(&closing)
        .map_or(text.len(), |end| opening + 1 + end + closing.len())
}

/// A character literal; a lifetime has no closing quote where a character would.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => quoted(text, '\''),
        (Some(_), Some((position, '\''))) => position + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let squeezed: Vec<String> = blank(text)
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(squeezed.join("\n"), expected, "{text}");
    }

    #[test]
    fn comments_and_literals_are_blank() {
        check("a // unsafe", "a");
        check("a /* x /* y */ unsafe */ b", "a b");
        check("f(\"un\\\"safe\") b", "f( ) b");
        check("f(r#\"un\"safe\"#) b", "f( ) b");
        check("f(br\"unsafe\") b", "f(b ) b");
        check("let r#type = 'x';", "let r#type = ;");
        check("f('\\'', '\"') b", "f( , ) b");
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
        check("\"a\nb\" c", "\nc");
        check("for r in x {}", "for r in x {}");
    }

    #[test]
    fn unclosed_text_ends_with_the_file() {
        check("a \"b", "a");
        check("a /* b", "a");
        check("a '", "a '");
        check("a r#\"b", "a");
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("use aya::maps;", "aya"));
        assert!(!has_word("use aya_log::x;", "aya"));
        assert!(has_word("unsafe{", "unsafe"));
    }

    #[test]
    fn tests_are_not_production() {
        let source = Source::new(
            "a.rs",
            "fn a() {}\n\n#[cfg(test)]\nmod tests {}\n".to_owned(),
        );
        assert_eq!(source.production_lines(), 2);
    }
}
