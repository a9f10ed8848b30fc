//! `cargo xtask build-ebpf`: the kernel object, and what is in it.

#[path = "../../shared/kernel_object.rs"]
mod kernel_object;
mod summary;

use std::path::Path;

use anyhow::{Context, Result, bail};

use self::summary::{Program, Summary};
use crate::process::{root, run};
use crate::table::Table;

/// Builds the object and prints its programs, maps and sizes.
///
/// # Errors
/// The build failed, or its product has no programs' sections that could be read, or no BTF.
pub(crate) fn build_and_print() -> Result<()> {
    let path = kernel_object::build(&root(), std::env::consts::ARCH).map_err(anyhow::Error::msg)?;
    let data = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let summary =
        Summary::read(&data).with_context(|| format!("cannot understand {}", path.display()))?;
    print(&path, data.len(), &summary);
    if summary.btf.is_none() {
        bail!(
            "{} has no .BTF section: is bpf-linker run with --btf?",
            path.display()
        );
    }
    Ok(())
}

/// Runs clippy on the kernel crate, warnings as errors.
///
/// # Errors
/// Clippy found something, or could not be run.
pub(crate) fn clippy() -> Result<()> {
    let target = kernel_object::target_dir(&root());
    let mut command = kernel_object::command(&root(), &target, std::env::consts::ARCH, "clippy");
    run(command.args(["--", "-D", "warnings"]))
}

fn print(path: &Path, size: usize, summary: &Summary) {
    let mut programs = Table::new(&["program", "section", "kind", "bytes", "instructions"]);
    for program in &summary.programs {
        programs.row(&[
            &program.name,
            &program.section,
            program.kind(),
            &program.size.to_string(),
            &program.instructions().to_string(),
        ]);
    }
    println!("{programs}");
    let mut maps = Table::new(&["map", "section", "bytes"]);
    for map in &summary.maps {
        maps.row(&[&map.name, &map.section, &map.size.to_string()]);
    }
    println!("{maps}");
    let functions = summary
        .programs
        .iter()
        .filter(|program| program.is_function())
        .count();
    let instructions: u64 = summary.programs.iter().map(Program::instructions).sum();
    println!("{}", path.display());
    println!(
        "{size} bytes, {} programs and {functions} functions, {instructions} instructions, {} maps, \
         BTF {}",
        summary.programs.len() - functions,
        summary.maps.len(),
        summary
            .btf
            .map_or_else(|| "absent".to_owned(), |size| format!("{size} bytes")),
    );
}
