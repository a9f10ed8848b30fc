//! Bounds-checked access to the integers and sections of a record.

use super::{DecodeError, Text};

type Result<T> = std::result::Result<T, DecodeError>;

/// The fixed part of a record.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// `size` bytes of `record` from `at`.
    pub(super) fn new(record: &'a [u8], at: usize, size: usize) -> Result<Self> {
        record
            .get(at..at + size)
            .map(Fields)
            .ok_or(DecodeError::Truncated)
    }

    /// Raw bytes.
    pub(super) fn bytes(&self, at: usize, size: usize) -> Result<&'a [u8]> {
        self.0.get(at..at + size).ok_or(DecodeError::Truncated)
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N]> {
        self.bytes(at, N)?
            .try_into()
            .map_err(|_| DecodeError::Truncated)
    }

    /// An integer of the kernel's byte order.
    pub(super) fn u16(&self, at: usize) -> Result<u16> {
        self.array(at).map(u16::from_ne_bytes)
    }

    /// An integer of the kernel's byte order.
    pub(super) fn u32(&self, at: usize) -> Result<u32> {
        self.array(at).map(u32::from_ne_bytes)
    }

    /// An integer of the kernel's byte order.
    pub(super) fn i32(&self, at: usize) -> Result<i32> {
        self.array(at).map(i32::from_ne_bytes)
    }

    /// An integer of the kernel's byte order.
    pub(super) fn u64(&self, at: usize) -> Result<u64> {
        self.array(at).map(u64::from_ne_bytes)
    }

    /// A NUL-padded string.
    pub(super) fn padded(&self, at: usize, size: usize) -> Result<Text> {
        let bytes = self.bytes(at, size)?;
        Ok(bytes
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default()
            .into())
    }
}

/// The sections behind the fixed part, taken in their order.
pub(super) struct Sections<'a>(&'a [u8]);

impl<'a> Sections<'a> {
    /// Everything from `at`.
    pub(super) fn new(record: &'a [u8], at: usize) -> Self {
        Sections(record.get(at..).unwrap_or_default())
    }

    /// The next section, whose length is the 16-bit field at `length_at`.
    pub(super) fn take(&mut self, body: &Fields<'_>, length_at: usize) -> Result<&'a [u8]> {
        let length = usize::from(body.u16(length_at)?);
        let (section, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(DecodeError::Section)?;
        self.0 = rest;
        Ok(section)
    }
}
