//! `trailhound who`: the human, workload or service behind an event, a key or a session.

use super::stats::labelled;
use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::write_json;
use crate::field::time_text;
use crate::text::{counted, is_shell_word, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use trailhound_app::who::{Actor, Attribution, Evidence, Link, Strength, Subject, Who, WhoAnswer};

/// Arguments of `who`.
#[derive(Debug, Args)]
#[command(
    after_help = "Walks back from the credentials in use to the event that issued them, over role chains and\n\
    accounts, to a person, a workload, an AWS service, or what is missing to say so. Every step names\n\
    its evidence. A step is weak when it rests on what the caller could choose, as a session's name.\n\n\
    A key or session that was used in several sessions has an answer for each, the newest first.\n\n\
    Examples:\n  trailhound who ASIAIOSFODNN7EXAMPLE\n  \
    trailhound who arn:aws:sts::123456789012:assumed-role/Deploy/alice\n  \
    trailhound who 7f3c1c2e-0d4b-4f7e-9d58-1f0a2b3c4d5e --output json"
)]
pub(crate) struct WhoArgs {
    /// An event's id, an access key, or the ARN of a session or user
    #[arg(value_name = "EVENT_ID|ACCESS_KEY|ARN")]
    subject: String,
}

/// Prints who is behind the subject.
pub(crate) fn cmd_who(ui: &mut Ui, global: &GlobalArgs, args: &WhoArgs) -> CmdResult {
    let output = ui.output_among("who", &[Output::Table, Output::Json, Output::Ndjson])?;
    let app = super::open_existing(global)?;
    let subject = Subject::of(&args.subject);
    let answer = app.who(&subject)?;
    if answer.found.is_empty() {
        return Err(not_found(&subject, &args.subject, &answer));
    }
    match output {
        Output::Table | Output::Csv | Output::Svg => {
            for (index, who) in answer.found.iter().enumerate() {
                if index > 0 {
                    ui.line("")?;
                }
                print_who(ui, who)?;
            }
        }
        Output::Json => {
            write_json(ui, &format!("{}\n", serde_json::to_string_pretty(&answer.found)?))?
        }
        Output::Ndjson => {
            for who in &answer.found {
                write_json(ui, &format!("{}\n", serde_json::to_string(who)?))?;
            }
        }
    }
    ui.note(&asked_of(&answer));
    if answer.is_cut {
        ui.note("only the newest uses were read: older sessions may have others behind them");
    }
    if answer.unreadable.is_empty() {
        return Ok(Status::Done);
    }
    Err(CliError::failed(format!(
        "the answer is partial: {} could not be read: {}",
        counted(answer.unreadable.len() as u64, "segment"),
        answer.unreadable.join("; ")
    ))
    .hint("`trailhound verify` checks every segment"))
}

fn asked_of(answer: &WhoAnswer) -> String {
    let span = answer.times_stored.map_or(String::new(), |(first, last)| {
        format!(" from {} to {}", time_text(first), time_text(last))
    });
    format!("asked {}{span}", counted(answer.events_stored, "event"))
}

fn not_found(subject: &Subject, text: &str, answer: &WhoAnswer) -> CliError {
    // Event ids are UUIDs; anything else that is no key and no ARN is somebody's name.
    if *subject == Subject::EventId(text.trim().to_owned()) && !is_uuid(text.trim()) {
        return CliError::failed(format!("`{text}` is no event id, access key or ARN")).hint(format!(
            "of a name, `trailhound actor {}` tells what whoever bears it did; names are not unique, so that \
             nobody is behind one; {}",
            shell_word(text.trim()),
            asked_of(answer)
        ));
    }
    CliError::failed(format!("the store knows nothing of the {} `{text}`", subject.noun())).hint(
        format!(
            "{}; `trailhound search '\"{text}\"'` looks for the text in every event",
            asked_of(answer)
        ),
    )
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|it| it == b'-' || it.is_ascii_hexdigit())
}

/// `text` as one word of a shell.
fn shell_word(text: &str) -> String {
    match is_shell_word(text) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

fn print_who(ui: &mut Ui, who: &Who) -> std::io::Result<()> {
    let found = &who.attribution;
    let title = ui.paint(Paint::Bold, &visible(&found.actor.to_string()));
    labelled(ui, "who", &title)?;
    let proof = match (&found.actor, found.strength) {
        (Actor::Unknown { .. }, _) => None,
        (_, Strength::Strong) => Some("strong: every step rests on what AWS wrote"),
        (_, Strength::Weak) => Some("weak: a step rests on what the caller could choose"),
    };
    if let Some(proof) = proof {
        labelled(ui, "proof", proof)?;
    }
    labelled(ui, "acted as", &visible(&found.principal))?;
    if let Some(session) = session_text(who) {
        labelled(ui, "session", &visible(&session))?;
    }
    if let Some(used) = &who.last_use {
        labelled(ui, "event", &visible(&evidence_text(used)))?;
    }
    print_links(ui, found)?;
    let mut behind = found.behind.as_deref();
    while let Some(next) = behind {
        labelled(ui, "behind it", &visible(&next.actor.to_string()))?;
        print_links(ui, next)?;
        behind = next.behind.as_deref();
    }
    for note in &found.notes {
        labelled(ui, "note", &visible(note))?;
    }
    Ok(())
}

fn session_text(who: &Who) -> Option<String> {
    let key = who.access_key_id.as_ref().map(|key| format!("key {key}"));
    let created = who.session_created.as_ref().map(|at| format!("began {at}"));
    let parts: Vec<_> = [key, created].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn print_links(ui: &mut Ui, found: &Attribution) -> std::io::Result<()> {
    for (index, link) in found.links.iter().enumerate() {
        let label = if index == 0 { "chain" } else { "" };
        labelled(ui, label, &visible(&link_text(link)))?;
        for evidence in &link.evidence {
            let text = ui.paint(Paint::Dim, &visible(&evidence_text(evidence)));
            labelled(ui, "", &format!("  {text}"))?;
        }
    }
    Ok(())
}

fn link_text(link: &Link) -> String {
    let weak = if link.strength == Strength::Weak { " (weak)" } else { "" };
    format!("{} <- {}: {}{weak}", link.from, link.to, link.how.words())
}

fn evidence_text(evidence: &Evidence) -> String {
    let said = |text: &Option<String>, or: &str| text.clone().unwrap_or_else(|| or.to_owned());
    format!(
        "{} {} in account {}, event {}",
        said(&evidence.event_time, "(no time)"),
        said(&evidence.event_name, "(no name)"),
        said(&evidence.account_id, "(not said)"),
        said(&evidence.event_id, "(no id)"),
    )
}
