//! What a kernel object holds, read from its ELF sections and symbols.

use anyhow::Result;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};

/// Bytes of one BPF instruction (wide loads count as two).
const INSTRUCTION: u64 = 8;

/// Sections in which maps are defined, in the old and in the BTF way; and those of globals.
const MAP_SECTIONS: [&str; 2] = ["maps", ".maps"];
const GLOBAL_SECTIONS: [&str; 3] = [".rodata", ".data", ".bss"];

/// A function of an executable section.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) section: String,
    pub(super) size: u64,
}

impl Program {
    /// What the section's name says about the program's kind.
    pub(super) fn kind(&self) -> &str {
        match self.section.split('/').next() {
            Some(kind) if !self.is_function() => kind,
            _ => "function",
        }
    }

    /// Whether it is called by programs, and attached nowhere.
    pub(super) fn is_function(&self) -> bool {
        self.section == ".text"
    }

    pub(super) fn instructions(&self) -> u64 {
        self.size / INSTRUCTION
    }
}

/// A map, or a section of globals (which the kernel sees as a map).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) name: String,
    pub(super) section: String,
    pub(super) size: u64,
}

/// Programs, functions, maps and type information of an object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// By section, then by name.
    pub(super) programs: Vec<Program>,
    /// By name.
    pub(super) maps: Vec<Map>,
    /// Bytes of BTF, or `None` when there is none.
    pub(super) btf: Option<u64>,
}

impl Summary {
    /// Reads an ELF object.
    ///
    /// # Errors
    /// The bytes are not a readable object file.
    pub(super) fn read(data: &[u8]) -> Result<Summary> {
        let file = object::File::parse(data)?;
        let mut summary = Summary::default();
        for section in file.sections() {
            let name = section.name()?;
            if name == ".BTF" {
                summary.btf = Some(section.size());
            } else if is_global(name) && section.size() > 0 {
                summary.maps.push(Map {
                    name: name.to_owned(),
                    section: name.to_owned(),
                    size: section.size(),
                });
            }
        }
        for symbol in file.symbols() {
            summary.add(&file, &symbol)?;
        }
        summary
            .programs
            .sort_by(|a, b| (&a.section, &a.name).cmp(&(&b.section, &b.name)));
        summary.maps.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(summary)
    }

    fn add(&mut self, file: &object::File<'_>, symbol: &object::Symbol<'_, '_>) -> Result<()> {
        let Some(index) = symbol.section_index() else {
            return Ok(());
        };
        let section = file.section_by_index(index)?;
        // Without the hash that keeps crates apart.
        let name = format!("{:#}", rustc_demangle::demangle(symbol.name()?));
        let section_name = section.name()?.to_owned();
        let size = symbol.size();
        if symbol.kind() == SymbolKind::Text && section.kind() == SectionKind::Text {
            self.programs.push(Program {
                name,
                section: section_name,
                size,
            });
        } else if symbol.kind() == SymbolKind::Data && MAP_SECTIONS.contains(&section_name.as_str())
        {
            self.maps.push(Map {
                name,
                section: section_name,
                size,
            });
        }
        Ok(())
    }
}

/// Whether the section holds globals, or one of a kind (`.rodata.name`).
fn is_global(section: &str) -> bool {
    GLOBAL_SECTIONS.iter().any(|global| {
        section
            .strip_prefix(global)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use object::write::{Object as Writer, Symbol, SymbolSection};
    use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolScope};

    use super::*;

    fn add(writer: &mut Writer<'_>, section: &str, name: &str, bytes: usize) {
        let kind = match section {
            "maps" | ".BTF" | ".rodata.x" => SectionKind::ReadOnlyData,
            _ => SectionKind::Text,
        };
        let id = writer.add_section(Vec::new(), section.as_bytes().to_vec(), kind);
        let offset = writer.append_section_data(id, &vec![0; bytes], 8);
        if name.is_empty() {
            return;
        }
        writer.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: offset,
            size: bytes as u64,
            kind: if kind == SectionKind::Text {
                SymbolKind::Text
            } else {
                SymbolKind::Data
            },
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(id),
            flags: SymbolFlags::None,
        });
    }

    #[test]
    fn reads_programs_maps_and_btf() {
        let mut writer = Writer::new(BinaryFormat::Elf, Architecture::Bpf, Endianness::Little);
        add(&mut writer, "tp_btf/sched_process_exec", "exec", 80);
        add(&mut writer, ".text", "helper", 16);
        add(&mut writer, "maps", "ACTIVITY", 28);
        add(&mut writer, ".rodata.x", "", 4);
        add(&mut writer, ".BTF", "", 100);
        let summary = Summary::read(&writer.write().unwrap()).unwrap();

        let programs: Vec<_> = summary
            .programs
            .iter()
            .map(|program| {
                (
                    program.name.as_str(),
                    program.kind(),
                    program.instructions(),
                )
            })
            .collect();
        assert_eq!(
            programs,
            [("helper", "function", 2), ("exec", "tp_btf", 10)]
        );
        let maps: Vec<_> = summary
            .maps
            .iter()
            .map(|map| (map.name.as_str(), map.size))
            .collect();
        assert_eq!(maps, [(".rodata.x", 4), ("ACTIVITY", 28)]);
        assert_eq!(summary.btf, Some(100));
    }

    #[test]
    fn refuses_what_is_no_object() {
        assert!(Summary::read(b"not an object").is_err());
        assert!(Summary::read(b"").is_err());
    }
}
