//! Calls that belong to one thing that somebody did: a click in the console is dozens of them.

use std::collections::HashMap;

use trailhound_query::search::Query;
use trailhound_record::time::MICROS_PER_SECOND;
use trailhound_record::{Event, Timestamp};

/// Calls of one console session belong together when they are at most so far apart: a page loads its parts
/// one after the other.
const CONSOLE_GAP_MICROS: i64 = 3 * MICROS_PER_SECOND;
/// Calls of one program that does the same again, page by page.
const REPEAT_GAP_MICROS: i64 = 2 * MICROS_PER_SECOND;
/// So many names a title has.
const NAMES_MAX: usize = 3;

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// When it began.
    pub first: Option<Timestamp>,
    /// When its last call was.
    pub last: Option<Timestamp>,
    /// Whether it was done in the console.
    pub is_console: bool,
    /// What it changed, or what it looked at.
    pub title: String,
    /// The places of its calls in the events that were given, in order.
    pub calls: Vec<usize>,
}

/// Groups `events`, which are oldest first, into actions, by when they began.
///
/// A console session's calls belong together while they follow each other closely, from one address;
/// a program's only while they repeat one call. Every event is in exactly one action.
///
/// # Source
/// No record says which click a call came from; the gaps are of observed console sessions.
pub fn actions(events: &[Event]) -> Vec<Action> {
    let console = Query::parse("is:console", Timestamp(0)).ok();
    let mut actions: Vec<Action> = Vec::new();
    let mut open: HashMap<Key<'_>, usize> = HashMap::new();
    for (place, event) in events.iter().enumerate() {
        let is_console = console.as_ref().is_some_and(|query| query.matches(event));
        let key = Key::of(event, is_console);
        let gap = if is_console { CONSOLE_GAP_MICROS } else { REPEAT_GAP_MICROS };
        let before = open.get(&key).and_then(|at| actions.get_mut(*at));
        let follows = |action: &&mut Action| match (action.last, event.event_time) {
            (Some(last), Some(at)) => at.0.saturating_sub(last.0) <= gap,
            _ => false,
        };
        if let Some(action) = before.filter(follows) {
            action.last = event.event_time;
            action.calls.push(place);
            continue;
        }
        open.insert(key, actions.len());
        actions.push(Action {
            first: event.event_time,
            last: event.event_time,
            is_console,
            title: String::new(),
            calls: vec![place],
        });
    }
    for action in &mut actions {
        action.title = title(events, &action.calls);
    }
    actions
}

/// What calls of one action have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key<'a> {
    access_key_id: Option<&'a str>,
    arn: Option<&'a str>,
    source: Option<&'a str>,
    agent: Option<&'a str>,
    account: Option<&'a str>,
    /// For programs, the call itself.
    call: Option<&'a str>,
}

impl<'a> Key<'a> {
    fn of(event: &'a Event, is_console: bool) -> Self {
        Self {
            // One click calls with several keys of one console session.
            access_key_id: event.access_key_id.as_deref().filter(|_| !is_console),
            arn: event.user_identity_arn.as_deref(),
            // The console calls some services itself, under a name of its own.
            source: event.source_ip_address.as_deref().filter(|text| is_address(text)),
            agent: event.user_agent.as_deref().filter(|_| !is_console),
            account: event.account_id.as_deref(),
            call: event.event_name.as_deref().filter(|_| !is_console),
        }
    }
}

fn is_address(source: &str) -> bool {
    source.parse::<std::net::IpAddr>().is_ok()
}

/// The writes by name, or what was looked at.
fn title(events: &[Event], calls: &[usize]) -> String {
    let events: Vec<&Event> = calls.iter().filter_map(|place| events.get(*place)).collect();
    let is_write = |event: &&&Event| event.read_only != Some(true);
    let writes: Vec<&Event> = events.iter().filter(is_write).copied().collect();
    let (shown, reads) = match writes.is_empty() {
        true => (events.clone(), 0),
        false => (writes.clone(), events.len() - writes.len()),
    };
    let mut counts: Vec<(&str, usize, bool)> = Vec::new();
    for event in &shown {
        let name = event.event_name.as_deref().unwrap_or("(no name)");
        match counts.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, count, has_failed)) => {
                *count += 1;
                *has_failed |= event.has_failed();
            }
            None => counts.push((name, 1, event.has_failed())),
        }
    }
    let more = counts.len().saturating_sub(NAMES_MAX);
    let mut parts: Vec<String> = counts
        .into_iter()
        .take(NAMES_MAX)
        .map(|(name, count, has_failed)| {
            let times = if count > 1 { format!(" ×{count}") } else { String::new() };
            let failed = if has_failed { " (failed)" } else { "" };
            format!("{name}{times}{failed}")
        })
        .collect();
    if more > 0 {
        parts.push(format!("{more} other calls"));
    }
    if reads > 0 {
        parts.push(format!("{reads} reads"));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use serde_json::json;

    fn event(second: i64, name: &str, user: &str, is_console: bool, is_read: bool) -> Event {
        let at = Timestamp::from_seconds(1_767_225_600 + second).to_string();
        let agent = if is_console { "console.amazonaws.com" } else { "aws-cli/2" };
        let mut record = json!({"eventTime": at, "eventName": name, "readOnly": is_read,
            "userAgent": agent, "sourceIPAddress": "192.0.2.1",
            "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::111122223333:user/{user}")}});
        if is_console {
            record["sessionCredentialFromConsole"] = json!("true");
        }
        Event::parse(record.to_string().into_bytes(), 0).unwrap()
    }

    fn check(events: &[Event], expect: &Expect) {
        let line = |action: &Action| {
            let place = if action.is_console { "console" } else { "program" };
            format!("{place} {:?}: {}", action.calls, action.title)
        };
        expect.assert_eq(&actions(events).iter().map(line).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn a_click_is_one_action_and_a_program_repeats_itself() {
        check(
            &[
                event(0, "DescribeInstances", "alice", true, true),
                event(0, "DescribeVpcs", "alice", true, true),
                event(1, "DescribeInstances", "bob", false, true),
                event(1, "RunInstances", "alice", true, false),
                event(2, "DescribeInstances", "bob", false, true),
                event(3, "StopInstances", "bob", false, false),
                event(9, "DescribeInstances", "alice", true, true),
            ],
            &expect![[r#"
                console [0, 1, 3]: RunInstances, 2 reads
                program [2, 4]: DescribeInstances ×2
                program [5]: StopInstances
                console [6]: DescribeInstances"#]],
        );
    }

    proptest! {
        /// Every event is in one action, and actions come in the order of their starts.
        #[test]
        fn every_event_is_in_one_action(
            steps in prop::collection::vec((0..6_i64, 0..3_usize, any::<bool>(), any::<bool>()), 0..40),
        ) {
            let mut second = 0;
            let events: Vec<Event> = steps
                .into_iter()
                .map(|(step, user, is_console, is_read)| {
                    second += step;
                    event(second, ["A", "B", "C"][user], ["x", "y", "z"][user], is_console, is_read)
                })
                .collect();
            let found = actions(&events);
            let mut places: Vec<usize> = found.iter().flat_map(|action| action.calls.clone()).collect();
            places.sort_unstable();
            prop_assert_eq!(places, (0..events.len()).collect::<Vec<_>>());
            prop_assert!(found.is_sorted_by_key(|action| action.first));
        }
    }
}
