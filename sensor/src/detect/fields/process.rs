//! The program that acts, and how it was started.
//!
//! For a refused exec it is the program that was asked for.

use std::borrow::Cow;

use rsigma_eval::EventValue;

use super::{Category, EVERYWHERE, Field, Type};
use crate::{
    enrich::{self, Observation, facts::Program},
    event::{Body, Text},
};

const EXEC: u8 = Category::ProcessCreation.bit();

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "Image",
        EVERYWHERE,
        Type::Text,
        image,
        "Path of the executable that runs, links resolved",
    ),
    Field::new(
        "CommandLine",
        EVERYWHERE,
        Type::Text,
        command_line,
        "Arguments joined by spaces",
    )
    .derived(),
    Field::new(
        "Args",
        EVERYWHERE,
        Type::Texts,
        args,
        "Arguments one by one, `argv[0]` first",
    ),
    Field::new(
        "Arg0",
        EVERYWHERE,
        Type::Text,
        arg0,
        "`argv[0]`; chosen by whoever starts the program",
    )
    .derived(),
    Field::new(
        "Environment",
        EVERYWHERE,
        Type::Texts,
        environment,
        "Variables of the environment as `NAME=value`: KUBECONFIG, LD_PRELOAD, LD_AUDIT, \
         LD_LIBRARY_PATH, HISTFILE, HISTSIZE, HISTFILESIZE and the proxies",
    ),
    Field::new(
        "Asked",
        EVERYWHERE,
        Type::Text,
        asked,
        "The path that was given to exec: a script, or a link",
    ),
    Field::new(
        "Interpreter",
        EVERYWHERE,
        Type::Text,
        interpreter,
        "The interpreter of a script with a `#!` line",
    ),
    Field::new(
        "Script",
        EVERYWHERE,
        Type::Text,
        script,
        "The script that an interpreter or a shell runs",
    )
    .derived(),
    Field::new(
        "ShellText",
        EVERYWHERE,
        Type::Text,
        shell_text,
        "The commands in `sh -c COMMANDS`",
    )
    .derived(),
    Field::new(
        "IsShell",
        EVERYWHERE,
        Type::Bool,
        is_shell,
        "A command shell, by any of its names",
    )
    .derived(),
    Field::new(
        "Names",
        EVERYWHERE,
        Type::Texts,
        names,
        "Names without directories: of its file, the asked path, `argv[0]`, the applet",
    )
    .derived(),
    Field::new(
        "Command.Name",
        EVERYWHERE,
        Type::Text,
        command_name,
        "Name of the command behind wrappers: env, timeout, sudo, xargs, busybox...",
    )
    .derived(),
    Field::new(
        "Command.Args",
        EVERYWHERE,
        Type::Texts,
        command_args,
        "Arguments of that command, without its name",
    )
    .derived(),
    Field::new(
        "CurrentDirectory",
        EVERYWHERE,
        Type::Text,
        directory,
        "Working directory at exec",
    ),
    Field::new(
        "ProcessId",
        EVERYWHERE,
        Type::Number,
        process_id,
        "Process id on the node",
    ),
    Field::new(
        "NamespacePid",
        EVERYWHERE,
        Type::Number,
        namespace_pid,
        "Process id as the process itself sees it",
    ),
    Field::new(
        "Session",
        EVERYWHERE,
        Type::Number,
        session,
        "Session id (setsid)",
    ),
    Field::new("Tty", EVERYWHERE, Type::Text, tty, "Controlling terminal"),
    Field::new(
        "Executable.Deleted",
        EVERYWHERE,
        Type::Bool,
        |o| Some(EventValue::Bool(o.process.image.exec.file.deleted)),
        "The executable's file has no name any more",
    ),
    Field::new(
        "Executable.Memfd",
        EVERYWHERE,
        Type::Bool,
        |o| Some(EventValue::Bool(o.process.image.exec.file.memfd)),
        "The executable only ever lived in memory",
    ),
    Field::new(
        "Executable.UpperLayer",
        EVERYWHERE,
        Type::Bool,
        |o| Some(EventValue::Bool(o.process.image.exec.file.upper_layer)),
        "The executable is not from the container's image: it was put there later",
    ),
    Field::new(
        "Executable.Owner",
        EVERYWHERE,
        Type::Number,
        |o| Some(number(o.process.image.exec.file.uid)),
        "User id of the executable's owner",
    ),
    Field::new(
        "Exec.Failed",
        EXEC,
        Type::Bool,
        |o| {
            Some(EventValue::Bool(matches!(
                o.event.body,
                Body::ExecFailed(_)
            )))
        },
        "The exec was asked for and refused: the program did not run",
    ),
    Field::new(
        "Exec.Errno",
        EXEC,
        Type::Number,
        errno,
        "Why it was refused (errno); absent when it was not",
    ),
];

/// The program that the event is about.
fn program<'a>(observation: &'a Observation<'a>) -> Program<'a> {
    match &observation.event.body {
        Body::ExecFailed(failed) => Program::from(failed),
        _ => Program::from(&observation.process.image.exec),
    }
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
        Body::ExecFailed(failed) => Some(owned(enrich::command_line(&failed.args))),
        _ => Some(string(&observation.process.image.command_line)),
    }
}

fn args<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    Some(texts(program(observation).args))
}

fn environment<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    match &observation.event.body {
        // That of the caller; what the refused program would have got is not known.
        Body::ExecFailed(_) => None,
        _ => Some(texts(&observation.process.image.exec.environment)),
    }
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

fn errno<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    match &observation.event.body {
        Body::ExecFailed(failed) => Some(number(failed.errno)),
        _ => None,
    }
}
