//! Colours of the terminal, or none.

use crate::detect::Severity;

/// How to paint text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    colour: bool,
}

impl Style {
    /// With ANSI colours.
    pub const COLOUR: Style = Style { colour: true };
    /// Without.
    pub const PLAIN: Style = Style { colour: false };

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// What matters most.
    pub(super) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What matters least.
    pub(super) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// A name in the left column.
    pub(super) fn label(self, text: &str) -> String {
        self.paint("36", text)
    }

    /// Text that belongs to a severity.
    pub(super) fn severity(self, severity: Severity, text: &str) -> String {
        self.paint(hue(severity), text)
    }

    /// A severity as a badge.
    pub(super) fn badge(self, severity: Severity, text: &str) -> String {
        let code = format!("1;7;{}", hue(severity));
        if self.colour {
            self.paint(&code, &format!(" {text} "))
        } else {
            format!("[{text}]")
        }
    }
}

fn hue(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "31",
        Severity::Medium => "33",
        Severity::Low => "34",
        Severity::Informational => "37",
    }
}

/// Whether to use colours: on a terminal that can show them, unless `NO_COLOR` is set and not
/// empty (<https://no-color.org>). Pass the values of the environment variables.
#[must_use]
pub fn colours(is_terminal: bool, no_color: Option<&str>, term: Option<&str>) -> Style {
    let unwanted = no_color.is_some_and(|value| !value.is_empty());
    if is_terminal && !unwanted && term != Some("dumb") {
        Style::COLOUR
    } else {
        Style::PLAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_only_where_it_is_welcome() {
        for (is_terminal, no_color, term, style) in [
            (true, None, Some("xterm"), Style::COLOUR),
            (true, Some(""), None, Style::COLOUR),
            (true, Some("1"), Some("xterm"), Style::PLAIN),
            (true, None, Some("dumb"), Style::PLAIN),
            (false, None, Some("xterm"), Style::PLAIN),
        ] {
            assert_eq!(colours(is_terminal, no_color, term), style);
        }
    }
}
