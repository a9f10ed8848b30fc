//! One block per alert, for a person.
//!
//! ```text
//! ┃ [HIGH] K8S.NODE_ReverseShell  Possible reverse shell detected
//! ┃   when       2026-01-01 00:00:05.000 UTC
//! ┃   process    bash -i
//! ┃   ...
//! ```
//! Everything that comes from a process passes [`escape`].

use std::io::{self, Write};

use super::{
    Sink, Style,
    escape::{escape, escape_cut},
};
use crate::{
    alert::{Alert, Ancestor, Connection, Endpoint, LinkProcess, ShellLink, Via},
    detect::{Matched, Severity},
};

/// Most characters of a command line in a block; the JSON form has all of it.
const COMMAND_LINE_WIDTH: usize = 160;

/// Most characters of any other value.
const VALUE_WIDTH: usize = 240;

/// Characters of a container id, as container tools print it.
const SHORT_ID: usize = 12;

/// Most reasons and ancestors shown.
const LINES_MAX: usize = 12;

/// Columns of the labels on the left.
const LABEL_WIDTH: usize = 10;

/// Writes each alert as a block of lines.
#[derive(Debug)]
pub struct Terminal<W> {
    to: W,
    style: Style,
}

impl<W: Write> Terminal<W> {
    /// A sink that writes to `to`.
    #[must_use]
    pub fn new(to: W, style: Style) -> Self {
        Terminal { to, style }
    }
}

impl<W: Write> Sink for Terminal<W> {
    fn write(&mut self, alert: &Alert) -> io::Result<()> {
        let block = Block::new(alert, self.style);
        self.to.write_all(block.text.as_bytes())?;
        self.to.flush()
    }
}

/// The block of one alert, line by line.
struct Block<'a> {
    alert: &'a Alert,
    style: Style,
    text: String,
}

impl<'a> Block<'a> {
    fn new(alert: &'a Alert, style: Style) -> Self {
        let mut block = Block {
            alert,
            style,
            text: String::new(),
        };
        block.headline();
        block.event();
        block.process();
        block.place();
        block.reasons();
        let mut label = "do";
        for line in wrapped(&alert.remediation) {
            block.field(label, &escape(&line));
            label = "";
        }
        block.text.push('\n');
        block
    }

    fn line(&mut self, content: &str) {
        let bar = self.style.severity(self.alert.severity, "┃");
        self.text.push_str(&format!("{bar} {content}\n"));
    }

