//! `trailhound report`: pinned events as a document for a post-mortem.

use super::lookup::complete;
use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult};
use crate::text::{counted, visible};
use crate::ui::Ui;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use trailhound_app::history::Change;
use trailhound_app::now;
use trailhound_app::report::{DIGESTS, Report, ReportEntry, ReportQuery};

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(
    after_help = "The events in order, each with who stands behind it and the evidence, what it changed, its id\n\
    and the SHA-256 of its record. The HTML is one file that loads nothing and prints well.\n\n\
    Examples:\n  trailhound report 7f3c1c2e-0d4b-4f7e-9d58-1f0a2b3c4d5e --format html --out case.html\n  \
    trailhound report --search 'event:ReplaceRoute is:write' --title 'Outage of 13 September'"
)]
pub(crate) struct ReportArgs {
    /// Ids of events
    #[arg(required_unless_present = "search")]
    event_id: Vec<String>,
    /// Further events, by a query in the search language
    #[arg(long, value_name = "QUERY")]
    search: Option<String>,
    /// What happened
    #[arg(long, default_value = "Case report")]
    title: String,
    /// The form of the document
    #[arg(long, value_name = "FORM", default_value = "md")]
    format: Format,
    /// Write it to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown
    Md,
    /// One HTML file
    Html,
    /// JSON
    Json,
}

/// Writes a report.
pub(crate) fn cmd_report(ui: &mut Ui, global: &GlobalArgs, args: &ReportArgs) -> CmdResult {
    let search = args.search.as_deref().map(super::search::parse).transpose()?;
    let app = super::open_existing(global)?;
    let query = ReportQuery { title: args.title.clone(), event_ids: args.event_id.clone(), search };
    let report = app.report(&query, now())?;
    let is_json = args.format == Format::Json || ui.output() == Some(Output::Json);
    let text = match args.format {
        _ if is_json => format!("{:#}\n", report_json(&report)),
        Format::Html => trailhound_web::report_html(&report)?,
        Format::Md | Format::Json => markdown(&report),
    };
    match &args.out {
        Some(path) => std::fs::write(path, text).map_err(|error| {
            CliError::failed(format!("cannot write `{}`: {error}", path.display()))
        })?,
        None if ui.is_terminal() => {
            for line in text.lines() {
                ui.line(visible(line))?;
            }
        }
        None => ui.out().write_all(text.as_bytes())?,
    }
    for id in &report.missing {
        ui.warn(&format!("the store holds no event with the id `{id}`"));
    }
    if report.is_cut {
        ui.warn("more events match the search than a report holds: the newest are in it");
    }
    ui.note(&format!("{} in the report", counted(report.entries.len() as u64, "event")));
    if !report.missing.is_empty() {
        return Err(CliError::failed("the report lacks events that were asked for")
            .hint("`trailhound search` finds events; the report says which are missing"));
    }
    complete(&report.coverage)
}

fn markdown(report: &Report) -> String {
    let mut out = format!("# {}\n\n", safe(&report.title));
    let count = counted(report.entries.len() as u64, "event");
    out.push_str(&format!("{count}, oldest first. Made {} by Trailhound.\n", report.made_at));
    for id in &report.missing {
        out.push_str(&format!("\n**The store holds no event with the ID {}.**\n", safe(id)));
    }
    for text in &report.coverage.unreadable {
        out.push_str(&format!("\n**Not readable: {}**\n", safe(text)));
    }
    if report.is_cut {
        out.push_str("\n**More events match the search than are in this report.**\n");
    }
    for entry in &report.entries {
        markdown_entry(entry, &mut out);
    }
    if let Some(search) = &report.search {
        out.push_str(&format!("\nThe search: {}\n", safe(search)));
    }
    let span = report.coverage.times_stored;
    let span = span.map_or(String::new(), |(first, last)| format!(" from {first} to {last}"));
    let watermark = report.watermark().map(|text| format!(" {text}.")).unwrap_or_default();
    out.push_str(&format!(
        "\nThe store held {}{span}, at version {} of its table.{watermark}\n\nDigests: {DIGESTS}. `trailhound show EVENT_ID --raw | sha256sum` \
         gives a SHA-256 again.\n",
        counted(report.coverage.events_stored, "event"),
        report.version
    ));
    out
}

fn markdown_entry(entry: &ReportEntry, out: &mut String) {
    let event = &entry.event;
    let text = |value: &Option<String>| safe(value.as_deref().unwrap_or("(not said)"));
    let at = event.event_time.map_or_else(|| "(no time)".to_owned(), |at| at.to_string());
    out.push_str(&format!("\n## {at} {}\n\n", text(&event.event_name)));
    let mut line = |label: &str, value: String| out.push_str(&format!("- {label}: {value}\n"));
    let steps: Vec<String> =
        entry.attribution.steps().iter().map(|step| format!("  - {}\n", safe(step))).collect();
    let who = format!("{}\n{}", safe(&entry.attribution.line()), steps.concat());
    line("Who", who.trim_end().to_owned());
    line("From", text(&event.source_ip_address));
    line("Where", format!("{} {}", text(&event.account_id), text(&event.aws_region)));
    let names: Vec<_> = event.resources.iter().map(|it| safe(&it.resource_name)).collect();
    if !names.is_empty() {
        line("To what", names.join(", "));
    }
    if let Some(done) = &entry.changes {
        for change in &done.changes {
            let (label, tie) = (change_label(change), if done.is_tie { TIE } else { "" });
            line(label, safe(&format!("{}: {change}{tie}", done.resource)));
        }
    }
    if event.has_failed() {
        let why = [&event.error_code, &event.error_message];
        let why: Vec<_> = why.into_iter().flatten().map(|text| safe(text)).collect();
        line("Failed", why.join(": "));
    }
    line("Event ID", text(&event.event_id));
    line("SHA-256", entry.sha256.clone());
}

/// Said of a change beside another of the same second.
const TIE: &str = " (at the same time as another change: which came first is not known)";

fn change_label(change: &Change) -> &'static str {
    if change.is_real() { "Changed" } else { "Set to what it was" }
}

/// `text` without effect in Markdown: on one line, its marks escaped, hidden characters shown.
fn safe(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '&' | '~')
        {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn report_json(report: &Report) -> Value {
    let entry = |entry: &ReportEntry| {
        let record = String::from_utf8_lossy(&entry.event.raw);
        json!({
            "event_id": entry.event.event_id,
            "event_time": entry.event.event_time.map(|at| at.to_string()),
            "event_name": entry.event.event_name,
            "who": entry.attribution,
            "resource": entry.changes.as_ref().map(|done| &done.resource),
            "changes": entry.changes.as_ref().map(|done| &done.changes),
            "is_tie": entry.changes.as_ref().is_some_and(|done| done.is_tie),
            "sha256": entry.sha256,
            "record": serde_json::from_str::<Value>(&record).unwrap_or_else(|_| json!(record)),
        })
    };
    json!({
        "title": report.title,
        "made_at": report.made_at.to_string(),
        "events": report.entries.iter().map(entry).collect::<Vec<_>>(),
        "missing": report.missing,
        "is_cut": report.is_cut,
        "search": report.search,
        "store_version": report.version,
        "store_newest": report.coverage.times_stored.map(|(_, newest)| newest.to_string()),
        "digests": DIGESTS,
        "unreadable": report.coverage.unreadable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_has_no_effect_in_markdown() {
        assert_eq!(safe("<b>*x*</b> [a](b) `c`\n# d"), r"\<b\>\*x\*\</b\> \[a\](b) \`c\`\\n\# d");
    }
}
