//! A reader for the parts of BTF that place resolution needs: structures, their members, enums and
//! function names. Format: Documentation/bpf/btf.rst of the kernel.

use std::collections::HashMap;

const MAGIC: u16 = 0xeb9f;
const KIND_PTR: u32 = 2;
const KIND_ARRAY: u32 = 3;
const KIND_STRUCT: u32 = 4;
const KIND_UNION: u32 = 5;
const KIND_ENUM: u32 = 6;
const KIND_FUNC: u32 = 12;
const KIND_FUNC_PROTO: u32 = 13;
/// Typedefs and qualifiers: kinds that only lead to another type.
const KINDS_ALIAS: [u32; 5] = [8, 9, 10, 11, 18];
/// Nesting that the resolver follows; the kernel has far less.
const DEPTH_MAX: u32 = 16;

/// Type information of a kernel.
pub struct Btf<'a> {
    types: Vec<Type<'a>>,
    /// Structures by name; the first of a name wins, as in the kernel's own resolution.
    structures: HashMap<&'a [u8], u32>,
    strings: &'a [u8],
}

/// One type: its words and what follows them.
struct Type<'a> {
    kind: u32,
    flag: bool,
    name: &'a [u8],
    /// Size in bytes, or the type led to.
    size_or_type: u32,
    /// Member, enumerator or parameter words.
    data: &'a [u8],
}

/// Why bytes are not BTF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "malformed type information (BTF): {}", self.0)
    }
}

impl std::error::Error for Malformed {}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at + 4)?
        .try_into()
        .ok()
        .map(u32::from_ne_bytes)
}

fn section(bytes: &[u8], start: usize, offset: u32, length: u32) -> Option<&[u8]> {
    let from = start.checked_add(offset as usize)?;
    bytes.get(from..from.checked_add(length as usize)?)
}

