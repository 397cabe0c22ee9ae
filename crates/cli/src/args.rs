//! The command line: global flags and one subcommand per verb.

use crate::cmd;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Who did what in AWS, when, from where: a self-hosted, CloudTrail-compatible audit trail
#[derive(Debug, Parser)]
#[command(name = "trailhound", version, max_term_width = 100)]
#[command(after_help = "Data goes to standard output, everything else to standard error.\n\
    Exit codes: 0 done, 1 failed, 2 usage, 3 finding (`verify` found damage).")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Folder of the store [default: `trailhound` in the user's data directory]
    #[arg(long, global = true, value_name = "DIR", env = "TRAILHOUND_DB", hide_env_values = true)]
    pub(crate) db: Option<PathBuf>,
    /// Form of the answer [default: table]
    #[arg(long, global = true, value_name = "FORM")]
    pub(crate) output: Option<Output>,
    /// When to use colors; `auto` honours NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// Print no progress and no notes; warnings and errors stay
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// One JSON array or object
    Json,
    /// One JSON object per line
    Ndjson,
    /// Comma-separated, with a header line
    Csv,
    /// A picture of a path
    Svg,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also in files and pipes
    Always,
    /// Nowhere
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Import logs (or the bundled example), print a first answer, serve the page and the API
    Up(cmd::up::UpArgs),
    /// Tell the outage of the bundled example: the symptom, the change behind it, the way back
    Demo(cmd::demo::DemoArgs),
    /// Import log files
    Import(cmd::import::ImportArgs),
    /// Look events up, newest first
    Lookup(Box<cmd::lookup::LookupArgs>),
    /// Find events by anything: words, phrases, fields, paths, wildcards, ranges
    Search(cmd::search::SearchArgs),
    /// Show the most frequent values of a field
    Top(cmd::top::TopArgs),
    /// Show how many events there were over time
    Histogram(cmd::histogram::HistogramArgs),
    /// Show one event: who, what, when, from where, to what
    Show(cmd::show::ShowArgs),
    /// Find the human, workload or service behind an event, an access key or a session
    Who(cmd::who::WhoArgs),
    /// Tell a resource's history: what touched it, before and after, who did it
    History(cmd::history::HistoryArgs),
    /// Rank what changed before something broke
    Changes(cmd::changes::ChangesArgs),
    /// Say whether a packet gets from one place to another, hop by hop
    Path(cmd::path::PathArgs),
    /// Find the change that broke a path, who made it, and the way back
    BlamePath(cmd::blame_path::BlamePathArgs),
    /// Watch declared paths, and tell the change that breaks one
    Watch(cmd::watch::WatchArgs),
    /// Show what a resource looked like at a time
    State(cmd::state::StateArgs),
    /// Show what of a resource differs between two times
    Diff(cmd::state::DiffArgs),
    /// Take in what an account's describe calls print, as a ground for `state`, `path` and `undo`
    Snapshot(cmd::snapshot::SnapshotArgs),
    /// Find what changed without an event: the replayed state against a snapshot
    Drift(cmd::snapshot::DriftArgs),
    /// Print the commands that take events back
    Undo(cmd::undo::UndoArgs),
    /// Write pinned events as a document: who, what, when, and the proof
    Report(cmd::report::ReportArgs),
    #[command(flatten)]
    Question(cmd::questions::QuestionCommand),
    /// Answer one SELECT over the table `events`, in CloudTrail Lake's columns
    Sql(cmd::sql::SqlArgs),
    /// Serve the page and the CloudTrail API on loopback
    Serve(cmd::serve::ServeArgs),
    /// Check every segment against its checksum
    Verify(cmd::verify::VerifyArgs),
    /// Show what the store holds
    Stats(cmd::stats::StatsArgs),
    /// Merge small segments and drop what retention no longer keeps
    Compact(cmd::compact::CompactArgs),
    /// Print a shell's completion script
    Completions(cmd::completions::CompletionsArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
