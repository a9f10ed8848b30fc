//! Thin entries, one file per event kind. Hooks of a kind share one body; the agent attaches the
//! best one that the kernel takes.

mod connect;
mod exec;
mod exec_failed;
mod exit;
mod fork;
mod namespace;
mod open;
