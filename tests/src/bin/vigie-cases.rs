//! `cargo xtask cases`: recall and false positives of a live sensor on attack cases.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use vigie_tests::cases::{self, Options};

fn main() -> ExitCode {
    match cases::run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
