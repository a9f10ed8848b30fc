//! What a rule cannot match without: analysed from its condition.
//!
//! The answer for an expression is a set of keys, one of which every match has, or nothing when
//! there is no such set.

use std::{collections::BTreeSet, net::IpAddr};

use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Detections, Modifier, Quantifier, SelectorPattern,
    SigmaString, SigmaValue, SpecialChar, StringPart, detection_name_matches,
};

/// Something that the kernel can look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Destination address.
    Address(IpAddr),
    /// Base name of the opened file.
    Name(String),
    /// A connect to a Unix socket.
    Unix,
    /// Name of a directory above the opened file.
    Directory(String),
    /// Destination port.
    Port(u16),
    /// Base name of the acting executable.
    Program(String),
}

impl Key {
    /// How much a key of this kind lets through, compared to others.
    fn breadth(&self) -> u8 {
        match self {
            Key::Address(_) | Key::Name(_) => 0,
            Key::Unix | Key::Directory(_) => 1,
            Key::Port(_) | Key::Program(_) => 2,
        }
    }
}

type Keys = Option<BTreeSet<Key>>;

/// The keys of a rule; `None` when it may match without any.
pub(super) fn keys_of(detections: &Detections) -> Keys {
    // Several conditions are alternatives.
    one_of(
        detections
            .conditions
            .iter()
            .map(|it| condition(it, detections)),
    )
}

/// Every alternative must have keys; a match has one of them all.
fn one_of(alternatives: impl Iterator<Item = Keys>) -> Keys {
    let mut union = BTreeSet::new();
    for keys in alternatives {
        union.extend(keys?);
    }
    Some(union)
}

/// One part that has keys is enough; the narrowest is taken, and among equals always the same.
fn all_of(parts: impl Iterator<Item = Keys>) -> Keys {
    let breadth = |keys: &BTreeSet<Key>| (keys.iter().map(Key::breadth).max(), keys.len());
    parts.flatten().min_by(|left, right| {
        breadth(left)
            .cmp(&breadth(right))
            .then_with(|| left.cmp(right))
    })
}

fn condition(expression: &ConditionExpr, detections: &Detections) -> Keys {
    match expression {
        ConditionExpr::And(parts) => all_of(parts.iter().map(|part| condition(part, detections))),
        ConditionExpr::Or(parts) => one_of(parts.iter().map(|part| condition(part, detections))),
        ConditionExpr::Not(_) => None,
        ConditionExpr::Identifier(name) => detection(detections.named.get(name)?),
        ConditionExpr::Selector {
            quantifier,
            pattern,
        } => {
            let selected = detections
                .named
                .iter()
                .filter(|(name, _)| selects(pattern, name));
            let keys = selected.map(|(_, it)| detection(it));
            match quantifier {
                Quantifier::All => all_of(keys),
                Quantifier::Count(0) => None,
                Quantifier::Any | Quantifier::Count(_) => one_of(keys),
            }
        }
    }
}

fn selects(pattern: &SelectorPattern, name: &str) -> bool {
    match pattern {
        // Names with an underscore are left out of `them`.
        SelectorPattern::Them => !name.starts_with('_'),
        SelectorPattern::Pattern(pattern) => detection_name_matches(pattern, name),
    }
}

fn detection(found: &Detection) -> Keys {
    match found {
        Detection::AllOf(items) => all_of(items.iter().map(item)),
        Detection::AnyOf(parts) => one_of(parts.iter().map(detection)),
        Detection::And(parts) => all_of(parts.iter().map(detection)),
        Detection::ArrayMatch { .. } | Detection::Conditional { .. } | Detection::Keywords(_) => {
            None
        }
    }
}

fn item(found: &DetectionItem) -> Keys {
    let name = found.field.name.as_deref()?;
    let all = found.field.has_modifier(Modifier::All);
    let mut place = Place::Whole;
    for modifier in &found.field.modifiers {
        place = match modifier {
            Modifier::All | Modifier::Cased => place,
            Modifier::Contains => Place::Anywhere,
            Modifier::StartsWith => Place::Start,
            Modifier::EndsWith => Place::End,
            _ => return None,
        };
    }
    let keys = found.values.iter().map(|value| {
        let key = key(name, place, value)?;
        Some(BTreeSet::from([key]))
    });
    if all { all_of(keys) } else { one_of(keys) }
}

/// Where in the field a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Start,
    End,
    Anywhere,
}

fn key(field: &str, place: Place, value: &SigmaValue) -> Option<Key> {
    match (field, value) {
        ("TargetFilename", SigmaValue::String(text)) => {
            let (place, text) = plain(place, text)?;
            file_key(place, &text)
        }
        ("Image", SigmaValue::String(text)) => {
            let (place, text) = plain(place, text)?;
            let ends = matches!(place, Place::Whole | Place::End);
            ends.then(|| last_segment(&text))
                .flatten()
                .map(Key::Program)
        }
        ("DestinationIp", SigmaValue::String(text)) if place == Place::Whole => {
            text.as_plain()?.parse().ok().map(Key::Address)
        }
        ("DestinationPort", SigmaValue::Integer(port)) if place == Place::Whole => {
            u16::try_from(*port).ok().map(Key::Port)
        }
        ("DestinationPort", SigmaValue::String(text)) if place == Place::Whole => {
            text.as_plain()?.parse().ok().map(Key::Port)
        }
        ("UnixPath", SigmaValue::String(_)) => Some(Key::Unix),
        _ => None,
    }
}

/// A value without wildcards, or with wildcards that only say where it stands.
fn plain(place: Place, text: &SigmaString) -> Option<(Place, String)> {
    const ANY: StringPart = StringPart::Special(SpecialChar::WildcardMulti);
    let (place, plain) = match (place, text.parts.as_slice()) {
        (place, [StringPart::Plain(plain)]) => (place, plain),
        (Place::Whole, [any, StringPart::Plain(plain)]) if *any == ANY => (Place::End, plain),
        (Place::Whole, [StringPart::Plain(plain), any]) if *any == ANY => (Place::Start, plain),
        (Place::Whole, [any, StringPart::Plain(plain), end]) if *any == ANY && *end == ANY => {
            (Place::Anywhere, plain)
        }
        _ => return None,
    };
    Some((place, plain.clone()))
}

fn file_key(place: Place, text: &str) -> Option<Key> {
    match place {
        Place::Whole | Place::End => last_segment(text).map(Key::Name),
        Place::Start | Place::Anywhere => last_directory(text).map(Key::Directory),
    }
}

/// What follows the last slash; it is a whole name only after a slash.
fn last_segment(text: &str) -> Option<String> {
    let (_, name) = text.rsplit_once('/')?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// The last name between two slashes.
fn last_directory(text: &str) -> Option<String> {
    let (above, _) = text.rsplit_once('/')?;
    last_segment(above)
}
