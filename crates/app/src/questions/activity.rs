//! What a key, a user or an address did.

use std::collections::BTreeMap;

use trailhound_query::LookupQuery;
use trailhound_record::Event;

use super::desk::{Desk, GROUPED_MAX, parsed, principal_term, quoted, time_text};
use crate::lookup::LookupError;

/// New means since so many days before the store's newest event, unless something else is said.
const NEW_DAYS: i64 = 7;

pub(super) fn of_key(desk: &mut Desk<'_>, key: &str) -> Result<(), LookupError> {
    summary(desk, &format!("key:{}", quoted(key)))?;
    desk.note(format!("to see whether it is still in use: trailhound search 'key:{key}' --follow"));
    Ok(())
}

pub(super) fn of_actor(desk: &mut Desk<'_>, name: &str) -> Result<(), LookupError> {
    summary(desk, &principal_term(name))
}

pub(super) fn of_ip(desk: &mut Desk<'_>, address: &str) -> Result<(), LookupError> {
    let term = format!("ip:{address}");
    let term = match trailhound_query::search::Query::parse(&term, trailhound_record::Timestamp(0))
    {
        Ok(_) => term,
        Err(_) => format!("ip:{}", quoted(address)),
    };
    summary(desk, &term)?;
    desk.top_table("users", "user", &term);
    desk.top_table("access keys", "key", &term);
    Ok(())
}

/// What matches `term`: by event, address, Region and error, and the newest writes.
fn summary(desk: &mut Desk<'_>, term: &str) -> Result<(), LookupError> {
    let all = desk.count(term);
    let writes = desk.count(&format!("{term} -is:read"));
    let failed = desk.count(&format!("{term} is:error"));
    if let Some(newest) = desk.newest(term) {
        let actor = desk.actor(&newest);
        desk.note(format!("behind the newest of these events stands: {actor}"));
    }
    desk.table(
        "events",
        &["all", "writes", "failed"],
        vec![vec![all.to_string(), writes.to_string(), failed.to_string()]],
    );
    for (title, facet) in [
        ("event names", "event"),
        ("services", "service"),
        ("addresses", "ip"),
        ("Regions", "region"),
        ("errors", "error"),
    ] {
        desk.top_table(title, facet, term);
    }
    let search = format!("{term} -is:read");
    let limit = desk.limit;
    let events = desk.events(&search, limit);
    desk.event_table("newest writes", &[], &events, |_| Vec::new());
    Ok(())
}

/// So many addresses or agents are looked up in what was before.
const VALUES_MAX: usize = 300;

/// What is counted of one address or agent.
#[derive(Default)]
struct Use {
    events: u64,
    first: String,
    last: String,
}

pub(super) fn agents(
    desk: &mut Desk<'_>,
    principal: &str,
    only_new: bool,
) -> Result<(), LookupError> {
    if only_new {
        desk.with_start(NEW_DAYS);
    }
    let term = principal_term(principal);
    let events = desk.events(&term, GROUPED_MAX);
    for (title, of) in [
        (
            "addresses",
            (|event: &Event| event.source_ip_address.clone()) as fn(&Event) -> Option<String>,
        ),
        ("user agents", |event: &Event| event.user_agent.clone()),
    ] {
        let mut uses: BTreeMap<String, Use> = BTreeMap::new();
        for event in &events {
            let entry = uses.entry(of(event).unwrap_or_default()).or_default();
            let at = event.event_time.map(time_text).unwrap_or_default();
            if entry.events == 0 {
                entry.last.clone_from(&at);
            }
            entry.first = at;
            entry.events += 1;
        }
        let is_address = title == "addresses";
        let mut uses: Vec<(String, Use)> = uses.into_iter().collect();
        uses.sort_by(|a, b| b.1.last.cmp(&a.1.last).then_with(|| a.0.cmp(&b.0)));
        let left = uses.len().saturating_sub(VALUES_MAX);
        if left > 0 {
            desk.note(format!("{left} {title} used longer ago were not looked at"));
        }
        let mut rows = Vec::new();
        for (value, used) in uses.into_iter().take(VALUES_MAX) {
            let field = if is_address { "ip" } else { "userAgent" };
            let before = format!("{term} {field}:={}", quoted(&value));
            let query = LookupQuery { search: Some(parsed(&before)), ..LookupQuery::default() };
            let is_new = !desk.is_known_before(query);
            if is_new || !only_new {
                let new = if desk.range.start.is_some() && is_new { "new" } else { "" };
                rows.push(vec![
                    value,
                    used.events.to_string(),
                    used.first,
                    used.last,
                    new.to_owned(),
                ]);
            }
        }
        rows.truncate(desk.limit);
        desk.table(title, &["value", "events", "first", "last", "new"], rows);
    }
    Ok(())
}

pub(super) fn clickops(desk: &mut Desk<'_>) -> Result<(), LookupError> {
    let search = "is:console -is:read -is:error -event:(ConsoleLogin OR CheckMfa OR SwitchRole OR GetSigninToken)";
    desk.top_table("by user", "user", search);
    desk.top_table("by event", "event", search);
    let limit = desk.limit;
    let events = desk.events(search, limit);
    desk.event_table("newest changes by hand", &[], &events, |_| Vec::new());
    let by_tools = "-is:read -is:error (agent:Terraform OR agent:Pulumi OR agent:CloudFormation OR ip:cloudformation.amazonaws.com)";
    let count = desk.count(by_tools);
    desk.note(format!(
        "{count} changes were made by Terraform, Pulumi or CloudFormation in the same time"
    ));
    Ok(())
}

pub(super) fn timeline(
    desk: &mut Desk<'_>,
    search: &str,
    has_calls: bool,
) -> Result<(), LookupError> {
    // Ages count back from now; printed, they are times.
    let asked = trailhound_query::search::Query::parse(search, crate::now());
    let asked = asked.map_or_else(|_| search.to_owned(), |query| query.to_string());
    let mut events = desk.events(&asked, GROUPED_MAX);
    events.reverse();
    let all = trailhound_trace::actions(&events);
    let left = all.len().saturating_sub(desk.limit);
    if left > 0 {
        desk.note(format!("{left} older actions are not shown; --limit shows more"));
    }
    let mut rows = Vec::new();
    for action in all.iter().skip(left) {
        let calls: Vec<&Event> = action.calls.iter().filter_map(|at| events.get(*at)).collect();
        let is_write = |event: &&&Event| event.read_only != Some(true);
        let Some(shown) = calls.iter().find(is_write).or(calls.first()) else { continue };
        let time = |at: Option<trailhound_record::Timestamp>| at.map(time_text).unwrap_or_default();
        rows.push(vec![
            time(action.first),
            desk.actor(shown),
            if action.is_console { "console" } else { "program" }.to_owned(),
            action.title.clone(),
            calls.len().to_string(),
            shown.source_ip_address.clone().unwrap_or_default(),
            shown.event_id.clone().unwrap_or_default(),
        ]);
        for call in calls.iter().filter(|_| has_calls && calls.len() > 1) {
            rows.push(vec![
                time(call.event_time),
                String::new(),
                String::new(),
                format!("  {}", call.event_name.as_deref().unwrap_or("(no name)")),
                String::new(),
                call.source_ip_address.clone().unwrap_or_default(),
                call.event_id.clone().unwrap_or_default(),
            ]);
        }
    }
    let columns = ["event_time", "actor", "by", "action", "calls", "source_ip_address", "event_id"];
    desk.table("actions, oldest first", &columns, rows);
    Ok(())
}
