//! Wire types shared by Vigie's kernel programs and its agent.
//!
//! Rules of this crate:
//! * only integers and byte arrays, `repr(C)`, no implicit padding (asserted at compile time);
//! * ids are explicit and never reused; a new event kind is a new file and a new id;
//! * every size that both sides must agree on is in [`limits`].
//!
//! A record is a [`Header`], then the body of its kind, then the byte sections that the body's
//! `*_len` fields announce, in the order in which the body lists them.
#![no_std]

pub mod connect;
pub mod counters;
pub mod exec;
pub mod exec_failed;
pub mod exit;
pub mod filter;
pub mod fork;
mod header;
pub mod limits;
pub mod namespace;
pub mod offsets;
pub mod open;
pub mod stdio;

pub use header::{Header, Kind, Namespaces};
