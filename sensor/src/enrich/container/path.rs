//! The shapes of control group paths that container runtimes leave.
//!
//! Two drivers name them. `cgroupfs` makes plain directories (`/docker/ID`,
//! `/kubepods/burstable/podUID/ID`), `systemd` makes units (`docker-ID.scope`,
//! `kubepods-burstable-podUID.slice`). A runtime that is given systemd's `SLICE:PREFIX:ID` but uses
//! the plain driver makes one directory of that very name. The hierarchy (v1, v2) does not matter
//! to any of them, so only path components are looked at, never where the path starts: this also
//! makes paths relative to another control group namespace (`/../../kubepods/...`) work.

use super::{Container, Runtime};

/// Length of the ids that all OCI runtime managers give: 32 random bytes in hexadecimal.
const ID_LENGTH: usize = 64;

/// What the kernel appends to the path of a control group that was removed.
const DELETED: &[u8] = b" (deleted)";

/// Container of the control group at `cgroup_path`, `None` when it is in none.
///
/// The innermost container wins: with Docker in a pod, the container that Docker started, and the
/// pod that all of it runs in. A control group that a container makes for itself
/// (`ID/system.slice/cron.service`) belongs to that container. The monitor of a container (conmon)
/// is not in it.
///
/// Whoever may write to the control group file system (a privileged container) can make up any
/// name below its own: inner names are that container's claim, not the node's.
#[must_use]
pub fn parse(cgroup_path: &[u8]) -> Option<Container> {
    let path = cgroup_path.strip_suffix(DELETED).unwrap_or(cgroup_path);
    let mut pod = None;
    let mut found = None;
    let mut parent: &[u8] = b"";
    for component in path.split(|byte| *byte == b'/') {
        pod = pod_uid(component).or(pod);
        if let Some((id, runtime)) = container(component, parent) {
            found = Some(Container {
                id,
                runtime,
                pod_uid: pod.clone(),
            });
        }
        parent = component;
    }
    found
}

/// Container id and runtime in one component of a path, below the component `parent`.
fn container(component: &[u8], parent: &[u8]) -> Option<(String, Runtime)> {
    if let Some(id) = container_id(component) {
        return Some((id, plain_runtime(parent)?));
    }
    let stem = component.strip_suffix(b".scope").unwrap_or(component);
    let last = stem.rsplit(|byte| *byte == b':' || *byte == b'-').next()?;
    let id = container_id(last)?;
    let prefix = stem.strip_suffix(last)?;
    let (prefix, separator) = prefix.split_at_checked(prefix.len().checked_sub(1)?)?;
    let prefix = match separator {
        b":" => prefix.rsplit(|byte| *byte == b':').next()?,
        _ => prefix,
    };
    Some((id, prefix_runtime(prefix)?))
}

/// The runtime that names its control groups `PREFIX-ID`.
fn prefix_runtime(prefix: &[u8]) -> Option<Runtime> {
    match prefix {
        b"cri-containerd" | b"nerdctl" => Some(Runtime::Containerd),
        b"crio" => Some(Runtime::CriO),
        b"docker" => Some(Runtime::Docker),
        b"libpod" | b"libpod-payload" => Some(Runtime::Podman),
        _ => None,
    }
}

/// The runtime that names its control groups by the bare id, told by the directory above.
///
/// Below a pod this is containerd. (cri-dockerd with the plain driver looks the same; the node's
/// runtime service knows better and is asked later.)
fn plain_runtime(parent: &[u8]) -> Option<Runtime> {
    match parent {
        b"docker" => Some(Runtime::Docker),
        // Names that containerd's own namespaces have by default.
        b"default" | b"k8s.io" => Some(Runtime::Containerd),
        // The virtual machine monitor of a Kata sandbox: the node's process, in no container.
        b"kata_overhead" => None,
        _ if pod_uid(parent).is_some() => Some(Runtime::Containerd),
        _ => Some(Runtime::Unknown),
    }
}

/// `text` as a container id.
fn container_id(text: &[u8]) -> Option<String> {
    (text.len() == ID_LENGTH && text.iter().copied().all(is_hex))
        .then(|| String::from_utf8_lossy(text).into_owned())
}

/// UID of the pod that one component of a path names: `podUID`, `...-podUID.slice`, and
/// `...-podUID.slice:PREFIX:ID`.
fn pod_uid(component: &[u8]) -> Option<String> {
    let unit = component.split(|byte| *byte == b':').next()?;
    let uid = match unit.strip_suffix(b".slice") {
        Some(slice) => after_last(slice, b"-pod")?,
        None => unit.strip_prefix(b"pod")?,
    };
    // `-` separates the levels of a slice's name, so the kubelet writes `_` there instead.
    let uid: Vec<u8> = uid
        .iter()
        .map(|byte| if *byte == b'_' { b'-' } else { *byte })
        .collect();
    is_pod_uid(&uid).then(|| String::from_utf8_lossy(&uid).into_owned())
}

/// A UUID, or the 32 hexadecimal digits of a pod that the kubelet read from a file.
fn is_pod_uid(uid: &[u8]) -> bool {
    match uid.len() {
        32 => uid.iter().copied().all(is_hex),
        36 => uid.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => is_hex(*byte),
        }),
        _ => false,
    }
}

/// The part of `text` after the last `mark`.
fn after_last<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = text
        .windows(mark.len())
        .rposition(|window| window == mark)?;
    text.get(at + mark.len()..)
}

/// A digit as runtimes and the kubelet write them.
fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every shape that runtimes are known to make: path, runtime, id, pod UID.
    const CORPUS: &str = include_str!("../../../testdata/cgroup_paths.tsv");

    fn check(line: &str) {
        let [path, runtime, id, pod] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not four columns: {line}");
        };
        let expected = (id != "-").then(|| {
            (
                id.to_owned(),
                runtime.to_owned(),
                (pod != "-").then(|| pod.to_owned()),
            )
        });
        let got = parse(path.as_bytes());
        let got = got.map(|found| (found.id, found.runtime.name().to_owned(), found.pod_uid));
        assert_eq!(got, expected, "{path}");
    }

    #[test]
    fn corpus() {
        let rows = CORPUS
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let count = rows.inspect(|line| check(line)).count();
        assert!(count >= 40, "only {count} rows");
    }

    proptest! {
        #[test]
        fn any_bytes(path in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&path);
        }

        #[test]
        fn near_misses(path in "(/|pod|-|:|_|\\.scope|\\.slice|docker|crio|libpod|kubepods|\\.\\.|[0-9a-f]{31,33}|[0-9a-f]{63,65}){0,12}") {
            if let Some(container) = parse(path.as_bytes()) {
                prop_assert!(path.contains(&container.id));
                prop_assert_eq!(container.id.len(), ID_LENGTH);
            }
        }

        #[test]
        fn own_groups_belong_to_the_container(
            id in "[0-9a-f]{64}",
            prefix in "(docker|crio|libpod|cri-containerd)",
            below in "(/[a-z@.]{1,20}){0,4}",
        ) {
            let path = format!("/system.slice/{prefix}-{id}.scope{below}");
            prop_assert_eq!(parse(path.as_bytes()).map(|found| found.id), Some(id));
        }
    }
}