    /// A line with a label; `value` is escaped already, and skipped when there is nothing to say.
    fn field(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            let label = self.style.label(&format!("{label:<LABEL_WIDTH$}"));
            self.line(&format!("  {label} {value}"));
        }
    }

    fn headline(&mut self) {
        let alert = self.alert;
        let badge = self
            .style
            .badge(alert.severity, severity_name(alert.severity));
        let name = self.style.strong(&escape(&alert.alert_type));
        self.line(&format!("{badge} {name}  {}", escape(&alert.title)));
        let time = alert.time.to_string();
        let (date, of_day) = time.split_once('T').unwrap_or((&time, ""));
        let mut when = format!("{date} {} UTC", of_day.get(..12).unwrap_or(of_day));
        if alert.count > 1 {
            when.push_str(&format!(
                ", {} times since {}",
                alert.count, alert.first_seen
            ));
        }
        let tags: Vec<_> = alert
            .tactics
            .iter()
            .chain(&alert.techniques)
            .map(|t| escape(t))
            .collect();
        let tags = self.style.faint(&tags.join(" · "));
        self.field("when", &format!("{when}  {tags}"));
    }

    /// What happened: the facts of the event.
    fn event(&mut self) {
        let alert = self.alert;
        if let Some(failed) = &alert.exec_failed {
            let path = escape_cut(&failed.path, VALUE_WIDTH);
            self.field("asked for", &format!("{path} ({})", escape(&failed.result)));
        }
        if let Some(file) = &alert.file {
            let created = if file.created { ", created" } else { "" };
            let path = self.style.strong(&escape_cut(&file.path, VALUE_WIDTH));
            let flags = file.flags.join("|");
            self.field("file", &format!("{path} ({flags}{created})"));
        }
        if let Some(connection) = &alert.connection {
            let remote = self.style.strong(&remote(connection));
            self.field("connection", &format!("{remote} {}", how(connection)));
        }
        if let Some(link) = alert
            .shell_link
            .as_ref()
            .filter(|link| link.via != Via::Socket)
        {
            self.link(link);
        }
        if let Some(change) = &alert.namespaces {
            let operation = format!("{:?}", change.operation).to_lowercase();
            let types = change.types.join(", ");
            self.field(
                "namespaces",
                &format!("{operation} {types} ({})", escape(&change.result)),
            );
        }
    }

    /// The two ends of a shell whose network end another process holds.
    fn link(&mut self, link: &ShellLink) {
        let end = |process: &LinkProcess| {
            let command_line = escape_cut(&process.command_line, COMMAND_LINE_WIDTH);
            format!("{command_line} ({})", process.pid)
        };
        self.field("shell", &end(&link.shell));
        self.field("relay", &end(&link.relay));
    }

    /// Who: the process and the tree above it, oldest first.
    fn process(&mut self) {
        let process = &self.alert.process;
        let ancestors = &process.ancestors;
        let hidden = ancestors.len().saturating_sub(LINES_MAX);
        let shown = ancestors.iter().take(LINES_MAX).rev();
        if hidden > 0 {
            self.field("tree", &self.style.faint(&format!("… {hidden} more above")));
        }
        let mut label = if hidden > 0 { "" } else { "tree" };
        let mut depth = 0;
        for ancestor in shown {
            let text = ancestor_text(ancestor);
            self.branch(label, depth, &text);
            (label, depth) = ("", depth + 1);
        }
        let command_line = escape_cut(&process.command_line, COMMAND_LINE_WIDTH);
        let command_line = self.style.severity(self.alert.severity, &command_line);
        let pid = self.style.faint(&process.pid.to_string());
        self.branch(
            label,
            depth,
            &format!("{} {pid}", self.style.strong(&command_line)),
        );

        self.field("program", &self.program());
        let user = match &process.user {
            Some(user) => format!(
                "{} ({})",
                escape_cut(user, VALUE_WIDTH),
                process.effective_uid
            ),
            None => process.effective_uid.to_string(),
        };
        let tty = process
            .tty
            .as_deref()
            .map(|tty| format!(", {}", escape_cut(tty, VALUE_WIDTH)));
        let cwd = escape_cut(&process.cwd, VALUE_WIDTH);
        self.field(
            "user",
            &format!("{user} in {cwd}{}", tty.unwrap_or_default()),
        );
    }

    /// One process of the tree.
    fn branch(&mut self, label: &str, depth: usize, text: &str) {
        let indent = "   ".repeat(depth.saturating_sub(1));
        let elbow = if depth > 0 { "└─ " } else { "" };
        let lines = self.style.faint(&format!("{indent}{elbow}"));
        let label = self.style.label(&format!("{label:<LABEL_WIDTH$}"));
        self.line(&format!("  {label} {lines}{text}"));
    }

    /// The executable and what is odd about it.
    fn program(&self) -> String {
        let process = &self.alert.process;
        let file = &process.executable_file;
        let mut text = escape_cut(&process.executable, VALUE_WIDTH);
        if let Some(script) = &process.script {
            text.push_str(&format!(" running {}", escape_cut(script, VALUE_WIDTH)));
        }
        let oddities = [
            (file.memfd, "only in memory"),
            (file.deleted && !file.memfd, "deleted"),
            (file.upper_layer, "not in the image"),
        ];
        for (_, oddity) in oddities.iter().filter(|(applies, _)| *applies) {
            text.push_str(&format!(", {}", self.style.strong(oddity)));
        }
        text
    }

    /// Where: container, pod, node.
    fn place(&mut self) {
        let alert = self.alert;
        if let Some(container) = &alert.container {
            let id = escape(&container.id.chars().take(SHORT_ID).collect::<String>());
            let mut text = match &container.name {
                Some(name) => format!("{} ({id}, {})", escape(name), escape(&container.runtime)),
                None => format!("{id} ({})", escape(&container.runtime)),
            };
            if let Some(image) = &container.image {
                text.push_str(&format!(" of {}", escape_cut(image, VALUE_WIDTH)));
            }
            self.field("container", &text);
        }
        if let Some(pod) = &alert.pod {
            let text = match (&pod.namespace, &pod.name) {
                (Some(namespace), Some(name)) => format!("{}/{}", escape(namespace), escape(name)),
                _ => escape(&pod.uid),
            };
            self.field("pod", &text);
        }
        self.field("node", &escape(&alert.node.name));
    }

    /// Why the rule fired, and what may be missing.
    fn reasons(&mut self) {
        let rule = &self.alert.rule;
        let mut label = "why";
        let mut reasons: Vec<String> = rule.matched.iter().map(reason).collect();
        reasons.dedup();
        for reason in reasons.iter().take(LINES_MAX) {
            self.field(label, reason);
            label = "";
        }
        let hidden = reasons.len().saturating_sub(LINES_MAX);
        if hidden > 0 {
            self.field(label, &format!("… {hidden} more"));
        }
        self.field("rule", &self.style.faint(&escape(&rule.file)));
        if let Some(gap) = &self.alert.evidence_gap {
            let text = format!("{} events lost while this process lived", gap.lost);
            self.field("gap", &self.style.strong(&text));
        }
    }
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low => "LOW",
        Severity::Informational => "INFO",
    }
}

