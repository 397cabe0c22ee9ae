//! `trailhound top`: the most frequent values of a field among the events that a search finds.

use crate::args::{GlobalArgs, Output};
use crate::cmd::lookup::complete;
use crate::cmd::search::{parse, parse_facet, tell_counted};
use crate::error::CmdResult;
use crate::event_output::{write_csv, write_json};
use crate::text::{grouped, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use serde_json::{Value, json};
use trailhound_app::count::{DistinctPer, Top, TopDistinct};
use trailhound_app::lookup::search::TimeRange;

/// Arguments of `top`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  trailhound top user is:error since:1d\n  \
    trailhound top event 'user:alice is:write'\n  \
    trailhound top user --distinct ip             the users with the most addresses\n  \
    trailhound top requestParameters.bucketName service:s3 --limit 50\n\n\
    docs/search.md has the fields and the search language.")]
pub(crate) struct TopArgs {
    /// A field (user, event, ip, ...) or the path of any member
    #[arg(value_name = "FIELD")]
    field: String,
    /// Which events to count; several words are one query [default: every event]
    #[arg(value_name = "QUERY", num_args = 0..)]
    query: Vec<String>,
    /// Show at most N values
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Rank the values by how many different values of this field go with them
    #[arg(long, value_name = "FIELD")]
    distinct: Option<String>,
}

/// Counts and prints.
pub(crate) fn cmd_top(ui: &mut Ui, global: &GlobalArgs, args: &TopArgs) -> CmdResult {
    let facet = parse_facet(&args.field)?;
    let query = parse(&args.query.join(" "))?;
    let distinct = args.distinct.as_deref().map(parse_facet).transpose()?;
    let app = super::open_existing(global)?;
    if let Some(of) = distinct {
        let all = TimeRange::default();
        let found = app.distinct_per(&of, &facet, &query, all, args.limit as usize)?;
        return print_distinct(ui, &found);
    }
    let top = app.top(&facet, &query, TimeRange::default(), args.limit as usize)?;
    match ui.output().unwrap_or(Output::Table) {
        Output::Table => print_table(ui, &top)?,
        Output::Json => write_json(ui, &format!("{:#}\n", top_json(&top)))?,
        Output::Ndjson => {
            for (value, events) in &top.values {
                write_json(ui, &format!("{}\n", json!({"value": value, "events": events})))?;
            }
        }
        Output::Csv | Output::Svg => {
            write_csv(ui, ["value", "events"].map(str::to_owned).into_iter())?;
            for (value, events) in &top.values {
                write_csv(ui, [value.clone(), events.to_string()].into_iter())?;
            }
        }
    }
    ui.flush()?;
    let rest = match top.distinct - top.values.len() as u64 {
        0 => String::new(),
        others => format!("; {} other values: {}", grouped(others), grouped(top.rest)),
    };
    if top.without > 0 || !rest.is_empty() {
        ui.note(&format!("without a value: {}{rest}", grouped(top.without)));
    }
    tell_counted(ui, top.events, &top.coverage);
    complete(&top.coverage)
}

fn print_distinct(ui: &mut Ui, found: &TopDistinct) -> CmdResult {
    let object = |row: &DistinctPer| json!({"value": row.value, "distinct": row.distinct, "events": row.events});
    match ui.output().unwrap_or(Output::Table) {
        Output::Table => {
            let title = ui.paint(Paint::Bold, "distinct      events  value");
            ui.line(title)?;
            for row in &found.values {
                let (distinct, events) = (grouped(row.distinct), grouped(row.events));
                ui.line(format!("{distinct:>8}  {events:>10}  {}", visible(&row.value)))?;
            }
        }
        Output::Json => {
            let values: Vec<Value> = found.values.iter().map(object).collect();
            let whole =
                json!({"values": values, "distinct": found.distinct, "events": found.events});
            write_json(ui, &format!("{whole:#}\n"))?;
        }
        Output::Ndjson => {
            for row in &found.values {
                write_json(ui, &format!("{}\n", object(row)))?;
            }
        }
        Output::Csv | Output::Svg => {
            write_csv(ui, ["value", "distinct", "events"].map(str::to_owned).into_iter())?;
            for row in &found.values {
                let cells = [row.value.clone(), row.distinct.to_string(), row.events.to_string()];
                write_csv(ui, cells.into_iter())?;
            }
        }
    }
    ui.flush()?;
    tell_counted(ui, found.events, &found.coverage);
    complete(&found.coverage)
}

fn print_table(ui: &mut Ui, top: &Top) -> std::io::Result<()> {
    let width = top.values.first().map_or(0, |(_, events)| grouped(*events).len()).max(6);
    let title = ui.paint(Paint::Bold, &format!("{:>width$}  value", "events"));
    ui.line(title)?;
    for (value, events) in &top.values {
        ui.line(format!("{:>width$}  {}", grouped(*events), visible(value)))?;
    }
    Ok(())
}

fn top_json(top: &Top) -> Value {
    let values: Vec<Value> = top
        .values
        .iter()
        .map(|(value, events)| json!({"value": value, "events": events}))
        .collect();
    json!({
        "values": values,
        "distinct": top.distinct,
        "rest": top.rest,
        "without": top.without,
        "events": top.events,
    })
}
