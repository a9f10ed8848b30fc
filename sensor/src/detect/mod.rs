//! Matches observations against Sigma rules.

mod rule;

pub use rule::{Detection, Matched, Rule, Severity};
