//! The `trailhound` command: parses, builds, calls the façade and maps to an exit code.

mod actors;
mod allocator;
mod args;
mod aws_caller;
mod cmd;
mod coverage;
mod error;
mod event_output;
mod example;
mod field;
mod jmes;
mod pretty;
mod progress;
mod sql_engine;
mod table;
mod text;
mod time_range;
mod ui;
mod watch_config;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::keep_freed_memory(allocator::Keep::Short);
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return error::usage_of(error),
    };
    let mut ui = ui::Ui::new(cli.global.color, cli.global.output, cli.global.quiet);
    let result = cmd::run(&mut ui, &cli).and_then(|status| {
        ui.flush()?;
        Ok(status)
    });
    match result {
        Ok(status) => status.into(),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // What was found so far belongs before the error; that it cannot be written changes nothing.
            let _ = ui.flush();
            ui.fail(&error);
            error.status().into()
        }
    }
}
