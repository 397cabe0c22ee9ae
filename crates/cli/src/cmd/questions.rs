//! The questions of an incident, a command each.

use super::lookup::{Limit, complete};
use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::CmdResult;
use crate::event_output::{write_csv, write_json};
use crate::table::{Column, Layout};
use crate::text::visible;
use crate::time_range::{RangeArgs, parse_range};
use crate::ui::{Paint, Ui};
use clap::{Args, Subcommand};
use trailhound_app::lookup::search::TimeRange;
use trailhound_app::now;
use trailhound_app::questions::{Answer, Exposure, Logins, Question, Table};

/// How many rows a table has when nothing else is said.
const ROWS_MAX: u64 = 50;
/// Columns narrower than this are not cut.
const CELLS_MIN: usize = 8;

/// The questions. Each prints the searches that it ran.
#[derive(Debug, Subcommand)]
pub(crate) enum QuestionCommand {
    /// Who deleted, terminated or stopped a resource?
    #[command(after_help = EXAMPLE_DELETED)]
    WhoDeleted(OfResource),
    /// Who created a resource, with which key, from where?
    WhoCreated(OfResource),
    /// What did an access key do?
    Key {
        /// The access key's id
        key: String,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// What did a user, role session or ARN do?
    Actor {
        /// A user name, session name or ARN
        name: String,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// What came from an address or network?
    Ip {
        /// An IP address or a network (CIDR)
        address: String,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Which addresses and agents does a user or key use?
    Agents {
        /// A user name, access key or ARN
        principal: String,
        /// Only those not known from before --since [default: the last 7 days of the store]
        #[arg(long)]
        new: bool,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// What was denied or failed, for whom, and which permission is missing?
    Errors(AnswerArgs),
    /// Who signed in to the console, and how?
    Logins {
        /// Those that failed, and addresses from which many users were tried
        #[arg(long, conflicts_with = "no_mfa")]
        failed: bool,
        /// Those without multi-factor authentication
        #[arg(long, conflicts_with = "summary")]
        no_mfa: bool,
        /// Who signed in or took which role, from where, how often
        #[arg(long)]
        summary: bool,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// What did the root user do?
    Root(AnswerArgs),
    /// Which IAM changes were made, and which raise somebody's rights?
    IamChanges(AnswerArgs),
    /// What was made that lets somebody come back: keys, users, roles, functions?
    Persistence(OfActor),
    /// Which Regions were used; which are new or not approved?
    Regions {
        /// Only those not known from before --since [default: the last 7 days of the store]
        #[arg(long)]
        new: bool,
        /// The Regions that may be used
        #[arg(long, value_name = "REGION,...", value_delimiter = ',')]
        approved: Vec<String>,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Which APIs did a user call for the first time; what was done off hours?
    FirstSeen {
        /// Writes outside of working hours instead
        #[arg(long)]
        off_hours: bool,
        #[command(flatten)]
        of: OfActor,
    },
    /// Was logging or monitoring switched off or changed?
    Tampering(AnswerArgs),
    /// What was opened to the network, made public or shared?
    Exposure {
        /// Only security groups, network ACLs and routes
        #[arg(long, conflicts_with = "data")]
        net: bool,
        /// Only buckets, snapshots, images, keys and other data
        #[arg(long)]
        data: bool,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Which data was read, how often, by whom?
    Reads {
        /// The bucket, secret, table or another resource
        #[arg(long, value_name = "RESOURCE", alias = "bucket")]
        resource: Option<String>,
        #[command(flatten)]
        of: OfActor,
    },
    /// Who deleted or encrypted much in a short time?
    BulkDelete(AnswerArgs),
    /// Who from other accounts acted here; where did we act in others?
    CrossAccount(AnswerArgs),
    /// What was changed by hand in the console?
    Clickops(AnswerArgs),
    /// What happened, action by action: the calls of one click are one line
    Timeline {
        /// Which events, in the search language
        search: String,
        /// Show the calls of each action
        #[arg(long)]
        calls: bool,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Of which accounts, Regions and times are there events, and what is missing?
    Coverage(AnswerArgs),
}

const EXAMPLE_DELETED: &str = "Example:\n  trailhound who-deleted i-0123456789abcdef0";

/// From when to when, and how much.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// Not before this time
    #[arg(long, value_name = "TIME", help_heading = "Time range")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME", help_heading = "Time range")]
    until: Option<String>,
    /// From A until before B; either may be left out; one date is that day
    #[arg(long, value_name = "A..B", conflicts_with_all = ["since", "until"], help_heading = "Time range")]
    range: Option<String>,
    /// At most N rows a table, or `all` [default: 50]
    #[arg(long, value_name = "N", help_heading = "Answer")]
    limit: Option<Limit>,
}

/// A resource.
#[derive(Debug, Args)]
pub(crate) struct OfResource {
    /// The resource's id, ARN or name
    resource: String,
    #[command(flatten)]
    answer: AnswerArgs,
}

/// Perhaps a user.
#[derive(Debug, Args)]
pub(crate) struct OfActor {
    /// A user name, access key or ARN
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    #[command(flatten)]
    answer: AnswerArgs,
}

impl QuestionCommand {
    fn asked(&self) -> (Question, &AnswerArgs) {
        match self {
            Self::WhoDeleted(of) => (Question::WhoDeleted(of.resource.clone()), &of.answer),
            Self::WhoCreated(of) => (Question::WhoCreated(of.resource.clone()), &of.answer),
            Self::Key { key, answer } => (Question::Key(key.clone()), answer),
            Self::Actor { name, answer } => (Question::Actor(name.clone()), answer),
            Self::Ip { address, answer } => (Question::Ip(address.clone()), answer),
            Self::Agents { principal, new, answer } => {
                (Question::Agents { principal: principal.clone(), only_new: *new }, answer)
            }
            Self::Errors(answer) => (Question::Errors, answer),
            Self::Logins { failed, no_mfa, summary, answer } => {
                let which = match (failed, no_mfa, summary) {
                    (true, _, true) => Logins::FailedSummary,
                    (true, ..) => Logins::Failed,
                    (_, true, _) => Logins::NoMfa,
                    (_, _, true) => Logins::Summary,
                    _ => Logins::All,
                };
                (Question::Logins(which), answer)
            }
            Self::Root(answer) => (Question::Root, answer),
            Self::IamChanges(answer) => (Question::IamChanges, answer),
            Self::Persistence(of) => (Question::Persistence(of.actor.clone()), &of.answer),
            Self::Regions { new, approved, answer } => {
                (Question::Regions { approved: approved.clone(), only_new: *new }, answer)
            }
            Self::FirstSeen { off_hours, of } => {
                let actor = of.actor.clone();
                (Question::FirstSeen { actor, off_hours: *off_hours }, &of.answer)
            }
            Self::Tampering(answer) => (Question::Tampering, answer),
            Self::Exposure { net, data, answer } => {
                let which = match (net, data) {
                    (true, _) => Exposure::Net,
                    (_, true) => Exposure::Data,
                    _ => Exposure::All,
                };
                (Question::Exposure(which), answer)
            }
            Self::Reads { resource, of } => {
                let (actor, resource) = (of.actor.clone(), resource.clone());
                (Question::Reads { actor, resource }, &of.answer)
            }
            Self::BulkDelete(answer) => (Question::BulkDelete, answer),
            Self::CrossAccount(answer) => (Question::CrossAccount, answer),
            Self::Clickops(answer) => (Question::Clickops, answer),
            Self::Timeline { search, calls, answer } => {
                (Question::Timeline { search: search.clone(), has_calls: *calls }, answer)
            }
            Self::Coverage(answer) => (Question::Coverage, answer),
        }
    }
}

/// Answers a question.
pub(crate) fn cmd_question(
    ui: &mut Ui,
    global: &GlobalArgs,
    command: &QuestionCommand,
) -> CmdResult {
    let output = ui.output().unwrap_or(Output::Table);
    let (question, args) = command.asked();
    if let Question::Timeline { search, .. } = &question {
        // An error here points at its place.
        super::search::parse(search)?;
    }
    let times = RangeArgs {
        since: args.since.as_deref(),
        until: args.until.as_deref(),
        range: args.range.as_deref(),
    };
    let range = parse_range(times, now())?;
    let app = super::open_existing(global)?;
    let limit = args.limit.map_or(ROWS_MAX, |limit| limit.0);
    let range = TimeRange { start: range.start, end: range.end };
    let answer = app.answer(&question, range, usize::try_from(limit).unwrap_or(usize::MAX))?;
    match output {
        Output::Table => print_tables(ui, &answer)?,
        Output::Json => write_json(ui, &format!("{:#}\n", answer.json()))?,
        Output::Ndjson => {
            for table in &answer.tables {
                for row in &table.rows {
                    write_json(ui, &format!("{}\n", table.row_json(row)))?;
                }
            }
        }
        Output::Csv | Output::Svg => print_csv(ui, &answer)?,
    }
    for note in &answer.notes {
        ui.note(note);
    }
    for search in &answer.searches {
        ui.note_wrapped(&search_note(search));
    }
    ui.note(&coverage_text(&answer.coverage));
    complete(&answer.coverage)
}

/// How a search is run again. Wrapped it is the same: a line break in quotes is a space of the search.
pub(crate) fn search_note(search: &str) -> String {
    let dashes = if search.starts_with('-') { "-- " } else { "" };
    format!("the search: trailhound search {dashes}'{}'", search.replace('\'', "'\\''"))
}

/// One CSV: the tables behind each other, each with its own header line.
fn print_csv(ui: &mut Ui, answer: &Answer) -> Result<(), crate::error::CliError> {
    for table in &answer.tables {
        write_csv(
            ui,
            std::iter::once("table".to_owned())
                .chain(table.columns.iter().map(|name| (*name).to_owned())),
        )?;
        for row in &table.rows {
            write_csv(ui, std::iter::once(table.title.clone()).chain(row.iter().cloned()))?;
        }
    }
    Ok(())
}

fn print_tables(ui: &mut Ui, answer: &Answer) -> std::io::Result<()> {
    for (index, table) in answer.tables.iter().enumerate() {
        if index > 0 {
            ui.line("")?;
        }
        let title = ui.paint(Paint::Bold, &visible(&table.title));
        ui.line(title)?;
        if table.rows.is_empty() {
            ui.line("  none")?;
            continue;
        }
        print_table(ui, table)?;
    }
    Ok(())
}

fn print_table(ui: &mut Ui, table: &Table) -> std::io::Result<()> {
    let columns: Vec<Column> = table
        .columns
        .iter()
        .enumerate()
        .map(|(place, title)| Column {
            title: (*title).to_owned(),
            cells_min: CELLS_MIN,
            // The ids and Regions go first where the terminal is narrow, then addresses.
            drop_order: match *title {
                "event_id" => 3,
                "aws_region" => 4,
                "user_agent" => 5,
                "source_ip_address" => 2,
                _ => u8::from(place > 5),
            },
        })
        .collect();
    let layout = Layout::fit(&columns, &table.rows, ui.width());
    let titles: Vec<String> = table.columns.iter().map(|title| (*title).to_owned()).collect();
    let header = layout.line(&titles, |_, text| ui.paint(Paint::Dim, text));
    ui.line(header)?;
    for row in &table.rows {
        let line = layout.line(row, |_, text| text.to_owned());
        ui.line(line)?;
    }
    Ok(())
}
