//! Who made and who ended a resource.

use trailhound_record::Event;

use super::desk::{Desk, at, quoted, record};
use crate::history::{Entry, HistoryQuery, Kind};
use crate::lookup::LookupError;

const ENDING: &[&str] = &[
    "Delete",
    "Terminate",
    "Stop",
    "Release",
    "Deregister",
    "Detach",
    "Disable",
    "ScheduleKeyDeletion",
    "Revoke",
    "Remove",
];
const MAKING: &[&str] =
    &["Create", "Run", "Allocate", "Register", "Import", "Copy", "Put", "Restore", "Request"];

pub(super) fn who_deleted(desk: &mut Desk<'_>, resource: &str) -> Result<(), LookupError> {
    let title = format!("what ended {resource}");
    by_verb(desk, resource, &title, Kind::Delete, ENDING)
}

pub(super) fn who_created(desk: &mut Desk<'_>, resource: &str) -> Result<(), LookupError> {
    let title = format!("what made {resource}");
    by_verb(desk, resource, &title, Kind::Create, MAKING)
}

fn by_verb(
    desk: &mut Desk<'_>,
    resource: &str,
    title: &str,
    kind: Kind,
    verbs: &[&str],
) -> Result<(), LookupError> {
    let found = desk.app.history(&HistoryQuery {
        resource: resource.to_owned(),
        start: desk.range.start,
        end: desk.range.end,
        limit: super::desk::GROUPED_MAX,
        ..HistoryQuery::default()
    })?;
    // The search, for the reader; the history has read the same events by its index.
    let named = format!("resource:={} -is:read", quoted(resource));
    let named_count = found.entries.len();
    desk.said(&named, &found.coverage);
    let is_wanted = |entry: &&Entry| {
        let name = entry.event.event_name.as_deref().unwrap_or_default();
        let has_verb = verbs.iter().any(|verb| name.starts_with(verb)) && !name.ends_with("Tags");
        let has_state = entry.step.changes.iter().any(|change| change.path == "state");
        match entry.step.kind {
            found if found == kind => true,
            // Stopped, disabled: the resource is there and does not work.
            Kind::Change => kind == Kind::Delete && has_verb && has_state,
            Kind::Failed => has_verb,
            Kind::Create | Kind::Delete | Kind::Touch | Kind::Read => false,
        }
    };
    let mut events: Vec<Event> =
        found.entries.iter().filter(is_wanted).map(|entry| entry.event.clone()).collect();
    events.reverse();
    let did: Vec<Option<Kind>> = found.entries.iter().map(|entry| Some(entry.step.kind)).collect();
    if !did.contains(&Some(kind)) {
        let what = if kind == Kind::Delete { "ended" } else { "made" };
        desk.note(format!("no event of the store {what} {resource}; {named_count} writes name it"));
    }
    for (kind, events) in &found.other_types {
        desk.note(format!("{events} events of this name are about a resource of type {kind}"));
    }
    desk.event_table(title, &["access_key_id", "user_agent"], &events, |event| {
        let record = record(event);
        vec![at(&record, "/userIdentity/accessKeyId"), at(&record, "/userAgent")]
    });
    Ok(())
}
