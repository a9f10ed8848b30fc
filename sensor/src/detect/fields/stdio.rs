//! What standard input, output and error of the acting program were wired to when it started.

use std::borrow::Cow;

use rsigma_eval::EventValue;

use super::{EVERYWHERE, Field, Type};
use crate::{enrich::Observation, event::Stdio};

const TYPE_DOC: &str =
    "What it was wired to at exec: file, terminal, device, pipe, inet, unix, socket or closed";

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "Stdin.Type",
        EVERYWHERE,
        Type::Text,
        |o| kind(o, 0),
        TYPE_DOC,
    ),
    Field::new(
        "Stdin.Inode",
        EVERYWHERE,
        Type::Number,
        |o| inode(o, 0),
        "Inode number; equal on both ends of a pipe",
    ),
    Field::new(
        "Stdin.PeerIp",
        EVERYWHERE,
        Type::Text,
        |o| peer_ip(o, 0),
        "Remote address of an internet socket",
    ),
    Field::new(
        "Stdin.PeerPort",
        EVERYWHERE,
        Type::Number,
        |o| peer_port(o, 0),
        "Remote port of an internet socket",
    ),
    Field::new(
        "Stdout.Type",
        EVERYWHERE,
        Type::Text,
        |o| kind(o, 1),
        TYPE_DOC,
    ),
    Field::new(
        "Stdout.Inode",
        EVERYWHERE,
        Type::Number,
        |o| inode(o, 1),
        "Inode number; equal on both ends of a pipe",
    ),
    Field::new(
        "Stdout.PeerIp",
        EVERYWHERE,
        Type::Text,
        |o| peer_ip(o, 1),
        "Remote address of an internet socket",
    ),
    Field::new(
        "Stdout.PeerPort",
        EVERYWHERE,
        Type::Number,
        |o| peer_port(o, 1),
        "Remote port of an internet socket",
    ),
    Field::new(
        "Stderr.Type",
        EVERYWHERE,
        Type::Text,
        |o| kind(o, 2),
        TYPE_DOC,
    ),
    Field::new(
        "Stderr.Inode",
        EVERYWHERE,
        Type::Number,
        |o| inode(o, 2),
        "Inode number; equal on both ends of a pipe",
    ),
    Field::new(
        "Stderr.PeerIp",
        EVERYWHERE,
        Type::Text,
        |o| peer_ip(o, 2),
        "Remote address of an internet socket",
    ),
    Field::new(
        "Stderr.PeerPort",
        EVERYWHERE,
        Type::Number,
        |o| peer_port(o, 2),
        "Remote port of an internet socket",
    ),
];

fn stdio<'a>(observation: &'a Observation<'a>, descriptor: usize) -> Option<&'a Stdio> {
    observation.process.image.exec.stdio.get(descriptor)
}

fn kind<'a>(observation: &'a Observation<'a>, descriptor: usize) -> Option<EventValue<'a>> {
    let name = match stdio(observation, descriptor)? {
        Stdio::Closed => "closed",
        Stdio::File { .. } => "file",
        Stdio::Terminal { .. } => "terminal",
        Stdio::Device { .. } => "device",
        Stdio::Pipe { .. } => "pipe",
        Stdio::Inet { .. } => "inet",
        Stdio::Unix { .. } => "unix",
        Stdio::OtherSocket { .. } => "socket",
    };
    Some(EventValue::Str(Cow::Borrowed(name)))
}

fn inode<'a>(observation: &'a Observation<'a>, descriptor: usize) -> Option<EventValue<'a>> {
    let inode = match stdio(observation, descriptor)? {
        Stdio::File { inode, .. }
        | Stdio::Pipe { inode, .. }
        | Stdio::Inet { inode, .. }
        | Stdio::Unix { inode }
        | Stdio::OtherSocket { inode, .. } => *inode,
        Stdio::Closed | Stdio::Terminal { .. } | Stdio::Device { .. } => return None,
    };
    Some(EventValue::Int(inode.cast_signed()))
}

fn peer_ip<'a>(observation: &'a Observation<'a>, descriptor: usize) -> Option<EventValue<'a>> {
    match stdio(observation, descriptor)? {
        Stdio::Inet {
            peer: Some((ip, _)),
            ..
        } => Some(EventValue::Str(Cow::Owned(ip.to_string()))),
        _ => None,
    }
}

fn peer_port<'a>(observation: &'a Observation<'a>, descriptor: usize) -> Option<EventValue<'a>> {
    match stdio(observation, descriptor)? {
        Stdio::Inet {
            peer: Some((_, port)),
            ..
        } => Some(EventValue::Int(i64::from(*port))),
        _ => None,
    }
}
