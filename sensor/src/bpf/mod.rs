//! Loads and attaches the kernel programs, and talks to their maps. With `source`, the only part
//! of the agent that knows aya.

pub mod btf;
pub mod hooks;
pub mod layout;
mod loader;
mod maps;

pub use hooks::{EVENT_HOOKS, HookReport, HookState};
pub use loader::{KernelLog, LoadOptions, Loaded, load};
pub use maps::{Counters, FilterMaps, Interest};

/// The kernel object, built by `sensor-ebpf`.
pub static OBJECT: &[u8] = aya::include_bytes_aligned!(env!("VIGIE_KERNEL_OBJECT"));
