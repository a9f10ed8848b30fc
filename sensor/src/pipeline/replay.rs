//! Recordings through the core.
