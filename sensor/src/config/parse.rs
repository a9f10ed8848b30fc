//! Values of settings from text. Errors say what was found and what is wanted.

use std::{net::SocketAddr, path::PathBuf, slice};

use tracing::level_filters::LevelFilter;

/// Smallest ring: one page is the kernel's limit, less than this holds a handful of records.
const RING_MIN: u32 = 64 * 1024;

/// Largest ring; the kernel locks this memory.
const RING_MAX: u32 = 256 * 1024 * 1024;

const KIB: u32 = 1024;
const MIB: u32 = 1024 * 1024;

/// The words for a switch.
pub(super) const TRUTH: [(&str, bool); 2] = [("true", true), ("false", false)];

/// The only value.
fn one(values: &[String]) -> Result<&str, String> {
    match values {
        [value] => Ok(value.trim()),
        [] => Err("a value is missing".to_owned()),
        _ => Err(format!("one value is wanted, not {}", values.len())),
    }
}

pub(super) fn text(values: &[String]) -> Result<String, String> {
    match one(values)? {
        "" => Err("must not be empty".to_owned()),
        value => Ok(value.to_owned()),
    }
}

pub(super) fn choice<T: Copy>(values: &[String], choices: &[(&str, T)]) -> Result<T, String> {
    let value = one(values)?;
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == value) {
        return Ok(*choice);
    }
    let names: Vec<_> = choices
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    Err(format!("`{value}` is none of {}", names.join(", ")))
}

pub(super) fn log_level(values: &[String]) -> Result<LevelFilter, String> {
    const LEVELS: [(&str, LevelFilter); 6] = [
        ("off", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    choice(values, &LEVELS)
}

pub(super) fn number(values: &[String], least: u32, most: u32) -> Result<u32, String> {
    let value = one(values)?;
    let number = value
        .parse()
        .ok()
        .filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("`{value}` is not a number from {least} to {most}"))
}

pub(super) fn path(values: &[String]) -> Result<PathBuf, String> {
    text(values).map(PathBuf::from)
}

pub(super) fn paths(values: &[String]) -> Result<Vec<PathBuf>, String> {
    values
        .iter()
        .map(|value| path(slice::from_ref(value)))
        .collect()
}

pub(super) fn address_or_off(values: &[String]) -> Result<Option<SocketAddr>, String> {
    match one(values)? {
        "off" => Ok(None),
        value => value.parse().map(Some).map_err(|_| {
            format!("`{value}` is neither an address and port such as 127.0.0.1:9464 nor `off`")
        }),
    }
}

pub(super) fn ring_size(values: &[String]) -> Result<u32, String> {
    let value = one(values)?;
    let (digits, unit) = match (value.strip_suffix("KiB"), value.strip_suffix("MiB")) {
        (Some(digits), _) => (digits, KIB),
        (_, Some(digits)) => (digits, MIB),
        (None, None) => (value, 1),
    };
    let size = digits
        .trim()
        .parse::<u32>()
        .ok()
        .and_then(|digits| digits.checked_mul(unit));
    size.filter(|size| size.is_power_of_two() && (RING_MIN..=RING_MAX).contains(size))
        .ok_or_else(|| {
            let (least, most) = (show_size(RING_MIN), show_size(RING_MAX));
            format!("`{value}` is not a power of two from {least} to {most}")
        })
}

/// A size in the unit that suits it.
pub(super) fn show_size(size: u32) -> String {
    match (size % MIB, size % KIB) {
        (0, _) => format!("{}MiB", size / MIB),
        (_, 0) => format!("{}KiB", size / KIB),
        _ => size.to_string(),
    }
}