fn string_at(strings: &[u8], offset: u32) -> &[u8] {
    let rest = strings.get(offset as usize..).unwrap_or_default();
    rest.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Bytes that follow the three words of a type.
fn data_length(kind: u32, count: usize) -> Option<usize> {
    Some(match kind {
        1 | 14 | 17 => 4,
        KIND_ARRAY => 12,
        KIND_STRUCT | KIND_UNION | 15 | 19 => 12 * count,
        KIND_ENUM | KIND_FUNC_PROTO => 8 * count,
        KIND_PTR | 7 | 8..=12 | 16 | 18 => 0,
        _ => return None,
    })
}

impl<'a> Btf<'a> {
    /// Reads the type information.
    ///
    /// # Errors
    /// When the bytes are not BTF of this machine's byte order.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let magic = bytes
            .get(..2)
            .and_then(|two| two.try_into().ok())
            .map(u16::from_ne_bytes);
        if magic != Some(MAGIC) {
            return Err(Malformed("no magic number"));
        }
        let word = |at| u32_at(bytes, at).ok_or(Malformed("short header"));
        let start = word(4)? as usize;
        let type_bytes = section(bytes, start, word(8)?, word(12)?).ok_or(Malformed("types"))?;
        let strings = section(bytes, start, word(16)?, word(20)?).ok_or(Malformed("strings"))?;
        let mut btf = Btf {
            types: Vec::new(),
            structures: HashMap::new(),
            strings,
        };
        let mut rest = type_bytes;
        while !rest.is_empty() {
            rest = btf
                .push(rest)
                .ok_or(Malformed("a type of unknown kind or length"))?;
        }
        Ok(btf)
    }

    /// Takes one type off the front of `bytes`.
    fn push(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let info = u32_at(bytes, 4)?;
        let kind = (info >> 24) & 0x1f;
        let (data, rest) = bytes
            .get(12..)?
            .split_at_checked(data_length(kind, (info & 0xffff) as usize)?)?;
        let name = string_at(self.strings, u32_at(bytes, 0)?);
        let id = u32::try_from(self.types.len()).ok()? + 1;
        if kind == KIND_STRUCT && !name.is_empty() {
            self.structures.entry(name).or_insert(id);
        }
        let size_or_type = u32_at(bytes, 8)?;
        self.types.push(Type {
            kind,
            flag: info >> 31 == 1,
            name,
            size_or_type,
            data,
        });
        Some(rest)
    }

    fn get(&self, id: u32) -> Option<&Type<'a>> {
        self.types.get((id as usize).checked_sub(1)?)
    }

    /// Follows typedefs and qualifiers.
    fn resolve(&self, mut id: u32) -> Option<&Type<'a>> {
        for _ in 0..DEPTH_MAX {
            let found = self.get(id)?;
            if !KINDS_ALIAS.contains(&found.kind) {
                return Some(found);
            }
            id = found.size_or_type;
        }
        None
    }

    fn structure(&self, name: &str) -> Option<&Type<'a>> {
        self.get(*self.structures.get(name.as_bytes())?)
    }

    /// Size of a structure in bytes.
    #[must_use]
    pub fn size_of(&self, structure: &str) -> Option<u32> {
        Some(self.structure(structure)?.size_or_type)
    }

    /// Size of any type in bytes.
    fn type_size(&self, id: u32) -> Option<u32> {
        let found = self.resolve(id)?;
        match found.kind {
            KIND_PTR => Some(8),
            KIND_ARRAY => {
                let element = self.type_size(u32_at(found.data, 0)?)?;
                element.checked_mul(u32_at(found.data, 8)?)
            }
            _ => Some(found.size_or_type),
        }
    }

    /// Offset in bytes of `structure.path`, where the path may go through members (`a.b`) and
    /// arrays (`a[3]`), and anonymous members are transparent.
    #[must_use]
    pub fn offset_of(&self, structure: &str, path: &str) -> Option<u32> {
        let mut current = self.structure(structure)?;
        let mut offset = 0;
        for step in path.split('.') {
            let (name, index) = match step.split_once('[') {
                Some((name, index)) => (name, index.strip_suffix(']')?.parse().ok()?),
                None => (step, 0u32),
            };
            let (at, id) = self.member(current, name.as_bytes(), DEPTH_MAX)?;
            current = self.resolve(id)?;
            offset += at;
            if current.kind == KIND_ARRAY {
                let element = u32_at(current.data, 0)?;
                offset += index * self.type_size(element)?;
                current = self.resolve(element)?;
            }
        }
        Some(offset)
    }

    /// Offset in bytes and type of a member, looked for in anonymous members too.
    fn member(&self, structure: &Type<'a>, name: &[u8], depth: u32) -> Option<(u32, u32)> {
        if depth == 0 || !matches!(structure.kind, KIND_STRUCT | KIND_UNION) {
            return None;
        }
        for member in structure.data.chunks_exact(12) {
            let found = string_at(self.strings, u32_at(member, 0)?);
            let id = u32_at(member, 4)?;
            let raw = u32_at(member, 8)?;
            // With the kind flag, the upper byte is the width of a bit field.
            let bits = if structure.flag {
                raw & 0x00ff_ffff
            } else {
                raw
            };
            if found == name {
                return Some((bits / 8, id));
            }
            if found.is_empty() {
                let inner = self
                    .resolve(id)
                    .and_then(|inner| self.member(inner, name, depth - 1));
                if let Some((at, id)) = inner {
                    return Some((bits / 8 + at, id));
                }
            }
        }
        None
    }

    /// Value of an enumerator, in any enum.
    #[must_use]
    pub fn enumerator(&self, name: &str) -> Option<u32> {
        let enums = self.types.iter().filter(|found| found.kind == KIND_ENUM);
        enums
            .flat_map(|found| found.data.chunks_exact(8))
            .find_map(|value| {
                let found = string_at(self.strings, u32_at(value, 0)?);
                (found == name.as_bytes())
                    .then(|| u32_at(value, 4))
                    .flatten()
            })
    }

    /// Whether the kernel has a function of this name.
    #[must_use]
    pub fn has_function(&self, name: &str) -> bool {
        self.types
            .iter()
            .any(|found| found.kind == KIND_FUNC && found.name == name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel() -> Option<Vec<u8>> {
        std::fs::read("/sys/kernel/btf/vmlinux").ok()
    }

    #[test]
    fn places_of_the_running_kernel_are_plausible() {
        let Some(bytes) = kernel() else {
            println!("SKIP places_of_the_running_kernel_are_plausible: no /sys/kernel/btf/vmlinux");
            return;
        };
        let btf = Btf::parse(&bytes).unwrap();
        assert!(btf.size_of("task_struct").unwrap() > 1000);
        let pid = btf.offset_of("task_struct", "pid").unwrap();
        assert_eq!(btf.offset_of("task_struct", "tgid"), Some(pid + 4));
        assert_eq!(btf.offset_of("path", "mnt"), Some(0));
        assert_eq!(btf.offset_of("path", "dentry"), Some(8));
        assert!(btf.offset_of("signal_struct", "pids[3]") > btf.offset_of("signal_struct", "pids"));
        assert!(btf.offset_of("sock", "__sk_common.skc_daddr").is_some());
        assert!(btf.has_function("do_exit"));
        assert!(!btf.has_function("no_such_function"));
        assert_eq!(btf.offset_of("task_struct", "no_such_member"), None);
    }

    #[test]
    fn cut_and_garbled_bytes_are_refused_or_harmless() {
        assert!(Btf::parse(&[]).is_err());
        assert!(Btf::parse(&[0x9f, 0xeb, 1]).is_err());
        let Some(bytes) = kernel() else { return };
        for length in [24, 100, 1000, 100_000] {
            assert!(Btf::parse(&bytes[..length]).is_err(), "{length}");
        }
    }
}
