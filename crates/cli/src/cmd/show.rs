//! `trailhound show`: one event for a human, then its JSON.

use super::stats::labelled;
use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::{EventPrinter, write_json};
use crate::field::time_text;
use crate::pretty::indented;
use crate::text::{counted, cut, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use serde_json::Value;
use std::io::Write;
use trailhound_record::Event;

/// How many parameters are listed before the JSON.
const PARAMETERS_SHOWN: usize = 30;
/// How much of a parameter is listed, in terminal cells.
const PARAMETER_CELLS_MAX: usize = 200;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The event's id
    event_id: String,
    /// Print the record alone, byte for byte as it was delivered (on a terminal, characters that it
    /// would act on are shown as \uXXXX)
    #[arg(long, conflicts_with = "output")]
    raw: bool,
}

/// Prints every body stored under the id.
pub(crate) fn cmd_show(ui: &mut Ui, global: &GlobalArgs, args: &ShowArgs) -> CmdResult {
    let app = super::open_existing(global)?;
    let mut events = app.events_by_id(&args.event_id)?;
    events.sort_by(|a, b| (&a.account_id, a.conflict).cmp(&(&b.account_id, b.conflict)));
    if events.is_empty() {
        return Err(CliError::failed(format!("no event has the id `{}`", args.event_id))
            .hint("ids match exactly; `trailhound search` finds events by any text in them"));
    }
    if args.raw {
        for (index, event) in events.iter().enumerate() {
            if index > 0 {
                writeln!(ui.out())?;
            }
            write_raw(ui, event)?;
        }
        return Ok(Status::Done);
    }
    match ui.output().unwrap_or(Output::Table) {
        Output::Table => print_for_people(ui, &events)?,
        output => {
            let mut printer = EventPrinter::new(output, &[], None)?;
            printer.print(ui, &events)?;
            printer.finish(ui)?;
        }
    }
    if events.len() > 1 {
        ui.warn(&format!(
            "{} are stored under this id: different bodies, or different accounts",
            counted(events.len() as u64, "event")
        ));
    }
    Ok(Status::Done)
}

fn write_raw(ui: &mut Ui, event: &Event) -> std::io::Result<()> {
    if ui.is_terminal() {
        write_json(ui, &String::from_utf8_lossy(&event.raw))?;
        return writeln!(ui.out());
    }
    // Not a byte more: its digest is that of the record.
    ui.out().write_all(&event.raw)
}

fn print_for_people(ui: &mut Ui, events: &[Event]) -> std::io::Result<()> {
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            ui.line("")?;
        }
        if events.len() > 1 {
            let body = match event.conflict {
                0 => "the first body under this id".to_owned(),
                conflict => format!("conflict {conflict}: a different body under the same id"),
            };
            let title = format!("{} of {}: {body}", index + 1, events.len());
            let title = ui.paint(Paint::Red, &title);
            ui.line(title)?;
        }
        print_event(ui, event)?;
    }
    Ok(())
}

fn print_event(ui: &mut Ui, event: &Event) -> std::io::Result<()> {
    let record: Value = serde_json::from_slice(&event.raw).unwrap_or_default();
    for (label, lines) in [
        ("who", who(event, &record)),
        ("what", what(event)),
        ("when", when(event)),
        ("where", from_where(event)),
        ("to what", to_what(event)),
        ("with", parameters(&record)),
        ("error", error(event, &record)),
    ] {
        for (index, line) in lines.iter().enumerate() {
            labelled(ui, if index == 0 { label } else { "" }, &visible(line))?;
        }
    }
    ui.line("")?;
    let json = indented(&String::from_utf8_lossy(&event.raw));
    write_json(ui, &json)?;
    ui.line("")
}

/// The text, or that the record does not say.
fn said(text: Option<&String>) -> &str {
    text.map_or("(the record does not say)", String::as_str)
}

fn who(event: &Event, record: &Value) -> Vec<String> {
    let identity_type = event.user_identity_type.as_deref();
    let name = event.username.as_deref().or(identity_type).unwrap_or("(the record does not say)");
    let of_type = identity_type.filter(|_| event.username.is_some());
    let mut lines = vec![match of_type {
        Some(identity_type) => format!("{name} ({identity_type})"),
        None => name.to_owned(),
    }];
    lines.extend(event.user_identity_arn.clone());
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str);
    if let Some(issuer) = text("/userIdentity/sessionContext/sessionIssuer/arn") {
        lines.push(format!("in a session of {issuer}"));
    }
    if let Some(source) = text("/userIdentity/sessionContext/sourceIdentity") {
        lines.push(format!("source identity {source}"));
    }
    if let Some(service) = text("/userIdentity/invokedBy") {
        lines.push(format!("invoked by {service}"));
    }
    if let Some(key) = &event.access_key_id {
        let mfa = match text("/userIdentity/sessionContext/attributes/mfaAuthenticated") {
            Some("true") => ", with MFA",
            Some("false") => ", without MFA",
            _ => "",
        };
        lines.push(format!("access key {key}{mfa}"));
    }
    lines
}

