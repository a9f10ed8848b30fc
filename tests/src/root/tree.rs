//! Small file-tree helpers.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Removes a tree; one that is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Writes `bytes` to `path` below `root` with a permission mode, creating folders on the way.
pub(crate) fn write(root: &Path, path: &str, bytes: &[u8], mode: u32) -> Result<()> {
    let full = root.join(path.trim_start_matches('/'));
    if let Some(folder) = full.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    fs::write(&full, bytes).with_context(|| format!("write {}", full.display()))?;
    fs::set_permissions(&full, fs::Permissions::from_mode(mode))
        .with_context(|| format!("set the mode of {}", full.display()))
}

/// FNV-1a of some text, as 16 hex digits: a stable name for a cache entry.
pub(crate) fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn digest_is_fnv_1a() {
        assert_eq!(digest(""), "cbf29ce484222325");
        assert_eq!(digest("a"), "af63dc4c8601ec8c");
    }
}
