//! Who acts: the program, its arguments, its user, its parents, its container.
//!
//! For a refused exec the program is the one that was asked for, and its parent is the process
//! that asked.

use std::borrow::Cow;

use rsigma_eval::EventValue;

use super::{Category, EVERYWHERE, Field, Type};
use crate::{
    enrich::{Observation, Process, facts, facts::Program},
    event::{Body, Text},
};

const EXEC: u8 = Category::ProcessCreation.bit();

pub(super) const FIELDS: &[Field] = &[
    Field::new("Image", EVERYWHERE, Type::Text, image, "Path of the executable that runs, links resolved"),
    Field::new("CommandLine", EVERYWHERE, Type::Text, command_line, "Arguments joined by spaces").derived(),
    Field::new("Args", EVERYWHERE, Type::Texts, args, "Arguments one by one, `argv[0]` first"),
    Field::new("Arg0", EVERYWHERE, Type::Text, arg0, "`argv[0]`; chosen by whoever starts the program").derived(),
    Field::new("Asked", EVERYWHERE, Type::Text, asked, "The path that was given to exec: a script, or a link"),
    Field::new("Interpreter", EVERYWHERE, Type::Text, interpreter, "The interpreter of a script with a `#!` line"),
    Field::new("Script", EVERYWHERE, Type::Text, script, "The script that an interpreter or a shell runs").derived(),
    Field::new("ShellText", EVERYWHERE, Type::Text, shell_text, "The commands in `sh -c COMMANDS`").derived(),
    Field::new("IsShell", EVERYWHERE, Type::Bool, is_shell, "A command shell, by any of its names").derived(),
    Field::new("Names", EVERYWHERE, Type::Texts, names, "Names of the program without directories: of its file, of the asked path, of `argv[0]`, of the busybox applet").derived(),
    Field::new("Command.Name", EVERYWHERE, Type::Text, command_name, "Name of the command behind wrappers such as env, timeout, sudo, xargs, busybox").derived(),
    Field::new("Command.Args", EVERYWHERE, Type::Texts, command_args, "Arguments of that command, without its name").derived(),
    Field::new("CurrentDirectory", EVERYWHERE, Type::Text, directory, "Working directory at exec"),
    Field::new("User", EVERYWHERE, Type::Text, user, "Name of the effective user, or its number"),
    Field::new("UserId", EVERYWHERE, Type::Number, user_id, "Number of the effective user"),
    Field::new("LogonId", EVERYWHERE, Type::Number, logon_id, "Number of the user that logged in (audit loginuid)"),
    Field::new("ProcessId", EVERYWHERE, Type::Number, process_id, "Process id on the node"),
    Field::new("NamespacePid", EVERYWHERE, Type::Number, namespace_pid, "Process id as the process itself sees it"),
    Field::new("Session", EVERYWHERE, Type::Number, session, "Session id (setsid)"),
    Field::new("Tty", EVERYWHERE, Type::Text, tty, "Controlling terminal"),
    Field::new("Capabilities", EVERYWHERE, Type::Texts, capabilities, "Effective capabilities, as CAP_SYS_ADMIN"),
    Field::new("ParentImage", EVERYWHERE, Type::Text, |o| parent(o).map(|p| text(&p.image.exec.executable)), "Path of the parent's executable"),
    Field::new("ParentIsShell", EVERYWHERE, Type::Bool, |o| parent(o).map(|p| EventValue::Bool(facts::is_shell(&p.image.exec))), "The parent is a command shell, by any of its names"),
    Field::new("ParentCommandLine", EVERYWHERE, Type::Text, |o| parent(o).map(|p| string(&p.image.command_line)), "Arguments of the parent"),
    Field::new("ParentProcessId", EVERYWHERE, Type::Number, |o| parent(o).map(|p| number(p.key.pid)), "Process id of the parent"),
    Field::new("ParentUser", EVERYWHERE, Type::Text, parent_user, "Effective user of the parent"),
    Field::new("Ancestors.Image", EVERYWHERE, Type::Texts, ancestors_image, "Executables of all known ancestors, nearest first"),
    Field::new("Ancestors.CommandLine", EVERYWHERE, Type::Texts, ancestors_line, "Command lines of all known ancestors, nearest first"),
    Field::new("Executable.Deleted", EVERYWHERE, Type::Bool, |o| Some(EventValue::Bool(o.process.image.exec.file.deleted)), "The executable's file has no name any more"),
    Field::new("Executable.Memfd", EVERYWHERE, Type::Bool, |o| Some(EventValue::Bool(o.process.image.exec.file.memfd)), "The executable only ever lived in memory"),
    Field::new("Executable.UpperLayer", EVERYWHERE, Type::Bool, |o| Some(EventValue::Bool(o.process.image.exec.file.upper_layer)), "The executable is not from the container's image: it was put there later"),
    Field::new("Executable.Owner", EVERYWHERE, Type::Number, |o| Some(number(o.process.image.exec.file.uid)), "User id of the executable's owner"),
    Field::new("InContainer", EVERYWHERE, Type::Bool, |o| Some(EventValue::Bool(o.in_container)), "The program runs inside of a container, from the container's own files"),
    Field::new("Container.Id", EVERYWHERE, Type::Text, |o| o.container.map(|c| string(&c.id)), "Id of the container"),
    Field::new("Container.Runtime", EVERYWHERE, Type::Text, |o| o.container.map(|c| string(c.runtime.name())), "containerd, cri-o, docker, podman or unknown"),
    Field::new("Pod.Uid", EVERYWHERE, Type::Text, |o| o.container?.pod_uid.as_deref().map(string), "UID of the Kubernetes pod"),
    Field::new("ShellLink.Via", EVERYWHERE, Type::Text, |o| o.shell_link.as_ref().map(|l| string(l.via.name())), "How a shell among this process and those it is piped to reaches the network: socket, pipe or socketpair"),
    Field::new("ShellLink.RemoteIp", EVERYWHERE, Type::Text, |o| Some(owned(o.shell_link.as_ref()?.remote?.0.to_string())), "Remote address of that shell"),
    Field::new("ShellLink.RemotePort", EVERYWHERE, Type::Number, |o| Some(number(o.shell_link.as_ref()?.remote?.1)), "Remote port of that shell"),
    Field::new("ShellLink.CommandLine", EVERYWHERE, Type::Text, |o| o.shell_link.as_ref().map(|l| string(&l.shell_command_line)), "Arguments of that shell"),
    Field::new("ShellLink.RelayImage", EVERYWHERE, Type::Text, |o| o.shell_link.as_ref().map(|l| string(&l.relay_image)), "Executable of the process that holds that shell's network end"),
    Field::new("ShellLink.RelayCommandLine", EVERYWHERE, Type::Text, |o| o.shell_link.as_ref().map(|l| string(&l.relay_command_line)), "Arguments of that process"),
    Field::new("Exec.Failed", EXEC, Type::Bool, |o| Some(EventValue::Bool(matches!(o.event.body, Body::ExecFailed(_)))), "The exec was asked for and refused: the program did not run"),
    Field::new("Exec.Errno", EXEC, Type::Number, errno, "Why it was refused (errno); absent when it was not"),
];

