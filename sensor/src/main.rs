//! The agent.

use std::process::ExitCode;

fn main() -> ExitCode {
    vigie_sensor::cli::main()
}
