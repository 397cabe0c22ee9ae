//! `--all-instances`: how every interface of a VPC stands to the internet.

use super::lookup::complete;
use super::path::{answer_json, tell_assumed};
use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::write_json;
use crate::text::{counted, visible};
use crate::ui::{Paint, Ui};
use serde_json::{Value, json};
use trailhound_app::exposure::{Direction, ExposureQuery, Exposures, Flipped};
use trailhound_app::path::Answer;
use trailhound_app::picture::words;
use trailhound_record::Timestamp;

/// Prints how every interface of a VPC stands to the internet.
pub(super) fn cmd_exposure(
    ui: &mut Ui,
    global: &GlobalArgs,
    query: &ExposureQuery,
    at: Option<Timestamp>,
) -> CmdResult {
    let output = ui.output_among("path --all-instances", &[Output::Table, Output::Json])?;
    let app = super::open_existing(global)?;
    let found = app.exposure(query, at)?;
    if found.interfaces.is_empty() {
        return Err(nothing(&query.vpc));
    }
    if output == Output::Json {
        write_json(ui, &format!("{:#}\n", exposures_json(&found)?))?;
    } else {
        for exposure in &found.interfaces {
            let head = named(&exposure.interface, exposure.instance.as_deref());
            ui.line(visible(&head))?;
            for (direction, answer) in &exposure.answers {
                ui.line(visible(&format!("  {}: {}", words(*direction), told(answer))))?;
            }
        }
    }
    tell_assumed(ui, &found.assumed);
    ui.note(&format!(
        "{}, {} replayed",
        counted(found.interfaces.len() as u64, "interface"),
        counted(found.events_read, "event")
    ));
    ui.note(&coverage_text(&found.coverage));
    complete(&found.coverage)
}

/// Prints the interfaces of a VPC that stand otherwise to the internet than before, and why.
pub(super) fn cmd_blame_exposure(
    ui: &mut Ui,
    global: &GlobalArgs,
    query: &ExposureQuery,
    good: Option<Timestamp>,
    bad: Option<Timestamp>,
) -> CmdResult {
    let output = ui.output_among("blame-path --all-instances", &[Output::Table, Output::Json])?;
    if good.is_none() {
        return Err(CliError::usage(
            "from when on? At the beginning of the store no interface was there",
            "--good TIME, when all was well; --bad TIME is now when left out",
        ));
    }
    let app = super::open_existing(global)?;
    let found = app.blame_exposure(query, good, bad)?;
    if found.interfaces == 0 {
        return Err(nothing(&query.vpc));
    }
    if output == Output::Json {
        let flipped: Result<Vec<Value>, CliError> =
            found.flipped.iter().map(flipped_json).collect();
        let json = json!({
            "flipped": flipped?, "interfaces": found.interfaces, "assumed": found.assumed,
        });
        write_json(ui, &format!("{json:#}\n"))?;
    } else {
        if found.flipped.is_empty() {
            ui.line("no interface stands otherwise to the internet than before")?;
        }
        for flipped in &found.flipped {
            print_flipped(ui, flipped)?;
        }
    }
    tell_assumed(ui, &found.assumed);
    ui.note(&format!(
        "{}, {} replayed",
        counted(found.interfaces as u64, "interface"),
        counted(found.events_read, "event")
    ));
    ui.note(&coverage_text(&found.coverage));
    complete(&found.coverage)?;
    Ok(if found.flipped.is_empty() { Status::Done } else { Status::Finding })
}

fn nothing(vpc: &str) -> CliError {
    CliError::failed(format!("no interface is known in `{}` at that time", visible(vpc)))
        .hint(format!("`trailhound state {}` shows what is known of it", visible(vpc)))
}

fn named(interface: &str, instance: Option<&str>) -> String {
    match instance {
        Some(instance) => format!("{interface} of {instance}"),
        None => interface.to_owned(),
    }
}

fn words(direction: Direction) -> &'static str {
    match direction {
        Direction::ToInternet => "to the internet",
        Direction::FromInternet => "from the internet",
    }
}

/// The verdict with its first reason.
fn told(answer: &Answer) -> String {
    let verdict = words::verdict(answer);
    let code = answer.explanations.first().and_then(|first| {
        let json = serde_json::to_value(first).ok()?;
        Some(json.get("ExplanationCode")?.as_str()?.to_owned())
    });
    let missing = answer.missing.first().map(|it| format!("{} of {}", it.property, it.resource));
    match code.or(missing) {
        Some(reason) => format!("{verdict} ({reason})"),
        None => verdict.to_owned(),
    }
}

fn print_flipped(ui: &mut Ui, flipped: &Flipped) -> Result<(), CliError> {
    let head = format!(
        "{} {}: {} → {}",
        named(&flipped.interface, flipped.instance.as_deref()),
        words(flipped.direction),
        told(&flipped.before),
        told(&flipped.after)
    );
    let head = ui.paint(Paint::Bold, &visible(&head));
    ui.line(head)?;
    for flip in &flipped.flips {
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        ui.line(visible(&format!(
            "  {} {} by {} from {} ({}): {} → {}",
            flip.event.event_time.map(|at| at.to_string()).unwrap_or_default(),
            part(&flip.event.event_name),
            flip.attribution.line(),
            part(&flip.event.source_ip_address),
            part(&flip.event.event_id),
            told(&flip.before),
            told(&flip.after)
        )))?;
    }
    for untold in &flipped.untold {
        ui.line(visible(&format!(
            "  the snapshot {} shows a change that no stored event tells: {} → {}",
            untold.snapshot,
            told(&untold.before),
            told(&untold.after)
        )))?;
    }
    Ok(())
}

fn exposures_json(found: &Exposures) -> Result<Value, CliError> {
    let mut interfaces = Vec::new();
    for exposure in &found.interfaces {
        let mut json = json!({"interface": exposure.interface, "instance": exposure.instance});
        for (direction, answer) in &exposure.answers {
            let name = match direction {
                Direction::ToInternet => "to_internet",
                Direction::FromInternet => "from_internet",
            };
            if let Some(members) = json.as_object_mut() {
                members.insert(name.to_owned(), answer_json(answer)?);
            }
        }
        interfaces.push(json);
    }
    Ok(json!({"interfaces": interfaces, "assumed": found.assumed}))
}

fn flipped_json(flipped: &Flipped) -> Result<Value, CliError> {
    let flips: Vec<Value> = flipped
        .flips
        .iter()
        .map(|flip| {
            json!({
                "event_id": flip.event.event_id,
                "event_name": flip.event.event_name,
                "event_time": flip.event.event_time.map(|at| at.to_string()),
                "source_ip_address": flip.event.source_ip_address,
                "who": flip.attribution,
                "before": flip.before.verdict,
                "after": flip.after.verdict,
            })
        })
        .collect();
    let untold: Vec<&String> = flipped.untold.iter().map(|it| &it.snapshot).collect();
    Ok(json!({
        "interface": flipped.interface,
        "instance": flipped.instance,
        "direction": flipped.direction,
        "before": answer_json(&flipped.before)?,
        "after": answer_json(&flipped.after)?,
        "flips": flips,
        "untold": untold,
    }))
}
