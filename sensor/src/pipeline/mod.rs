//! Joins the stages: the only module that knows all of them.

mod attempts;
mod core;

pub use core::{Core, Tally};
