//! Build, test and measurement commands.
fn main() {}
