//! From ring bytes to events.

use super::Event;

/// Why bytes are not an event. The variant is a metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// Shorter than a header, or than the size it gives.
    Truncated,
    /// No such kind.
    UnknownKind,
    /// A section runs past the end.
    Section,
    /// A field holds a value outside of its range.
    Value,
}

/// Decodes one record.
///
/// # Errors
/// When the bytes are not a whole record of a known kind.
pub fn decode(_record: &[u8]) -> Result<Event, DecodeError> {
    Err(DecodeError::Truncated)
}
