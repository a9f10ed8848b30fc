//! The process table.

use std::sync::Arc;

use super::Process;

/// Ancestors of a process, nearest first.
pub type Ancestors = Vec<Arc<Process>>;

/// The processes of this node.
#[derive(Debug, Default)]
pub struct ProcessTable {}
