//! `trailhound search`: events by the search language.

use crate::args::{GlobalArgs, Output};
use crate::cmd::lookup::{Found, Limit, TABLE_LIMIT, complete, end, find, first_of, tell_coverage};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::EventPrinter;
use crate::field::EventField;
use crate::progress::events_bar;
use crate::text::counted;
use crate::ui::Ui;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use trailhound_app::count::Facet;
use trailhound_app::export::ParquetExport;
use trailhound_app::lookup::search::{ParseQueryError, Query, SearchField, TimeRange, fields};
use trailhound_app::lookup::{Coverage, LookupQuery};
use trailhound_app::{App, now};
use trailhound_record::Event;

/// How often `--follow` looks for new events.
const FOLLOW_INTERVAL: Duration = Duration::from_secs(1);

/// How many of the newest events `--follow` shows first.
const FOLLOW_FIRST: usize = 10;

/// Arguments of `search`.
#[derive(Debug, Args)]
#[command(
    after_help = "A query is a list of terms that must all hold; docs/search.md has the whole language.\n\n  \
    AccessDenied             the text anywhere in the record\n  \
    \"two words\"              the text with its spaces\n  \
    event:Delete* user:alice fields; `*` stands for any run of characters\n  \
    requestParameters.instancesSet.items.instanceId:i-0abc   any member of the record\n  \
    ip:10.0.0.0/8 is:write -service:s3 (a OR b) since:2h until:2023-07-10\n\n\
    Put the query into single quotes when it has quotes, parentheses, `*` or a `-` term; a query that\n\
    starts with `-` comes after `--`, or says NOT.\n\n\
    Examples:\n  trailhound search 'event:Delete* is:error since:7d'\n  \
    trailhound search 'ip:203.0.113.0/24 -is:read' --output csv\n  \
    trailhound search i-0123456789abcdef0 --oldest-first"
)]
pub(crate) struct SearchArgs {
    /// What to look for; several words are one query
    #[arg(value_name = "QUERY", required = true, num_args = 1..)]
    query: Vec<String>,
    /// Show at most N events, or `all` [default: 50 in a table, else all]
    #[arg(long, value_name = "N")]
    limit: Option<Limit>,
    /// Show these fields, in this order; `actor` is who stands behind the event
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',')]
    fields: Vec<EventField>,
    /// Print only how many events match
    #[arg(long, conflicts_with_all = ["limit", "fields", "oldest_first", "follow"])]
    count: bool,
    /// Start at the oldest event
    #[arg(long, conflicts_with = "follow")]
    oldest_first: bool,
    /// Go on with the events that arrive from now on, until Ctrl-C
    #[arg(long, short, conflicts_with = "limit")]
    follow: bool,
    /// Write the matching events to a Parquet file, all of them unless --limit says otherwise
    ///
    /// It has a column for each field of the record, and the record itself, byte for byte, in `record`. A
    /// file of that name is replaced.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath,
        conflicts_with_all = ["count", "follow", "fields", "output"])]
    parquet: Option<PathBuf>,
}

/// Searches and prints.
pub(crate) fn cmd_search(ui: &mut Ui, global: &GlobalArgs, args: &SearchArgs) -> CmdResult {
    let search = parse(&args.query.join(" "))?;
    let app = super::open_existing(global)?;
    if args.count {
        return count(ui, &app, &search);
    }
    let query = LookupQuery { search: Some(search.clone()), ..LookupQuery::default() };
    if let Some(path) = &args.parquet {
        return write_parquet(ui, &app, &query, args, path);
    }
    let output = ui.output().unwrap_or(Output::Table);
    let mut printer =
        EventPrinter::new(output, &args.fields, None)?.marking(&search).with_actors(&app);
    let default_limit = if output == Output::Table { TABLE_LIMIT } else { u64::MAX };
    let limit = args.limit.map_or(default_limit, |limit| limit.0);
    let found = match (args.oldest_first, args.follow) {
        (true, _) => oldest_first(&app, &query, limit, |events| printer.print(ui, events))?,
        (_, true) if output == Output::Json => {
            return Err(CliError::usage(
                "`search --follow` has no end, and one JSON array would need one",
                "use --output ndjson",
            ));
        }
        (_, true) => return follow(ui, &app, &query, printer),
        _ => find(&app, &query, limit, |events| printer.print(ui, events))?,
    };
    end(ui, printer, found)
}

