//! Who acts: its user, its parents, its container, and the network that it is wired to.
//!
//! The parent of a program that was refused is the process that asked for it.

use rsigma_eval::EventValue;

use super::{
    EVERYWHERE, Field, Type,
    process::{number, owned, string, text},
};
use crate::{
    enrich::{Observation, Process, facts},
    event::{Body, names},
};

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "User",
        EVERYWHERE,
        Type::Text,
        user,
        "Name of the effective user, or its number",
    ),
    Field::new(
        "UserId",
        EVERYWHERE,
        Type::Number,
        user_id,
        "Number of the effective user",
    ),
    Field::new(
        "LogonId",
        EVERYWHERE,
        Type::Number,
        logon_id,
        "Number of the user that logged in (audit loginuid)",
    ),
    Field::new(
        "Capabilities",
        EVERYWHERE,
        Type::Texts,
        capabilities,
        "Effective capabilities, as CAP_SYS_ADMIN",
    ),
    Field::new(
        "ParentImage",
        EVERYWHERE,
        Type::Text,
        |o| parent(o).map(|p| text(&p.image.exec.executable)),
        "Path of the parent's executable",
    ),
    Field::new(
        "ParentIsShell",
        EVERYWHERE,
        Type::Bool,
        |o| parent(o).map(|p| EventValue::Bool(facts::is_shell(&p.image.exec))),
        "The parent is a command shell, by any of its names",
    ),
    Field::new(
        "ParentCommandLine",
        EVERYWHERE,
        Type::Text,
        |o| parent(o).map(|p| string(&p.image.command_line)),
        "Arguments of the parent",
    ),
    Field::new(
        "ParentProcessId",
        EVERYWHERE,
        Type::Number,
        |o| parent(o).map(|p| number(p.key.pid)),
        "Process id of the parent",
    ),
    Field::new(
        "ParentUser",
        EVERYWHERE,
        Type::Text,
        parent_user,
        "Effective user of the parent",
    ),
    Field::new(
        "Ancestors.Image",
        EVERYWHERE,
        Type::Texts,
        ancestors_image,
        "Executables of all known ancestors, nearest first",
    ),
    Field::new(
        "Ancestors.CommandLine",
        EVERYWHERE,
        Type::Texts,
        ancestors_line,
        "Command lines of all known ancestors, nearest first",
    ),
    Field::new(
        "InContainer",
        EVERYWHERE,
        Type::Bool,
        |o| Some(EventValue::Bool(o.in_container)),
        "The program runs inside of a container, from the container's own files",
    ),
    Field::new(
        "Container.Id",
        EVERYWHERE,
        Type::Text,
        |o| o.container.map(|c| string(&c.id)),
        "Id of the container",
    ),
    Field::new(
        "Container.Runtime",
        EVERYWHERE,
        Type::Text,
        |o| o.container.map(|c| string(c.runtime.name())),
        "containerd, cri-o, docker, podman or unknown",
    ),
    Field::new(
        "Pod.Uid",
        EVERYWHERE,
        Type::Text,
        |o| o.container?.pod_uid.as_deref().map(string),
        "UID of the Kubernetes pod",
    ),
    Field::new(
        "ShellLink.Via",
        EVERYWHERE,
        Type::Text,
        |o| o.shell_link.as_ref().map(|l| string(l.via.name())),
        "How a shell here, or at the end of a pipe, reaches the network: socket, pipe, socketpair",
    ),
    Field::new(
        "ShellLink.RemoteIp",
        EVERYWHERE,
        Type::Text,
        |o| Some(owned(o.shell_link.as_ref()?.remote?.0.to_string())),
        "Remote address of that shell",
    ),
    Field::new(
        "ShellLink.RemotePort",
        EVERYWHERE,
        Type::Number,
        |o| Some(number(o.shell_link.as_ref()?.remote?.1)),
        "Remote port of that shell",
    ),
    Field::new(
        "ShellLink.CommandLine",
        EVERYWHERE,
        Type::Text,
        |o| o.shell_link.as_ref().map(|l| string(&l.shell_command_line)),
        "Arguments of that shell",
    ),
    Field::new(
        "ShellLink.RelayImage",
        EVERYWHERE,
        Type::Text,
        |o| o.shell_link.as_ref().map(|l| string(&l.relay_image)),
        "Executable of the process that holds that shell's network end",
    ),
    Field::new(
        "ShellLink.RelayCommandLine",
        EVERYWHERE,
        Type::Text,
        |o| o.shell_link.as_ref().map(|l| string(&l.relay_command_line)),
        "Arguments of that process",
    ),
];

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

fn capabilities<'a>(observation: &'a Observation<'a>) -> Option<EventValue<'a>> {
    let set = observation.process.image.exec.credentials.capabilities;
    let held = names::capabilities(set).into_iter();
    Some(EventValue::Array(held.map(owned).collect()))
}
