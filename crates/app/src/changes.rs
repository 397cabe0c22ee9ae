//! What changed before something broke, what an engineer would look at first on top.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use trailhound_query::columnar::{self, Interval};
use trailhound_query::search::{Expr, Query, TimeRange, parse_time};
use trailhound_query::{Coverage, LookupQuery};
use trailhound_record::time::{MICROS_PER_DAY, MICROS_PER_SECOND};
use trailhound_record::{Event, Timestamp};
use trailhound_store::Snapshot;
use trailhound_trace::{Attribution, Tracer};

use crate::App;
use crate::lookup::LookupError;

/// So many changes of a window are ranked.
const RANKED_MAX: usize = 5_000;
/// The first so many are looked at closely: rarity and actor cost a question each.
const CLOSE_MAX: usize = 200;
/// How far the graph around the named resource is followed, and how large it gets.
const HOPS: usize = 3;
const GRAPH_MAX: usize = 400;
/// How long before and after a change errors are compared.
const ERRORS_MINUTES: i64 = 5;
const MINUTE: i64 = 60 * MICROS_PER_SECOND;
/// Rarity is told from so many days before.
const RARITY_DAYS: i64 = 90;

/// Which changes.
#[derive(Debug, Clone)]
pub struct ChangesQuery {
    /// The moment at which it was broken; changes up to then count.
    pub at: Timestamp,
    /// How far back to look, in microseconds.
    pub window_micros: i64,
    /// The resource that broke.
    pub near: Option<String>,
    /// What else the changes must match.
    pub scope: Option<Query>,
    /// At most so many.
    pub limit: usize,
}

/// The changes of a window, ranked.
#[derive(Debug)]
pub struct Changes {
    /// The window, or the part of it that was ranked.
    pub range: (Timestamp, Timestamp),
    /// What an engineer would look at first, first.
    pub ranked: Vec<RankedChange>,
    /// Changes that matched, shown or not; when [`Changes::is_cut`], at least so many.
    pub changes: u64,
    /// Whether more changes matched than can be ranked.
    pub is_cut: bool,
    /// Calls in the window that only read: at most so many.
    pub reads_hidden: u64,
    /// Writes that failed.
    pub failed_hidden: u64,
    /// Writes that machines make all the time and that change no configuration.
    pub noise_hidden: u64,
    /// How many resources are known to be near the one that broke.
    pub related: usize,
    /// The searches that were run, times included.
    pub searches: ChangesSearches,
    /// What was looked at.
    pub coverage: Coverage,
}

/// The searches behind the numbers of [`Changes`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangesSearches {
    /// What was ranked.
    pub changes: String,
    /// What only read.
    pub reads: String,
    /// What failed.
    pub failed: String,
    /// What machines write all the time.
    pub noise: String,
}

/// One change and why it stands where it does.
#[derive(Debug)]
pub struct RankedChange {
    /// The event.
    pub event: Event,
    /// The sum of the points of its reasons.
    pub score: i64,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Who made it.
    pub attribution: Attribution,
}

/// Something that moves a change up or down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// How far.
    pub points: i64,
    /// Why, for people.
    pub text: String,
}

impl App {
    /// Ranks the successful writes of a window before a moment.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn changes(&self, query: &ChangesQuery) -> Result<Changes, LookupError> {
        let snapshot = self.store().snapshot()?;
        let start = Timestamp(query.at.0.saturating_sub(query.window_micros));
        // The moment itself belongs to the window: events have whole seconds.
        let end = Timestamp(query.at.0.saturating_add(MICROS_PER_SECOND));
        let searches = ChangesSearches::of(query, start, end);
        let in_scope = |text: &str| LookupQuery {
            search: Query::parse(text, query.at).ok(),
            start: Some(start),
            end: Some(end),
            ..LookupQuery::default()
        };
        let wanted = in_scope(&searches.changes);
        let mut page = trailhound_query::lookup(&snapshot, &wanted, None, RANKED_MAX);
        let is_cut = page.next.is_some();
        page.events.retain(|event| !event.has_failed() && !event.only_reads());
        let reads_hidden = trailhound_query::candidates(&snapshot, &in_scope(&searches.reads)).0;
        let mut count = |text: &str| {
            let query = in_scope(text);
            let range = TimeRange { start: query.start, end: query.end };
            let search = query.search.unwrap_or_else(|| Query::from(Expr::All));
            let counted = columnar::count(&snapshot, &search, range);
            page.coverage.unreadable.extend(counted.coverage.unreadable);
            counted.events
        };
        let failed_hidden = count(&searches.failed);
        let noise_hidden = count(&searches.noise);
        // Cut, the answer begins at the oldest change that was ranked.
        let oldest = page.events.last().and_then(|event| event.event_time);
        let start = if is_cut { oldest.unwrap_or(start) } else { start };

