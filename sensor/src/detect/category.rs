//! The log source categories that Vigie feeds.

use crate::{
    enrich::Observation,
    event::{Body, Open},
};

/// A log source category: which rules an event meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// A program was started, or that was asked for and refused.
    ProcessCreation,
    /// A file was created, or opened to be changed.
    FileEvent,
    /// A file was opened, for whatever purpose.
    FileOpen,
    /// A socket was asked to connect.
    NetworkConnection,
    /// Namespaces were created or joined, or that was refused.
    Namespace,
}

impl Category {
    /// All of them.
    pub const ALL: [Category; 5] = [
        Category::ProcessCreation,
        Category::FileEvent,
        Category::FileOpen,
        Category::NetworkConnection,
        Category::Namespace,
    ];

    /// Name in the `logsource` of a rule.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Category::ProcessCreation => "process_creation",
            Category::FileEvent => "file_event",
            Category::FileOpen => "file_open",
            Category::NetworkConnection => "network_connection",
            Category::Namespace => "namespace",
        }
    }

    /// The category that a rule's `logsource` names; `None` when Vigie does not see it.
    #[must_use]
    pub fn of_logsource(
        product: Option<&str>,
        category: Option<&str>,
        service: Option<&str>,
    ) -> Option<Self> {
        if product.is_some_and(|product| !product.eq_ignore_ascii_case("linux"))
            || service.is_some()
        {
            return None;
        }
        let category = category?;
        if category.eq_ignore_ascii_case("file_access") {
            return Some(Category::FileOpen);
        }
        let known = |known: &Category| category.eq_ignore_ascii_case(known.name());
        Category::ALL.into_iter().find(known)
    }

    /// The categories that an observation belongs to.
    #[must_use]
    pub fn of(observation: &Observation<'_>) -> &'static [Category] {
        match &observation.event.body {
            Body::Exec(_) | Body::ExecFailed(_) => &[Category::ProcessCreation],
            Body::Open(open) if changes(open) => &[Category::FileOpen, Category::FileEvent],
            Body::Open(_) => &[Category::FileOpen],
            Body::Connect(_) => &[Category::NetworkConnection],
            Body::Namespace(_) => &[Category::Namespace],
            Body::Fork(_) | Body::Exit(_) => &[],
        }
    }

    /// Bit in a [`super::fields::Field::categories`] mask.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Whether an open may change the file.
fn changes(open: &Open) -> bool {
    let flags = open.flags.cast_signed();
    let access = flags & libc::O_ACCMODE;
    open.created || access != libc::O_RDONLY || flags & (libc::O_TRUNC | libc::O_CREAT) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_sources() {
        let check = |product, category, service, expected| {
            let found = Category::of_logsource(product, category, service);
            assert_eq!(found, expected, "{product:?} {category:?} {service:?}");
        };
        let exec = Some(Category::ProcessCreation);
        check(Some("linux"), Some("process_creation"), None, exec);
        check(None, Some("process_creation"), None, exec);
        check(
            Some("Linux"),
            Some("file_access"),
            None,
            Some(Category::FileOpen),
        );
        check(Some("windows"), Some("process_creation"), None, None);
        check(Some("linux"), None, Some("auditd"), None);
        check(
            Some("linux"),
            Some("process_creation"),
            Some("auditd"),
            None,
        );
        check(Some("linux"), Some("dns_query"), None, None);
    }
}
