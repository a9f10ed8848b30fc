//! Rules from the binary and from directories, and their reload.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use super::live::Control;
use crate::{
    config::Settings,
    detect::{self, RuleSet, RuleSource},
};

/// How often rule directories are looked at. Kubernetes takes a minute to update a volume.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Levels of directories below a rule directory: by tactic, by product.
const DEPTH_MAX: u32 = 8;

/// Bytes of one rule file: a hundred times the longest of SigmaHQ.
const FILE_MAX: u64 = 1024 * 1024;

/// Loads the rules that the settings ask for.
///
/// # Errors
/// Lists every mistake with its file and line.
pub fn load(settings: &Settings) -> Result<RuleSet> {
    compile(sources(settings)?)
}

/// Loads the rules of these files and directories, and no others.
///
/// # Errors
/// Lists every mistake with its file and line.
pub fn load_paths(paths: &[PathBuf]) -> Result<RuleSet> {
    let mut sources = Vec::new();
    for path in paths {
        if path.is_dir() {
            sources.extend(read_directory(path)?);
        } else {
            sources.push(read_file(path)?);
        }
    }
    compile(sources)
}

/// The rule files that the settings ask for.
///
/// # Errors
/// When one cannot be read.
pub fn sources(settings: &Settings) -> Result<Vec<RuleSource>> {
    let mut sources = Vec::new();
    if settings.detections_embedded {
        sources.extend(detect::embedded());
    }
    for directory in &settings.detections_directories {
        sources.extend(read_directory(directory)?);
    }
    Ok(sources)
}

fn compile(sources: Vec<RuleSource>) -> Result<RuleSet> {
    RuleSet::load(sources.into_iter()).map_err(|errors| {
        let list: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let count = match list.len() {
            1 => "a mistake".to_owned(),
            count => format!("{count} mistakes"),
        };
        anyhow::anyhow!("the rules have {count}:\n  {}", list.join("\n  "))
    })
}

/// Rule files of a directory, in the order of their names.
fn read_directory(directory: &Path) -> Result<Vec<RuleSource>> {
    let mut files = Vec::new();
    list(directory, DEPTH_MAX, &mut files)
        .with_context(|| format!("cannot read the rule directory {}", directory.display()))?;
    files.sort();
    files.iter().map(|file| read_file(file)).collect()
}

fn read_file(file: &Path) -> Result<RuleSource> {
    let size = fs::metadata(file).map_or(0, |found| found.len());
    if size > FILE_MAX {
        bail!(
            "{}: {size} bytes are more than a rule file may have ({FILE_MAX})",
            file.display()
        );
    }
    let text = fs::read_to_string(file)
        .with_context(|| format!("cannot read the rule file {}", file.display()))?;
    Ok(RuleSource {
        file: file.display().to_string(),
        text,
    })
}

/// Collects `*.yml` and `*.yaml`. Names that start with a dot are skipped: Kubernetes keeps former
/// versions of a volume under such names.
fn list(directory: &Path, depth: u32, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.is_dir() {
            if depth > 0 {
                list(&path, depth - 1, files)?;
            }
        } else if path
            .extension()
            .is_some_and(|end| end == "yml" || end == "yaml")
        {
            files.push(path);
        }
    }
    Ok(())
}

/// What a change of the directories shows in: (path, inode, size, time) of each file.
fn signature(directories: &[PathBuf]) -> Vec<(PathBuf, u64, u64, i64, i64)> {
    let mut files = Vec::new();
    for directory in directories {
        // A directory that cannot be read now is told about by the reload.
        let _ = list(directory, DEPTH_MAX, &mut files);
    }
    files.sort();
    files
        .into_iter()
        .filter_map(|file| {
            let found = fs::metadata(&file).ok()?;
            Some((
                file,
                found.ino(),
                found.len(),
                found.mtime(),
                found.mtime_nsec(),
            ))
        })
        .collect()
}

/// Watches the rule directories, and `requests` (SIGHUP); loads the rules anew when either says so
/// and sends them on, or what is wrong with them. Ends when nobody listens any more.
pub(super) fn watch(settings: &Settings, requests: &Receiver<()>, send: impl Fn(Control) -> bool) {
    let mut seen = signature(&settings.detections_directories);
    loop {
        let asked = match requests.recv_timeout(LOOK_EVERY) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let now = signature(&settings.detections_directories);
        if !asked && now == seen {
            continue;
        }
        seen = now;
        if !send(Control::Rules(load(settings).map(Box::new))) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_files_are_found_in_order_and_hidden_ones_are_not() {
        let root = tempfile::tempdir().unwrap();
        for file in ["b.yml", "a/c.yaml", "..data/d.yml", ".e.yml", "f.txt"] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let found = read_directory(root.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|source| Path::new(&source.file).strip_prefix(root.path()).unwrap())
            .collect();
        assert_eq!(names, [Path::new("a/c.yaml"), Path::new("b.yml")]);
    }

    #[test]
    fn a_change_shows_in_the_signature() {
        let root = tempfile::tempdir().unwrap();
        let directories = [root.path().to_owned()];
        let empty = signature(&directories);
        fs::write(root.path().join("a.yml"), "x").unwrap();
        let one = signature(&directories);
        assert_ne!(empty, one);
        fs::write(root.path().join("a.yml"), "xy").unwrap();
        assert_ne!(one, signature(&directories));
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = read_directory(Path::new("/no/such/rules")).unwrap_err();
        assert!(format!("{error:#}").contains("/no/such/rules"));
    }
}
