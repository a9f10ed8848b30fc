//! Where facts come from: the kernel's rings and `/proc`. All input and output of the node's side
//! is done here.

pub mod cgroups;
mod files;
pub mod memory;
pub mod proc;
pub mod rings;
pub mod tracefs;
pub mod users;

pub(crate) use files::{namespace, node_namespace};