        let near = match &query.near {
            Some(resource) => self.distances(resource)?,
            None => HashMap::new(),
        };
        let errors = errors_by_minute(&snapshot, start, end);
        let changes = page.events.len() as u64;
        let judge = Judge { query, near: &near, errors: &errors };
        let mut tracer = Tracer::new(Arc::clone(&snapshot));
        let ranked = ranked(&snapshot, &judge, page.events, &mut tracer);
        let unreadable = &mut page.coverage.unreadable;
        unreadable.extend(tracer.unreadable().iter().cloned());
        unreadable.sort();
        unreadable.dedup();
        let related = near.len().saturating_sub(1);
        Ok(Changes {
            range: (start, end),
            ranked,
            changes,
            is_cut,
            reads_hidden,
            failed_hidden,
            noise_hidden,
            related,
            searches,
            coverage: page.coverage,
        })
    }

    /// How many steps away each resource around `resource` is.
    fn distances(&self, resource: &str) -> Result<HashMap<String, usize>, LookupError> {
        let names = crate::history::names_of(resource);
        let related = self.related_within(&names, HOPS, GRAPH_MAX)?;
        let own = names.into_iter().map(|name| (name, 0));
        Ok(own.chain(related.into_iter().map(|one| (one.resource, one.hops))).collect())
    }
}

impl ChangesSearches {
    fn of(query: &ChangesQuery, start: Timestamp, end: Timestamp) -> Self {
        let scope = query.scope.as_ref().map(|scope| format!("({scope}) ")).unwrap_or_default();
        let whole = |text: &str| format!("{scope}{text} since:{start} until:{end}");
        let noise = format!("event:({})", NOISE.join(" OR "));
        Self {
            changes: whole(&format!("-is:read -is:error -is:insight -{noise}")),
            reads: whole("is:read"),
            failed: whole("-is:read is:error"),
            noise: whole(&format!("-is:read -is:error {noise}")),
        }
    }
}

impl Changes {
    /// The changes as JSON.
    pub fn json(&self) -> Value {
        json!({
            "start": self.range.0.to_string(),
            "end": self.range.1.to_string(),
            "changes": self.ranked.iter().map(RankedChange::json).collect::<Vec<_>>(),
            "matching": self.changes,
            "is_cut": self.is_cut,
            "reads_hidden_at_most": self.reads_hidden,
            "failed_hidden": self.failed_hidden,
            "noise_hidden": self.noise_hidden,
            "related": self.related,
            "searches": self.searches,
            "unreadable": self.coverage.unreadable,
        })
    }
}

impl RankedChange {
    /// The change as JSON.
    pub fn json(&self) -> Value {
        let event = &self.event;
        json!({
            "score": self.score,
            "reasons": self.reasons,
            "event_time": event.event_time.map(|at| at.to_string()),
            "event_name": event.event_name,
            "event_source": event.event_source,
            "event_id": event.event_id,
            "account_id": event.account_id,
            "aws_region": event.aws_region,
            "source_ip_address": event.source_ip_address,
            "resources": event.resources.iter().map(|it| &it.resource_name).collect::<Vec<_>>(),
            "who": self.attribution,
        })
    }
}

/// How long a window is that is written as an age, `30m`; in microseconds.
pub fn parse_window(text: &str) -> Option<i64> {
    let age = text.trim().trim_start_matches('-');
    // Dates and `now` are times, no ages.
    let is_age = age.chars().all(|c| c.is_ascii_digit() || "smhdw".contains(c));
    let start = parse_time(age, Timestamp(0)).filter(|_| is_age)?;
    Some(start.0.saturating_neg()).filter(|micros| *micros > 0)
}

/// The changes in the order in which an engineer would look at them, as many as were asked for.
fn ranked(
    snapshot: &Snapshot,
    judge: &Judge<'_>,
    events: Vec<Event>,
    tracer: &mut Tracer,
) -> Vec<RankedChange> {
    let with_reasons = |event: Event| {
        let reasons = judge.reasons(&event);
        (event, reasons)
    };
    let mut ranked: Vec<(Event, Vec<Reason>)> = events.into_iter().map(with_reasons).collect();
    rank(&mut ranked);
    for (event, reasons) in ranked.iter_mut().take(CLOSE_MAX) {
        reasons.extend(rarity(snapshot, event));
    }
    rank(&mut ranked);
    ranked.truncate(judge.query.limit);
    ranked
        .into_iter()
        .map(|(event, mut reasons)| {
            reasons.sort_by_key(|reason| -reason.points);
            let attribution = tracer.attribute(&event);
            RankedChange { score: score(&reasons), reasons, attribution, event }
        })
        .collect()
}