/// Reads a query.
///
/// # Errors
/// A usage error that points at the place.
pub(crate) fn parse(text: &str) -> Result<Query, CliError> {
    Query::parse(text, now()).map_err(|error| wrong("this is no query", text, &error))
}

/// Reads the name of a field or a path.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_facet(name: &str) -> Result<Facet, CliError> {
    Facet::parse(name).map_err(|error| wrong("this is no field", name, &error))
}

fn wrong(what: &str, text: &str, error: &ParseQueryError) -> CliError {
    let is_field = |name: &&str| SearchField::from_name(name).is_some();
    let names: Vec<_> = fields().iter().map(|field| field.name).filter(is_field).collect();
    let hint = format!("the fields are {}; any other member has a path", names.join(", "));
    CliError::usage(what, hint).at(error.render(text))
}

/// Hands the oldest `limit` events that match to `print`.
fn oldest_first(
    app: &App,
    query: &LookupQuery,
    limit: u64,
    print: impl FnMut(&[Event]) -> Result<(), CliError>,
) -> Result<Found, CliError> {
    let found = first_of(limit, print, |each| app.lookup_oldest_first(query, each))?;
    Ok(Found { last_shown: None, ..found })
}

/// Writes the events that match to a Parquet file.
fn write_parquet(
    ui: &Ui,
    app: &App,
    query: &LookupQuery,
    args: &SearchArgs,
    path: &Path,
) -> CmdResult {
    if path == Path::new("-") {
        return Err(CliError::usage(
            "--parquet writes a file, not standard output",
            "name the file",
        ));
    }
    let mut export = ParquetExport::create(path)?;
    let limit = args.limit.map_or(u64::MAX, |limit| limit.0);
    let bar = events_bar(ui);
    if let (false, Some(search)) = (bar.is_hidden(), &query.search) {
        bar.set_length(app.count_matches(search, TimeRange::default())?.events.min(limit));
    }
    let push = |events: &[Event]| {
        export.push(events)?;
        bar.inc(events.len() as u64);
        Ok(())
    };
    let found = match args.oldest_first {
        true => oldest_first(app, query, limit, push)?,
        false => find(app, query, limit, push)?,
    };
    bar.finish_and_clear();
    if !found.coverage.unreadable.is_empty() {
        // A part does not take the place of what may be a whole.
        drop(export);
        ui.note("nothing was written");
        return complete(&found.coverage);
    }
    export.finish()?;
    tell_coverage(ui, "written", &found);
    Ok(Status::Done)
}

/// Prints the newest events, then those that arrive.
fn follow(ui: &mut Ui, app: &App, query: &LookupQuery, mut printer: EventPrinter<'_>) -> CmdResult {
    let mut arrivals = app.arrivals()?;
    let mut newest = app.lookup(query, None, FOLLOW_FIRST)?;
    newest.events.reverse();
    printer.print(ui, &newest.events)?;
    complete(&newest.coverage)?;
    ui.note("following; Ctrl-C stops");
    loop {
        // What arrived may have issued the credentials of what arrives with it.
        printer.refresh();
        let mut coverage = arrivals.take(query, |events| printer.print(ui, events))?;
        coverage.unreadable.extend_from_slice(printer.unreadable());
        complete(&coverage)?;
        std::thread::sleep(FOLLOW_INTERVAL);
    }
}

/// Prints how many events match.
fn count(ui: &mut Ui, app: &App, query: &Query) -> CmdResult {
    let output = ui.output_among("search --count", &[Output::Table, Output::Json])?;
    let counted = app.count_matches(query, TimeRange::default())?;
    match output {
        Output::Json => ui.line(json!({"events": counted.events}).to_string())?,
        _ => ui.line(counted.events.to_string())?,
    }
    ui.flush()?;
    tell_counted(ui, counted.events, &counted.coverage);
    complete(&counted.coverage)
}

/// Says what a count covers.
pub(crate) fn tell_counted(ui: &Ui, events: u64, coverage: &Coverage) {
    ui.note(&format!("{} {}", counted(events, "event"), coverage_text(coverage)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_query_is_pointed_at() {
        let error = parse("usr:alice").unwrap_err();
        let place = error.place.unwrap_or_default();
        assert!(place.contains("^^^") && place.contains("did you mean `user:`"), "{place}");
    }
}
