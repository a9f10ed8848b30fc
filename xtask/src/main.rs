//! Build, test and measurement commands: `cargo xtask help`.
#![forbid(unsafe_code)]

mod bench;
mod build;
mod cases;
mod cli;
mod docs;
mod kernel;
mod process;
mod run;
mod setup;
mod table;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
