//! Shell quoting.

/// One command line that a POSIX shell splits into exactly these arguments.
pub(super) fn command_line(args: &[&str]) -> String {
    let quoted: Vec<String> = args.iter().map(|arg| quote(arg)).collect();
    quoted.join(" ")
}

fn quote(arg: &str) -> String {
    format!("'{}'", arg.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::command_line;

    #[test]
    fn quotes_everything() {
        assert_eq!(
            command_line(&["a", "b c", "it's", "$x\n"]),
            "'a' 'b c' 'it'\\''s' '$x\n'"
        );
    }
}
