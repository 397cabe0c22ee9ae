//! `trailhound lookup`: events by any combination of conditions, newest first, as they are found.

use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::EventPrinter;
use crate::field::{EventField, time_text};
use crate::jmes::JmesPath;
use crate::text::counted;
use crate::time_range::{RangeArgs, parse_range};
use crate::ui::Ui;
use clap::{Args, ValueEnum};
use std::ops::ControlFlow;
use trailhound_app::lookup::{Category, Coverage, LookupError, LookupQuery};
use trailhound_app::{App, now};
use trailhound_record::{Event, Timestamp};

/// How many events a table shows when nothing else is said.
pub(crate) const TABLE_LIMIT: u64 = 50;

/// Arguments of `lookup`.
#[derive(Debug, Args, Default)]
#[command(
    after_help = "Conditions are joined with AND; values match exactly and case-sensitively. `trailhound search`\n    finds words, parts and any member of a record.\n\n\
    Times: an age (30m, 2h, 7d, 2w, 1h30m), a date (2023-07-10, its first moment), ISO 8601\n\
    (2023-07-10T12:00:00Z) or `now`, all in UTC. The end of a range is outside it.\n\n\
    Output: table (the default) shows 50 events unless --limit says otherwise; json is one array\n\
    and ndjson one line per event, each an object of the --fields (all of them by default) with\n\
    `record` as the record verbatim; csv cells that a spreadsheet would take for a formula get a\n\
    leading apostrophe. The exit code is 1 when a part of the store could not be read.\n\n\
    Examples:\n  trailhound lookup --username alice --since 2023-07-01 --write\n  \
    trailhound lookup --error-code --range 2023-07-10\n  \
    trailhound lookup --resource-name i-0123456789abcdef0 --output json --query '[].event_name'"
)]
pub(crate) struct LookupArgs {
    #[command(flatten)]
    conditions: Conditions,
    #[command(flatten)]
    times: Times,
    /// Show at most N events, or `all` [default: 50 in a table, else all]
    #[arg(long, value_name = "N", help_heading = "Answer")]
    limit: Option<Limit>,
    /// Apply a JMESPath expression to the JSON (json: to the array; ndjson: to each event)
    #[arg(long, value_name = "JMESPATH", help_heading = "Answer")]
    query: Option<String>,
    /// Show these fields, in this order; `actor` is who stands behind the event
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',', help_heading = "Answer")]
    fields: Vec<EventField>,
}

/// What events must be like.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Conditions")]
struct Conditions {
    /// The event's id
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// The API that was called, `RunInstances`
    #[arg(long, value_name = "NAME")]
    event_name: Option<String>,
    /// The service that was called, `ec2.amazonaws.com`
    #[arg(long, value_name = "SERVICE")]
    event_source: Option<String>,
    /// The user or role session
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// The type of a resource, `AWS::EC2::Instance`
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    /// A resource's name, or any id or ARN anywhere in the record
    #[arg(long, value_name = "NAME")]
    resource_name: Option<String>,
    /// The access key that signed the call
    #[arg(long, value_name = "KEY")]
    access_key_id: Option<String>,
    /// The account that the event was delivered to
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The Region, `us-east-1`
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The caller's address, or the name of a service
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<String>,
    /// The error of a failed call; without CODE, any failed call
    #[arg(long, value_name = "CODE", num_args = 0..=1, default_missing_value = "")]
    error_code: Option<String>,
    /// The record's type, `AwsApiCall`, `AwsConsoleSignIn`
    #[arg(long, value_name = "TYPE")]
    event_type: Option<String>,
    /// Only calls that read
    #[arg(long, conflicts_with = "write")]
    read_only: bool,
    /// Only calls that write
    #[arg(long)]
    write: bool,
    /// The category of events
    #[arg(long, value_name = "CATEGORY")]
    category: Option<CategoryArg>,
}

/// From when to when.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Time range")]
struct Times {
    /// Not before this time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// From A until before B; either may be left out; one date is that day
    #[arg(long, value_name = "A..B", conflicts_with_all = ["since", "until"])]
    range: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CategoryArg {
    /// Every event (the default)
    Any,
    /// What Event history shows
    Management,
    /// CloudTrail Insights
    Insight,
}

/// How many events to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(pub(crate) u64);

impl std::str::FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<u64>() {
            Ok(count) if count > 0 => Ok(Self(count)),
            _ if text == "all" => Ok(Self(u64::MAX)),
            _ => Err("a limit is a number from 1, or `all`".to_owned()),
        }
    }
}

/// Looks up and prints.
pub(crate) fn cmd_lookup(ui: &mut Ui, global: &GlobalArgs, args: &LookupArgs) -> CmdResult {
    let jmes_path = args.query.as_deref().map(JmesPath::compile).transpose()?;
    let default = if jmes_path.is_some() { Output::Json } else { Output::Table };
    let output = ui.output().unwrap_or(default);
    let printer = EventPrinter::new(output, &args.fields, jmes_path.as_ref())?;
    let query = lookup_query(args, now())?;
    let default_limit = if output == Output::Table { TABLE_LIMIT } else { u64::MAX };
    let limit = args.limit.map_or(default_limit, |limit| limit.0);
    let app = super::open_existing(global)?;
    let mut printer = printer.with_actors(&app);
    let found = find(&app, &query, limit, |events| printer.print(ui, events))?;
    end(ui, printer, found)
}