fn what(event: &Event) -> Vec<String> {
    let effect = match event.read_only {
        Some(true) => ", reads only",
        Some(false) => ", writes",
        None => "",
    };
    let kind = event.event_type.as_ref().map(|kind| format!(", {kind}")).unwrap_or_default();
    vec![format!(
        "{} of {}{effect}{kind}",
        said(event.event_name.as_ref()),
        said(event.event_source.as_ref())
    )]
}

fn when(event: &Event) -> Vec<String> {
    vec![event.event_time.map_or_else(|| "(no readable time)".to_owned(), time_text)]
}

fn from_where(event: &Event) -> Vec<String> {
    let mut lines = vec![format!(
        "{} in account {}, from {}",
        said(event.aws_region.as_ref()),
        said(event.account_id.as_ref()),
        said(event.source_ip_address.as_ref())
    )];
    lines.extend(event.user_agent.as_ref().map(|agent| format!("with {agent}")));
    lines
}

fn to_what(event: &Event) -> Vec<String> {
    let each = |resource: &trailhound_record::Resource| match &resource.resource_type {
        Some(resource_type) => format!("{} ({resource_type})", resource.resource_name),
        None => resource.resource_name.clone(),
    };
    event.resources.iter().map(each).collect()
}

/// Why the call failed. A failed sign-in has no error code: its response says so.
fn error(event: &Event, record: &Value) -> Vec<String> {
    let response = record.pointer("/responseElements/ConsoleLogin");
    let sign_in = (response.and_then(Value::as_str) == Some("Failure")).then_some("sign-in failed");
    let parts = [event.error_code.as_deref(), sign_in, event.error_message.as_deref()];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
    if text.is_empty() { Vec::new() } else { vec![text] }
}

/// The request's parameters, one `path: value` each.
fn parameters(record: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(parameters) = record.get("requestParameters") {
        flatten(parameters, &mut String::new(), &mut lines);
    }
    if let Some(more) = lines.len().checked_sub(PARAMETERS_SHOWN).filter(|&more| more > 0) {
        lines.truncate(PARAMETERS_SHOWN);
        lines.push(format!("and {} in the JSON below", counted(more as u64, "more parameter")));
    }
    lines
}

/// Appends one line for each value below `value`; nesting is bounded by the record's own limit.
fn flatten(value: &Value, path: &mut String, lines: &mut Vec<String>) {
    let length = path.len();
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                flatten(member, path, lines);
                path.truncate(length);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (index, element) in elements.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                flatten(element, path, lines);
                path.truncate(length);
            }
        }
        Value::Null => {}
        Value::String(text) => lines.push(parameter(path, text)),
        other => lines.push(parameter(path, &other.to_string())),
    }
}

fn parameter(path: &str, value: &str) -> String {
    let line = if path.is_empty() { value.to_owned() } else { format!("{path}: {value}") };
    cut(&visible(&line), PARAMETER_CELLS_MAX).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check_parameters(record: &str, expect: Expect) {
        expect.assert_eq(&parameters(&serde_json::from_str(record).unwrap()).join("\n"));
    }

    #[test]
    fn parameters_are_listed_by_path() {
        check_parameters(
            r#"{"requestParameters":{"a":{"items":[{"b":"x\ny"},{"b":2}]},"c":null,"d":{},"e":true}}"#,
            expect![[r#"
                a.items[0].b: x\ny
                a.items[1].b: 2
                d: {}
                e: true"#]],
        );
        check_parameters(r#"{"requestParameters":null}"#, expect![""]);
        check_parameters(r#"{"requestParameters":"odd"}"#, expect!["odd"]);
    }

    #[test]
    fn parameters_left_out_are_counted() {
        let many: Vec<_> = (0..33).map(|n| n.to_string()).collect();
        let record = format!(r#"{{"requestParameters":[{}]}}"#, many.join(","));
        let lines = parameters(&serde_json::from_str(&record).unwrap());
        assert_eq!(lines.len(), PARAMETERS_SHOWN + 1);
        assert_eq!(lines.last().unwrap(), "and 3 more parameters in the JSON below");
    }
}
