//! The smallest program: one that ends at once. With it a flood of execs measures the kernel and
//! the sensor, not a dynamic loader.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Where the program is mapped.
const BASE: u64 = 0x40_0000;

/// Sizes of an ELF header and of one program header.
const HEADER: u16 = 64;
const PROGRAM_HEADER: u16 = 56;

/// The instructions of `exit(0)`, and the machine's number in ELF.
#[cfg(target_arch = "x86_64")]
const EXIT: (u16, &[u8]) = (62, &[0x6a, 0x3c, 0x58, 0x31, 0xff, 0x0f, 0x05]);
#[cfg(target_arch = "aarch64")]
const EXIT: (u16, &[u8]) = (
    183,
    &[
        0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4,
    ],
);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const EXIT: (u16, &[u8]) = (0, &[]);

/// Writes the program to `path`, executable.
///
/// # Errors
/// The file could not be written, or this machine's instructions are not known here.
pub(super) fn write(path: &Path) -> Result<()> {
    let (machine, code) = EXIT;
    if code.is_empty() {
        bail!("no tiny program is known for {}", std::env::consts::ARCH);
    }
    let context = || format!("cannot write {}", path.display());
    std::fs::write(path, elf(machine, code)).with_context(context)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o755)).with_context(context)
}

/// A static ELF executable: header, one segment that holds the whole file, code.
fn elf(machine: u16, code: &[u8]) -> Vec<u8> {
    let start = u64::from(HEADER + PROGRAM_HEADER);
    let size = start + code.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let mut put = |bytes: &[u8]| file.extend_from_slice(bytes);
    put(&2_u16.to_le_bytes()); // an executable
    put(&machine.to_le_bytes());
    put(&1_u32.to_le_bytes()); // version
    put(&(BASE + start).to_le_bytes()); // entry
    put(&u64::from(HEADER).to_le_bytes()); // program headers
    put(&0_u64.to_le_bytes()); // no sections
    put(&0_u32.to_le_bytes()); // flags
    for half in [HEADER, PROGRAM_HEADER, 1, 0, 0, 0] {
        put(&half.to_le_bytes());
    }
    put(&1_u32.to_le_bytes()); // to be loaded
    put(&5_u32.to_le_bytes()); // readable and executable
    for word in [0, BASE, BASE, size, size, 0x1000] {
        put(&word.to_le_bytes());
    }
    put(code);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tiny_program_runs_and_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny");
        write(&path).unwrap();
        let status = std::process::Command::new(&path).status().unwrap();
        assert!(status.success(), "{status}");
    }
}
