//! The file system of tracepoints.

use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, mount};

/// Where tracefs is expected, best first.
const PLACES: [&str; 2] = ["kernel/tracing", "kernel/debug/tracing"];

/// Finds tracefs below `sys` (`/sys`); mounts it where it belongs when it is nowhere.
///
/// # Errors
///
/// When it is nowhere and cannot be mounted: a sentence that says why, and what to do.
pub fn find_or_mount(sys: &Path) -> anyhow::Result<PathBuf> {
    if let Some(found) = find(sys) {
        return Ok(found);
    }
    let place = sys.join(PLACES[0]);
    mount("tracefs", &place, "tracefs", safe_flags(), None).map_err(|error| {
        anyhow::anyhow!(
            "tracefs is not mounted where the sensor may look, and mounting it at {} failed: {error}; the sensor needs \
             CAP_SYS_ADMIN to mount it itself, else mount it on the node (mount -t tracefs \
             tracefs /sys/kernel/tracing) and make it visible to the sensor",
            place.display()
        )
    })?;
    tracing::info!(path = %place.display(), "tracefs was not mounted: mounted it");
    find(sys).ok_or_else(|| {
        anyhow::anyhow!(
            "tracefs was mounted at {} but has no `events` in it: the kernel was built without \
             tracepoints (CONFIG_EVENT_TRACING)",
            place.display()
        )
    })
}

/// Where tracefs is mounted below `sys`, `None` when it is nowhere that the sensor may look.
#[must_use]
pub fn find(sys: &Path) -> Option<PathBuf> {
    PLACES
        .iter()
        .map(|place| sys.join(place))
        .find(|path| path.join("events").is_dir())
}

/// Nothing in it is ever a program or a device.
fn safe_flags() -> MountFlags {
    MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_usual_place_comes_first() {
        let root = tempfile::tempdir().expect("temporary directory");
        let root = root.path();
        assert_eq!(find(root), None);
        for place in PLACES.iter().rev() {
            fs::create_dir_all(root.join(place).join("events")).expect("directories");
            assert_eq!(find(root), Some(root.join(place)));
        }
        assert_eq!(find_or_mount(root).expect("found"), root.join(PLACES[0]));
    }

    #[test]
    fn failure_says_what_to_do() {
        let root = tempfile::tempdir().expect("temporary directory");
        let error = find_or_mount(root.path())
            .expect_err("no such directory")
            .to_string();
        assert!(error.contains("kernel/tracing failed: "), "{error}");
        assert!(error.contains("mount -t tracefs"), "{error}");
    }
}
