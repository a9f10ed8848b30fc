//! Text of unknown origin, made safe for a terminal.

use std::fmt::Write;

/// `text` without anything that a terminal obeys: control characters, and the invisible ones that
/// reorder or hide what is shown. They become `\n`, `\x1b`, `\u{202e}`.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        push(&mut safe, character);
    }
    safe
}

/// `text` escaped and cut to about `limit` characters of output; a cut is shown with its size.
pub(super) fn escape_cut(text: &str, limit: usize) -> String {
    let mut safe = String::new();
    for (shown, character) in text.chars().enumerate() {
        // Bytes, a little more than characters: exact for text that has something to hide.
        if safe.len() >= limit {
            let hidden = text.chars().count() - shown;
            return format!("{safe}… (+{hidden} characters)");
        }
        push(&mut safe, character);
    }
    safe
}

fn push(to: &mut String, character: char) {
    // Writing to a string cannot fail.
    let _ = match character {
        '\n' => to.write_str("\\n"),
        '\r' => to.write_str("\\r"),
        '\t' => to.write_str("\\t"),
        _ if character.is_control() => write!(to, "\\x{:02x}", u32::from(character)),
        _ if is_invisible(character) => write!(to, "\\u{{{:x}}}", u32::from(character)),
        _ => to.write_char(character),
    };
}

/// Whether a character changes how its neighbours look, or takes no room itself.
fn is_invisible(character: char) -> bool {
    matches!(u32::from(character),
        0xad                    // soft hyphen
        | 0x61c                 // Arabic letter mark
        | 0x180e                // Mongolian vowel separator
        | 0x200b..=0x200f       // zero width, direction marks
        | 0x2028..=0x202e       // line and paragraph separators, direction embeddings
        | 0x2060..=0x206f       // word joiner, direction isolates
        | 0xfe00..=0xfe0f       // variation selectors
        | 0xfeff                // byte order mark
        | 0xfff9..=0xfffb       // interlinear annotation
        | 0xe0000..=0xe0fff     // tags, more variation selectors
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_instead() {
        for (text, safe) in [
            ("plain ü 漢字", "plain ü 漢字"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
            ("\u{9b}31m\u{7f}\0", "\\x9b31m\\x7f\\x00"),
            ("exe\u{202e}gpj", "exe\\u{202e}gpj"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
        ] {
            assert_eq!(escape(text), safe);
        }
    }

    #[test]
    fn cuts_are_told() {
        assert_eq!(escape_cut("abc", 3), "abc");
        assert_eq!(escape_cut("äbcd\n", 3), "äb… (+3 characters)");
    }
}