fn ancestor_text(ancestor: &Ancestor) -> String {
    let command_line = if ancestor.command_line.is_empty() {
        escape_cut(&ancestor.executable, COMMAND_LINE_WIDTH)
    } else {
        escape_cut(&ancestor.command_line, COMMAND_LINE_WIDTH)
    };
    let ended = if ancestor.exited { " (ended)" } else { "" };
    format!("{command_line} {}{ended}", ancestor.pid)
}

fn remote(connection: &Connection) -> String {
    match (connection.address, connection.port, &connection.path) {
        (Some(address), Some(port), _) => endpoint(Endpoint { address, port }),
        (Some(address), None, _) => address.to_string(),
        (None, _, Some(path)) => escape_cut(path, VALUE_WIDTH),
        (None, _, None) => "unknown".to_owned(),
    }
}

fn endpoint(end: Endpoint) -> String {
    std::net::SocketAddr::new(end.address, end.port).to_string()
}

/// Protocol, way and result of a connection, in brackets.
fn how(connection: &Connection) -> String {
    let via = match connection.via {
        Via::Connect => None,
        Via::Socket => Some("on the shell's own input and output"),
        Via::Pipe => Some("through pipes"),
        Via::SocketPair => Some("through a socket pair"),
        Via::Terminal => Some("through a terminal of its parent"),
    };
    let known = [
        connection.protocol.as_deref(),
        connection.result.as_deref(),
        via,
    ];
    let known: Vec<_> = known.into_iter().flatten().map(escape).collect();
    if known.is_empty() {
        String::new()
    } else {
        format!("({})", known.join(", "))
    }
}

/// A text of a rule in lines of [`VALUE_WIDTH`], broken between words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= VALUE_WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn reason(matched: &Matched) -> String {
    let selection = escape(&matched.selection);
    let value = matched
        .value
        .as_deref()
        .map(|value| escape_cut(value, VALUE_WIDTH));
    match (&matched.field, value) {
        (Some(field), Some(value)) => format!("{selection}: {} = {value}", escape(field)),
        (Some(field), None) => format!("{selection}: {}", escape(field)),
        (None, Some(value)) => format!("{selection}: {value}"),
        (None, None) => selection,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::sample::{World, detection};

    fn block(alert: &Alert, style: Style) -> String {
        let mut bytes = Vec::new();
        Terminal::new(&mut bytes, style).write(alert).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_reverse_shell() {
        let alert =
            World::reverse_shell().alert(&detection("K8S.NODE_ReverseShell", Severity::High));
        let expected = "\
┃ [HIGH] K8S.NODE_ReverseShell  Possible reverse shell detected
┃   when       2026-01-01 00:00:05.000 UTC  Execution · Exfiltration · T1059.004
┃   connection 203.0.113.7:4444 (tcp, on the shell's own input and output)
┃   tree       /sbin/init 1
┃              └─ containerd-shim-runc-v2 4660
┃                 └─ node server.js 4690
┃                    └─ bash -i 4711
┃   program    /usr/bin/bash
┃   user       root (0) in /app
┃   container  3f1a9c0d5b7e (containerd)
┃   pod        0b7e3c1a-6a2f-4a55-9d0e-1f2a3b4c5d6e
┃   node       worker-1
┃   why        shell_on_socket: ShellLinkVia = socket
┃   rule       execution/reverse_shell.yml
┃   do         Look at the remote address; stop the pod; rotate its secrets.

";
        assert_eq!(block(&alert, Style::PLAIN), expected);
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let alert =
            World::reverse_shell().alert(&detection("K8S.NODE_ReverseShell", Severity::Low));
        let coloured = block(&alert, Style::COLOUR);
        assert!(coloured.contains("\x1b[1;7;34m LOW \x1b[0m"));
        let mut plain = coloured.replace(" LOW ", "[LOW]");
        while let Some(start) = plain.find('\x1b') {
            let end = start + plain[start..].find('m').unwrap();
            plain.replace_range(start..=end, "");
        }
        assert_eq!(plain, block(&alert, Style::PLAIN));
    }
}
