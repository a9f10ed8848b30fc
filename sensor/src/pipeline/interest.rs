//! From what the rules ask for to what the kernel filter lets pass.

use crate::{bpf::Interest, detect::RuleSet};

/// What the kernel shall report for these rules.
pub(super) fn interest(_rules: &RuleSet) -> Interest {
    Interest {
        flags: u32::MAX,
        ..Interest::default()
    }
}
