//! Facts about one exec that rules ask for but cannot compute: is it a shell, which applet, script
//! or wrapped command is it really.
//!
//! Everything here is a pure function that borrows from the exec and allocates nothing: it runs
//! for every exec of the node.

mod command;
mod program;
mod shell;

pub use command::Command;
pub use program::{Applet, Program};
pub use shell::{is_shell, is_shell_name, reads_commands};

#[cfg(test)]
pub(crate) mod testing {
    use crate::event::{Credentials, Exec, ExecutableFile, Namespaces, ProcessKey, Stdio, Text};

    /// An exec of `executable` with `args`.
    pub(crate) fn exec(executable: &str, args: &[&str]) -> Exec {
        Exec {
            parent: ProcessKey {
                pid: 1,
                start_time: 0,
            },
            old_tid: 0,
            namespace_pid: 0,
            args: args.iter().map(|arg| Text::from(*arg)).collect(),
            args_cut: false,
            executable: executable.into(),
            path_cut: false,
            cwd: "/".into(),
            asked: executable.into(),
            interpreter: Text::default(),
            cgroup_path: Text::default(),
            environment: Vec::new(),
            file: ExecutableFile::default(),
            credentials: Credentials::default(),
            tty: Text::default(),
            session: 0,
            namespaces: Namespaces::default(),
            stdio: [Stdio::Closed, Stdio::Closed, Stdio::Closed],
        }
    }
}