fn score(reasons: &[Reason]) -> i64 {
    reasons.iter().map(|reason| reason.points).sum()
}

/// The most points first; of equals the newest.
fn rank(ranked: &mut [(Event, Vec<Reason>)]) {
    ranked.sort_by(|a, b| {
        score(&b.1)
            .cmp(&score(&a.1))
            .then_with(|| b.0.event_time.cmp(&a.0.event_time))
            .then_with(|| a.0.event_id.cmp(&b.0.event_id))
    });
}

/// What machines write all the time: reports, log streams, credentials, messages.
const NOISE: &[&str] = &[
    "UpdateInstanceInformation",
    "UpdateInstanceAssociationStatus",
    "PutInventory",
    "PutComplianceItems",
    "CreateLogStream",
    "CreateLogGroup",
    "PutLogEvents",
    "PutMetricData",
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "GetSessionToken",
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "CreateGrant",
    "RetireGrant",
    "Sign",
    "StartQuery",
    "PutObject",
    "Invoke",
    "PutItem",
    "UpdateItem",
    "SendMessage",
    "DeleteMessage",
    "ReceiveMessage",
    "PutEvents",
    "PutRecord",
    "PutRecords",
    "Publish",
    "CreateControlChannel",
    "OpenControlChannel",
    "OpenDataChannel",
    "SubmitTaskStateChange",
    "SubmitContainerStateChange",
    "RegisterContainerInstance",
    "PollForTask",
];

/// What a change can break, by its name: points and words.
const KINDS: &[(&str, i64, &str)] = &[
    ("Route", 30, "changes a route"),
    ("SecurityGroup", 25, "changes a security group"),
    ("NetworkAcl", 25, "changes a network ACL"),
    ("NatGateway", 25, "changes a NAT gateway"),
    ("InternetGateway", 25, "changes an internet gateway"),
    ("TransitGateway", 25, "changes a transit gateway"),
    ("VpcPeering", 25, "changes a peering"),
    ("VpcEndpoint", 20, "changes a VPC endpoint"),
    ("ResourceRecordSets", 25, "changes DNS records"),
    ("Vpn", 20, "changes a VPN"),
    ("Subnet", 15, "changes a subnet"),
    ("Address", 15, "changes an address"),
    ("NetworkInterface", 15, "changes a network interface"),
    ("KeyDeletion", 25, "schedules a key's deletion"),
    ("DisableKey", 25, "disables a key"),
    ("KeyPolicy", 20, "changes a key's policy"),
    ("Policy", 20, "changes a policy"),
    ("Listener", 15, "changes a load balancer"),
    ("TargetGroup", 15, "changes a load balancer"),
    ("LoadBalancer", 15, "changes a load balancer"),
    ("FunctionCode", 15, "deploys code"),
    ("FunctionConfiguration", 15, "changes a function"),
    ("UpdateService", 15, "deploys a service"),
    ("TaskDefinition", 10, "deploys a service"),
    ("DBInstance", 15, "changes a database"),
    ("DBCluster", 15, "changes a database"),
    ("Parameter", 10, "changes a parameter"),
    ("Secret", 15, "changes a secret"),
    ("Stack", 10, "changes a stack"),
    ("AutoScaling", 10, "changes an Auto Scaling group"),
];

struct Judge<'a> {
    query: &'a ChangesQuery,
    near: &'a HashMap<String, usize>,
    errors: &'a HashMap<i64, u64>,
}

