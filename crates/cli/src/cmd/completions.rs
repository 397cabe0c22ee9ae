//! `trailhound completions`: a shell's completion script.

use crate::args::Cli;
use crate::error::{CmdResult, Status};
use crate::ui::Ui;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub(crate) fn cmd_completions(ui: &mut Ui, args: &CompletionsArgs) -> CmdResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "trailhound", &mut script);
    ui.out().write_all(&script)?;
    Ok(Status::Done)
}