/// The program that the event is about.
fn program<'a>(observation: &'a Observation<'a>) -> Program<'a> {
    match &observation.event.body {
        Body::ExecFailed(failed) => Program::from(failed),
        _ => Program::from(&observation.process.image.exec),
    }
}

/// The parent of [`program`].
fn parent<'a>(observation: &'a Observation<'a>) -> Option<&'a Process> {
    match &observation.event.body {
        Body::ExecFailed(_) => Some(observation.process),
        _ => observation.ancestors.first().map(AsRef::as_ref),
    }
}

/// The ancestors of [`program`], nearest first.
fn ancestors<'a>(observation: &'a Observation<'a>) -> impl Iterator<Item = &'a Process> {
    let asking =
        matches!(observation.event.body, Body::ExecFailed(_)).then_some(observation.process);
    asking
        .into_iter()
        .chain(observation.ancestors.iter().map(AsRef::as_ref))
}

pub(super) fn text(text: &Text) -> EventValue<'_> {
    EventValue::Str(text.to_str())
}

pub(super) fn string(text: &str) -> EventValue<'_> {
    EventValue::Str(Cow::Borrowed(text))
}

pub(super) fn owned(text: String) -> EventValue<'static> {
    EventValue::Str(Cow::Owned(text))
}

pub(super) fn number<'a>(value: impl Into<i64>) -> EventValue<'a> {
    EventValue::Int(value.into())
}

