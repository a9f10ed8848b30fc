//! Helpers of the end-to-end tests: throw-away Debian and busybox roots, workloads that run in
//! them on the host or in a real container, a live sensor whose alerts can be waited for, and the
//! attack cases of `tests/cases`.

#![forbid(unsafe_code)]

pub mod cases;
pub mod require;
pub mod root;
pub mod sensor;
pub mod shared;
pub mod workload;
pub mod workspace;

pub use root::Root;
pub use sensor::{Alert, Sensor};
pub use workload::{Cgroup, Outcome, Place, Workload};
