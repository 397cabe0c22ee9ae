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
use trailhound_app::count::Top;
use trailhound_app::lookup::search::TimeRange;

/// Arguments of `top`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  trailhound top user is:error since:1d\n  \
    trailhound top event 'user:alice is:write'\n  \
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
}

/// Counts and prints.
pub(crate) fn cmd_top(ui: &mut Ui, global: &GlobalArgs, args: &TopArgs) -> CmdResult {
    let facet = parse_facet(&args.field)?;
    let query = parse(&args.query.join(" "))?;
    let app = super::open_existing(global)?;
    let top = app.top(&facet, &query, TimeRange::default(), args.limit as usize)?;
    match ui.output().unwrap_or(Output::Table) {
        Output::Table => print_table(ui, &top)?,
        Output::Json => write_json(ui, &format!("{:#}\n", top_json(&top)))?,
        Output::Ndjson => {
            for (value, events) in &top.values {
                write_json(ui, &format!("{}\n", json!({"value": value, "events": events})))?;
            }
        }
        Output::Csv => {
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