impl Judge<'_> {
    fn reasons(&self, event: &Event) -> Vec<Reason> {
        let parts = [
            self.distance(event),
            kind(event),
            ends(event),
            self.closeness(event),
            self.errors_after(event),
        ];
        parts.into_iter().flatten().collect()
    }

    fn distance(&self, event: &Event) -> Option<Reason> {
        let resource = self.query.near.as_ref()?;
        let listed = event.resources.iter().map(|found| &found.resource_name);
        let names = listed.chain(&event.resource_ids);
        let nearest = names
            .filter_map(|name| self.near.get(name).map(|hops| (*hops, name)))
            .min_by_key(|(hops, _)| *hops);
        Some(match nearest {
            Some((0, _)) => reason(40, format!("names {resource}")),
            Some((1, name)) => reason(28, format!("names {name}, one step from {resource}")),
            Some((2, name)) => reason(18, format!("names {name}, two steps from {resource}")),
            Some((hops, name)) => reason(10, format!("names {name}, {hops} steps from {resource}")),
            None => reason(-10, format!("no known relation to {resource}")),
        })
    }

    fn closeness(&self, event: &Event) -> Option<Reason> {
        let before = (self.query.at.0 - event.event_time?.0).max(0);
        let share = 20 * (self.query.window_micros - before) / self.query.window_micros.max(1);
        let minutes = before / MINUTE;
        let text = match minutes {
            0 => "less than a minute before".to_owned(),
            1 => "a minute before".to_owned(),
            minutes => format!("{minutes} minutes before"),
        };
        Some(reason(share.clamp(0, 20), text))
    }

    fn errors_after(&self, event: &Event) -> Option<Reason> {
        let minute = event.event_time?.0.div_euclid(MINUTE);
        let sum = |minutes: std::ops::Range<i64>| -> u64 {
            minutes.filter_map(|minute| self.errors.get(&minute)).sum()
        };
        // The minute of the change itself belongs to neither.
        let before = sum(minute - ERRORS_MINUTES..minute);
        let after = sum(minute + 1..minute + 1 + ERRORS_MINUTES);
        (after > 2 * before + 5).then(|| {
            reason(
                12,
                format!(
                    "{after} calls failed in the {ERRORS_MINUTES} minutes after, {before} before"
                ),
            )
        })
    }
}

fn reason(points: i64, text: String) -> Reason {
    Reason { points, text }
}

fn kind(event: &Event) -> Option<Reason> {
    let name = event.event_name.as_deref()?;
    if name.ends_with("Tags") || name.starts_with("Tag") || name.starts_with("Untag") {
        return Some(reason(-5, "only changes tags".to_owned()));
    }
    let known = KINDS.iter().find(|(part, ..)| name.contains(part));
    if let Some((_, points, text)) = known {
        return Some(reason(*points, (*text).to_owned()));
    }
    (event.event_source.as_deref() == Some("iam.amazonaws.com"))
        .then(|| reason(20, "changes IAM".to_owned()))
}

fn ends(event: &Event) -> Option<Reason> {
    const ENDS: &[&str] = &[
        "Delete",
        "Terminate",
        "Detach",
        "Disassociate",
        "Revoke",
        "Remove",
        "Deregister",
        "Release",
        "Stop",
        "Disable",
        "Reject",
        "Deactivate",
    ];
    let name = event.event_name.as_deref()?;
    let ends = ENDS.iter().any(|verb| name.starts_with(verb));
    ends.then(|| reason(15, "takes something away".to_owned()))
}

/// How often failures came, minute by minute, around the window.
fn errors_by_minute(snapshot: &Snapshot, start: Timestamp, end: Timestamp) -> HashMap<i64, u64> {
    let Ok(failed) = Query::parse("is:error", end) else { return HashMap::new() };
    let around = ERRORS_MINUTES * MINUTE;
    let range = TimeRange {
        start: Some(Timestamp(start.0.saturating_sub(around))),
        end: Some(Timestamp(end.0.saturating_add(around + MINUTE))),
    };
    let minute = Interval::from_seconds(60);
    let Ok(found) = columnar::histogram(snapshot, &failed, range, minute, None) else {
        return HashMap::new();
    };
    found.buckets.iter().map(|bucket| (bucket.start.0.div_euclid(MINUTE), bucket.events)).collect()
}

/// How rare such a call is for its user, by the calls before it.
fn rarity(snapshot: &Snapshot, event: &Event) -> Option<Reason> {
    let (user, name) = (event.username.as_ref()?, event.event_name.as_ref()?);
    let at = event.event_time?;
    let query = LookupQuery {
        username: Some(user.clone()),
        event_name: Some(name.clone()),
        start: Some(Timestamp(at.0.saturating_sub(RARITY_DAYS * MICROS_PER_DAY))),
        end: Some(at),
        ..LookupQuery::default()
    };
    let (before, coverage) = trailhound_query::candidates(snapshot, &query);
    match before {
        // What cannot be read may hold such calls: nothing is said of rarity.
        _ if !coverage.unreadable.is_empty() => None,
        0 => Some(reason(
            10,
            format!("the first {name} by {user} that the store has, {RARITY_DAYS} days back"),
        )),
        1..=3 => Some(reason(5, format!("{user} seldom calls {name}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_an_age() {
        assert_eq!(parse_window("30m"), Some(30 * MINUTE));
        assert_eq!(parse_window(" -1h30m "), Some(90 * MINUTE));
        for wrong in ["", "0m", "soon", "now", "1969-01-01", "1969-01-01T00:00:00Z", "30"] {
            assert_eq!(parse_window(wrong), None, "{wrong}");
        }
    }
}
