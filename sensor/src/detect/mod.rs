//! Matches observations against Sigma rules.
//!
//! Rule files come in as text ([`RuleSource`]), are checked against the table of [`fields`] and
//! become a [`RuleSet`]: one engine per log source [`Category`], so that an event meets only rules
//! that can match it, and one for correlations.

mod attributes;
mod category;
mod event;
mod exemplar;
mod explain;
pub mod fields;
pub mod filter;
mod load;
mod rule;
mod ruleset;
mod source;
mod walk;

pub use category::Category;
pub use filter::KernelFilter;
pub use load::SetAside;
pub use rule::{Detection, Matched, Rule, Severity};
pub use ruleset::{ExemplarReport, RuleReport, RuleSet};
pub use source::{RuleError, RuleSource, embedded};

#[cfg(test)]
mod tests;
