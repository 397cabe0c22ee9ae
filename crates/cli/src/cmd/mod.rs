//! One file per verb, and what they share.

pub(crate) mod apply;
pub(crate) mod blame_path;
pub(crate) mod changes;
pub(crate) mod compact;
pub(crate) mod completions;
pub(crate) mod demo;
mod exposure;
pub(crate) mod histogram;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod lookup;
pub(crate) mod path;
pub(crate) mod questions;
pub(crate) mod report;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod snapshot;
pub(crate) mod sql;
pub(crate) mod state;
pub(crate) mod stats;
pub(crate) mod top;
pub(crate) mod undo;
pub(crate) mod up;
pub(crate) mod verify;
pub(crate) mod watch;
pub(crate) mod who;

use crate::args::{Cli, Command, GlobalArgs, Output};
use crate::error::{CliError, CmdResult};
use crate::ui::Ui;
use std::path::{Path, PathBuf};
use trailhound_app::App;

/// Runs the command.
///
/// # Errors
/// When it failed; [`CliError::status`] is the exit code.
pub(crate) fn run(ui: &mut Ui, cli: &Cli) -> CmdResult {
    if cli.global.output == Some(Output::Svg) && !matches!(cli.command, Command::Path(_)) {
        return Err(CliError::usage(
            "only `path` has the output form `svg`",
            "use --output table, json, ndjson or csv",
        ));
    }
    match &cli.command {
        Command::Up(args) => up::cmd_up(ui, &cli.global, args),
        Command::Demo(args) => demo::cmd_demo(ui, &cli.global, args),
        Command::Import(args) => import::cmd_import(ui, &cli.global, args),
        Command::Lookup(args) => lookup::cmd_lookup(ui, &cli.global, args),
        Command::Search(args) => search::cmd_search(ui, &cli.global, args),
        Command::Top(args) => top::cmd_top(ui, &cli.global, args),
        Command::Histogram(args) => histogram::cmd_histogram(ui, &cli.global, args),
        Command::Show(args) => show::cmd_show(ui, &cli.global, args),
        Command::History(args) => history::cmd_history(ui, &cli.global, args),
        Command::Changes(args) => changes::cmd_changes(ui, &cli.global, args),
        Command::Path(args) => path::cmd_path(ui, &cli.global, args),
        Command::BlamePath(args) => blame_path::cmd_blame_path(ui, &cli.global, args),
        Command::Watch(args) => watch::cmd_watch(ui, &cli.global, args),
        Command::State(args) => state::cmd_state(ui, &cli.global, args),
        Command::Diff(args) => state::cmd_diff(ui, &cli.global, args),
        Command::Snapshot(args) => snapshot::cmd_snapshot(ui, &cli.global, args),
        Command::Drift(args) => snapshot::cmd_drift(ui, &cli.global, args),
        Command::Undo(args) => undo::cmd_undo(ui, &cli.global, args),
        Command::Who(args) => who::cmd_who(ui, &cli.global, args),
        Command::Sql(args) => sql::cmd_sql(ui, &cli.global, args),
        Command::Serve(args) => serve::cmd_serve(ui, &cli.global, args),
        Command::Verify(args) => verify::cmd_verify(ui, &cli.global, args),
        Command::Stats(args) => stats::cmd_stats(ui, &cli.global, args),
        Command::Compact(args) => compact::cmd_compact(ui, &cli.global, args),
        Command::Report(args) => report::cmd_report(ui, &cli.global, args),
        Command::Question(command) => questions::cmd_question(ui, &cli.global, command),
        Command::Completions(args) => completions::cmd_completions(ui, args),
    }
}

/// The store's folder: as given, or `default_name` in the user's data directory.
fn db_folder(global: &GlobalArgs, default_name: &str) -> Result<PathBuf, CliError> {
    if let Some(db) = &global.db {
        return Ok(db.clone());
    }
    let data = dirs::data_dir().ok_or_else(|| {
        CliError::usage("this system has no data directory for users", "name a folder: --db DIR")
    })?;
    Ok(data.join(default_name))
}

/// Opens the store, or makes it.
fn open(global: &GlobalArgs) -> Result<App, CliError> {
    open_at(&db_folder(global, "trailhound")?)
}

/// Opens a store that must be there: asking an empty one is a slip, not a question.
fn open_existing(global: &GlobalArgs) -> Result<App, CliError> {
    let db = db_folder(global, "trailhound")?;
    if !db.join("_delta_log").is_dir() {
        let example = db.with_file_name(crate::example::DB_NAME);
        let hint = match example.join("_delta_log").is_dir() {
            true => format!("the example of `trailhound up` is here: --db {}; ", example.display()),
            false => String::new(),
        };
        return Err(CliError::failed(format!("there is no store at `{}`", db.display())).hint(
            format!("{hint}import logs: trailhound import PATH; or name another folder: --db DIR"),
        ));
    }
    open_at(&db)
}

fn open_at(db: &Path) -> Result<App, CliError> {
    App::open(db).map_err(|error| {
        CliError::from(error)
            .hint(format!("the store is the folder `{}`; --db DIR names another", db.display()))
    })
}
