//! The only code that dereferences kernel memory.

pub(crate) mod cgroup;
pub(crate) mod file;
pub(crate) mod layout;
pub(crate) mod memory;
pub(crate) mod path;
pub(crate) mod regs;
pub(crate) mod socket;
pub(crate) mod stdio;
pub(crate) mod task;
