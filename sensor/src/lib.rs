//! Vigie's node agent.
//!
//! Data moves one way: `source` (rings, `/proc`) -> `event` (decode) -> `enrich` (process,
//! container, facts) -> `detect` (Sigma rules) -> `alert` -> `output`. `event`, `enrich`, `detect`
//! and `alert` are synchronous, pure and never fail; `pipeline` alone knows all of them.

pub mod alert;
pub mod bpf;
pub mod cli;
pub mod config;
pub mod detect;
pub mod doctor;
pub mod enrich;
pub mod event;
pub mod output;
pub mod pipeline;
pub mod record;
pub mod source;
pub mod telemetry;