/// Prints what belongs after the last event, and says what the answer covers.
///
/// # Errors
/// When the answer cannot be written, or is partial.
pub(crate) fn end(ui: &mut Ui, printer: EventPrinter<'_>, mut found: Found) -> CmdResult {
    let lacks_event_ids = printer.lacks_event_ids();
    for reason in printer.unreadable() {
        if !found.coverage.unreadable.contains(reason) {
            found.coverage.unreadable.push(reason.clone());
        }
    }
    printer.finish(ui)?;
    tell_coverage(ui, "shown", &found);
    if lacks_event_ids {
        ui.note(
            "the terminal is too narrow for event ids: --fields event_id,event_name shows them",
        );
    }
    complete(&found.coverage)
}

/// An error when the answer lacks what could not be read.
pub(crate) fn complete(coverage: &Coverage) -> CmdResult {
    if coverage.unreadable.is_empty() {
        return Ok(Status::Done);
    }
    Err(CliError::failed(format!(
        "the answer is partial: {} could not be read: {}",
        counted(coverage.unreadable.len() as u64, "segment"),
        coverage.unreadable.join("; ")
    ))
    .hint(
        "`trailhound verify` checks every segment; import the logs again to get lost events back",
    ))
}

fn lookup_query(args: &LookupArgs, now: Timestamp) -> Result<LookupQuery, CliError> {
    let (conditions, times) = (&args.conditions, &args.times);
    let range = parse_range(
        RangeArgs {
            since: times.since.as_deref(),
            until: times.until.as_deref(),
            range: times.range.as_deref(),
        },
        now,
    )?;
    Ok(LookupQuery {
        event_id: conditions.event_id.clone(),
        event_name: conditions.event_name.clone(),
        event_source: conditions.event_source.clone(),
        read_only: match (conditions.read_only, conditions.write) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        username: conditions.username.clone(),
        resource_type: conditions.resource_type.clone(),
        resource_name: conditions.resource_name.clone(),
        access_key_id: conditions.access_key_id.clone(),
        account_id: conditions.account.clone(),
        aws_region: conditions.region.clone(),
        source_ip_address: conditions.source_ip.clone(),
        error_code: conditions.error_code.clone(),
        event_type: conditions.event_type.clone(),
        search: None,
        category: match conditions.category {
            None | Some(CategoryArg::Any) => Category::Any,
            Some(CategoryArg::Management) => Category::Management,
            Some(CategoryArg::Insight) => Category::Insight,
        },
        start: range.start,
        end: range.end,
    })
}

/// What a lookup found, and in how much.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) shown: u64,
    pub(crate) has_more: bool,
    pub(crate) last_shown: Option<Timestamp>,
    pub(crate) coverage: Coverage,
}

/// Hands the newest `limit` events that match to `print`, some at a time.
pub(crate) fn find(
    app: &App,
    query: &LookupQuery,
    limit: u64,
    print: impl FnMut(&[Event]) -> Result<(), CliError>,
) -> Result<Found, CliError> {
    // One more than is shown, so that "older ones exist" is known and not guessed.
    let asked = limit.saturating_add(1);
    first_of(limit, print, |each| app.lookup_newest_first(query, asked, each))
}

/// Hands the first `limit` events that `ask` finds to `print`.
pub(crate) fn first_of(
    limit: u64,
    mut print: impl FnMut(&[Event]) -> Result<(), CliError>,
    ask: impl FnOnce(&mut dyn FnMut(&[Event]) -> ControlFlow<()>) -> Result<Coverage, LookupError>,
) -> Result<Found, CliError> {
    let mut found = Found::default();
    let mut failure = None;
    let coverage = ask(&mut |events| {
        let left = usize::try_from(limit - found.shown).unwrap_or(usize::MAX);
        found.has_more = events.len() > left;
        let events = events.get(..left).unwrap_or(events);
        found.shown += events.len() as u64;
        found.last_shown = events.last().map_or(found.last_shown, |event| event.event_time);
        failure = if events.is_empty() { None } else { print(events).err() };
        match failure.is_some() || found.has_more {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    found.coverage = coverage;
    failure.map_or(Ok(found), Err)
}

/// Says what an answer covers.
pub(crate) fn tell_coverage(ui: &Ui, done: &str, found: &Found) {
    let more = match (found.has_more, found.last_shown) {
        (false, _) => String::new(),
        (true, Some(at)) => {
            format!("; older ones match too: --limit all, or go on from {}", time_text(at))
        }
        (true, None) => "; more match: --limit all".to_owned(),
    };
    ui.note(&format!(
        "{} {done} {}{more}",
        counted(found.shown, "event"),
        coverage_text(&found.coverage)
    ));
}
