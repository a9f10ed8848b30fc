//! Joins the stages: the only module that knows all of them.

mod attempts;
mod core;
mod interest;
mod kernel;
mod live;
mod recorder;
mod replay;
pub mod rules;
mod serve;

pub use core::{Alerts, Core};
pub use kernel::try_hooks;
pub use live::run;
pub use recorder::{Recorded, Scope, record};
pub use replay::{Replayed, explain, replay};

/// A random number with which alert ids begin: two sensors never share one, even on nodes that
/// booted alike, and no run shares one with the next.
fn seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    // The standard library keys its hashes with random numbers of the kernel.
    RandomState::new().hash_one(std::process::id())
}