fn texts(texts: &[Text]) -> EventValue<'_> {
    EventValue::Array(texts.iter().map(text).collect())
}

fn bytes(bytes: &[u8]) -> EventValue<'_> {
    EventValue::Str(String::from_utf8_lossy(bytes))
}

/// A text that is there.
fn present(value: &Text) -> Option<EventValue<'_>> {
    (!value.is_empty()).then(|| text(value))
}

fn image<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(text(program(observation).executable))
}

fn command_line<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    match &observation.event.body {
        Body::ExecFailed(failed) => {
            let args: Vec<_> = failed.args.iter().map(Text::to_str).collect();
            Some(owned(args.join(" ")))
        }
        _ => Some(string(&observation.process.image.command_line)),
    }
}

fn args<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(texts(program(observation).args))
}

fn arg0<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    program(observation).args.first().map(text)
}

fn asked<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    present(program(observation).asked)
}

fn interpreter<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    match &observation.event.body {
        Body::ExecFailed(_) => None,
        _ => present(&observation.process.image.exec.interpreter),
    }
}

fn script<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    program(observation).script().map(text)
}

fn shell_text<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    program(observation).shell_text().map(text)
}

fn is_shell<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(EventValue::Bool(program(observation).is_shell()))
}

fn names<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(EventValue::Array(
        program(observation).names().map(bytes).collect(),
    ))
}

fn command_name<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(bytes(program(observation).command().name))
}

fn command_args<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let command = program(observation).command();
    Some(texts(command.args.get(1..).unwrap_or_default()))
}

fn directory<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    present(&observation.process.image.exec.cwd)
}

fn user<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let image = &observation.process.image;
    let uid = observation.event.origin.uid;
    // A process may have changed its user since its exec; then only the number is known.
    match &image.user {
        Some(name) if image.exec.credentials.effective_uid == uid => Some(string(name)),
        _ => Some(owned(uid.to_string())),
    }
}

fn user_id<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(number(observation.event.origin.uid))
}

fn logon_id<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let credentials = &observation.process.image.exec.credentials;
    credentials.login_uid.map(number)
}

fn process_id<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(number(observation.event.origin.process.pid))
}

fn namespace_pid<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(number(observation.process.namespace_pid))
}

fn session<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(number(observation.process.image.exec.session))
}

fn tty<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    present(&observation.process.image.exec.tty)
}

fn parent_user<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let image = &parent(observation)?.image;
    Some(match &image.user {
        Some(name) => string(name),
        None => owned(image.exec.credentials.effective_uid.to_string()),
    })
}

fn ancestors_image<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let images = ancestors(observation).map(|process| text(&process.image.exec.executable));
    Some(EventValue::Array(images.collect()))
}

fn ancestors_line<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let lines = ancestors(observation).map(|process| string(&process.image.command_line));
    Some(EventValue::Array(lines.collect()))
}

fn errno<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    match &observation.event.body {
        Body::ExecFailed(failed) => Some(number(failed.errno)),
        _ => None,
    }
}

/// Names of the capabilities, by number (`linux/capability.h`).
const CAPABILITIES: &[&str] = &[
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

fn capabilities<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let set = observation.process.image.exec.credentials.capabilities;
    let held = CAPABILITIES
        .iter()
        .enumerate()
        .filter(|(number, _)| set >> number & 1 == 1);
    Some(EventValue::Array(
        held.map(|(_, name)| string(name)).collect(),
    ))
}
