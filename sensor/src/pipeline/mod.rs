//! Joins the stages: the only module that knows all of them.

mod attempts;
mod core;
mod interest;
mod kernel;
mod live;
mod replay;
pub mod rules;
mod serve;

pub use core::{Alerts, Core};
pub use live::run;
