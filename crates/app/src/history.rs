//! The history of one resource: what touched it, what that changed, who did it, and what lies near it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::{Value, json};
use trailhound_query::search::Query;
use trailhound_query::{Coverage, LookupQuery};
use trailhound_record::{Event, Timestamp};
pub use trailhound_replay::{Before, Change, Kind, Step};
use trailhound_trace::{Attribution, Tracer};

use crate::App;
use crate::lookup::LookupError;

/// So many neighbours of one resource are followed.
const NEIGHBOURS_MAX: usize = 12;
/// So many resources a graph may have.
const GRAPH_MAX: usize = 60;
/// So many events of a neighbour are read to find its own neighbours.
const NEIGHBOUR_EVENTS: usize = 200;
/// So many associations of a resource are followed.
const ASSOCIATIONS_MAX: usize = 200;
/// So many lines say what a call was about.
const ABOUT_MAX: usize = 4;
/// An event that names more resources than this says nothing about how they belong together.
const TOGETHER_MAX: usize = 40;

/// Which resource, and which of its events.
#[derive(Debug, Clone, Default)]
pub struct HistoryQuery {
    /// Its id, ARN or name.
    pub resource: String,
    /// Its type, where the name alone is ambiguous.
    pub resource_type: Option<String>,
    /// Its account, where several have a resource of this name.
    pub account_id: Option<String>,
    /// The earliest event time.
    pub start: Option<Timestamp>,
    /// The first event time that is too late.
    pub end: Option<Timestamp>,
    /// Whether calls that only read are wanted too.
    pub has_reads: bool,
    /// At most so many events, the newest.
    pub limit: usize,
    /// How far to follow what lies near it: 0 for not at all.
    pub hops: usize,
}

/// The history of a resource.
#[derive(Debug)]
pub struct ResourceHistory {
    /// The names that its events use.
    pub names: Vec<String>,
    /// The type that it was taken for; nothing when no event says one.
    pub resource_type: Option<String>,
    /// Other types of resources with the same name, and how many events say so.
    pub other_types: Vec<(String, u64)>,
    /// The account whose resource it was taken for; other accounts have resources of this name.
    pub account_id: Option<String>,
    /// These accounts, and how many events each has.
    pub other_accounts: Vec<(String, u64)>,
    /// What happened, oldest first.
    pub entries: Vec<Entry>,
    /// Calls that only read and are not shown: at most so many.
    pub reads_hidden: u64,
    /// Whether older events are left out, because there are more than the limit.
    pub is_cut: bool,
    /// What lies near it, the nearest first.
    pub related: Vec<Related>,
    /// What was looked at.
    pub coverage: Coverage,
}

/// One event of a history.
#[derive(Debug)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// What it did to the resource.
    pub step: Step,
    /// Who did it.
    pub attribution: Attribution,
    /// Whether another change has the same time: which of them came first is not known.
    pub is_tie: bool,
    /// Of an event that named the resource and changed another: what it was about, in words.
    pub about: Vec<String>,
}

/// What [`App::told`] finds.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) names: Vec<String>,
    pub(crate) resource_type: Option<String>,
    pub(crate) other_types: Vec<(String, u64)>,
    pub(crate) account_id: Option<String>,
    pub(crate) other_accounts: Vec<(String, u64)>,
    pub(crate) steps: Vec<ToldStep>,
    pub(crate) is_cut: bool,
    pub(crate) coverage: Coverage,
}

/// One event of a resource, and what it did.
#[derive(Debug)]
pub(crate) struct ToldStep {
    pub(crate) event: Event,
    pub(crate) step: Step,
    pub(crate) is_tie: bool,
}

/// A resource that events name together with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Its id or ARN.
    pub resource: String,
    /// Its type, where an event says one.
    pub resource_type: Option<String>,
    /// The resource that it was named together with.
    pub beside: String,
    /// How many steps it is away.
    pub hops: usize,
    /// How many events name both.
    pub events: u64,
    /// The newest of them.
    pub event_name: Option<String>,
}

impl App {
    /// Tells the history of a resource.
    ///
    /// Shape: entries oldest first; changes are those of the whole history up to each entry, as far as it
    /// is within the limit.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn history(&self, query: &HistoryQuery) -> Result<ResourceHistory, LookupError> {
        let snapshot = self.store().snapshot()?;
        let mut told = self.told(&snapshot, query);
        let mut tracer = Tracer::new(std::sync::Arc::clone(&snapshot));
        let entries = std::mem::take(&mut told.steps).into_iter().map(|told_step| {
            let ToldStep { event, step, is_tie } = told_step;
            let attribution = tracer.attribute(&event);
            let about =
                if step.kind == Kind::Touch { about(&event, &told.names) } else { Vec::new() };
            Entry { event, step, attribution, is_tie, about }
        });
        let entries = entries.collect();
        let mut coverage = std::mem::take(&mut told.coverage);
        coverage.unreadable.extend(tracer.unreadable().iter().cloned());
        let reads_hidden = match query.has_reads {
            true => 0,
            false => {
                let reads = |name: &String| reads_of(&snapshot, name, query, &mut coverage);
                told.names.iter().map(reads).sum()
            }
        };
        coverage.unreadable.sort();
        coverage.unreadable.dedup();
        let related = match query.hops {
            0 => Vec::new(),
            hops => self.related(&told.names, hops)?,
        };
        Ok(ResourceHistory {
            names: told.names,
            resource_type: told.resource_type,
            other_types: told.other_types,
            account_id: told.account_id,
            other_accounts: told.other_accounts,
            entries,
            reads_hidden,
            is_cut: told.is_cut,
            related,
            coverage,
        })
    }

    /// The events of a resource and what each did to it, oldest first.
    pub(crate) fn told(&self, snapshot: &trailhound_store::Snapshot, query: &HistoryQuery) -> Told {
        let mut coverage = Coverage::default();
        let names = names_of(&query.resource);
        let mut events = Vec::new();
        let mut is_cut = false;
        for name in &names {
            let lookup = lookup_of(name, query, !query.has_reads);
            let page = trailhound_query::lookup(snapshot, &lookup, None, query.limit);
            is_cut |= page.next.is_some();
            coverage.add_once(&page.coverage);
            events.extend(page.events);
        }
        is_cut |= self.add_by_association(snapshot, query, &mut events, &mut coverage);
        in_order(&mut events);
        let (resource_type, other_types) = types_of(&events, &names, query);
        if let Some(kind) = &resource_type {
            events.retain(|event| is_of_type(event, &names, kind));
        }
        let (account_id, other_accounts) =
            accounts_of(&events, &query.resource, query.account_id.as_deref());
        if let Some(account) = &account_id {
            events.retain(|event| event.account_id.as_ref() == Some(account));
        }
        let mut fold = trailhound_replay::History::new(names.clone());
        let folded = events.into_iter().map(|event| {
            let step = fold.push(&event);
            ToldStep { event, step, is_tie: false }
        });
        let steps = with_ties(folded.collect());
        Told {
            names,
            resource_type,
            other_types,
            account_id,
            other_accounts,
            steps,
            is_cut,
            coverage,
        }
    }

    /// Adds the events that name the resource only by an id that an event of it gave: `DisassociateAddress`
    /// names the association, not the address. Returns whether some may be left out.
    fn add_by_association(
        &self,
        snapshot: &trailhound_store::Snapshot,
        query: &HistoryQuery,
        events: &mut Vec<Event>,
        coverage: &mut Coverage,
    ) -> bool {
        const KINDS: &[&str] = &["rtbassoc-", "aclassoc-", "eipassoc-", "eni-attach-", "sgr-"];
        let is_association = |id: &&String| KINDS.iter().any(|kind| id.starts_with(kind));
        let mut asked: HashSet<String> = HashSet::new();
        let mut waiting: Vec<String> = events
            .iter()
            .flat_map(|event| &event.resource_ids)
            .filter(is_association)
            .cloned()
            .collect();
        while let Some(id) = waiting.pop() {
            if asked.len() == ASSOCIATIONS_MAX {
                return true;
            }
            if !asked.insert(id.clone()) {
                continue;
            }
            let lookup = lookup_of(&id, query, !query.has_reads);
            let page = trailhound_query::lookup(snapshot, &lookup, None, query.limit);
            coverage.add_once(&page.coverage);
            if query.resource.starts_with("subnet-") {
                // A subnet goes from association to association; a table only loses one.
                let next = page.events.iter().flat_map(|event| &event.resource_ids);
                waiting.extend(next.filter(is_association).cloned());
            }
            events.extend(page.events);
        }
        false
    }

    /// What events name together with the resource, and what they name together with that.
    ///
    /// Shape: breadth first, at most so many steps away; the most often named first within a step.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn related(&self, names: &[String], hops: usize) -> Result<Vec<Related>, LookupError> {
        self.related_within(names, hops, GRAPH_MAX)
    }

    /// As [`App::related`], of at most `most` resources.
    pub(crate) fn related_within(
        &self,
        names: &[String],
        hops: usize,
        most: usize,
    ) -> Result<Vec<Related>, LookupError> {
        let mut seen: HashSet<String> = names.iter().cloned().collect();
        let mut found: Vec<Related> = Vec::new();
        let mut edge: Vec<String> = names.to_vec();
        for hop in 1..=hops {
            let mut next = Vec::new();
            for name in &edge {
                for related in self.beside(name, hop, &seen)? {
                    if found.len() < most && seen.insert(related.resource.clone()) {
                        next.push(related.resource.clone());
                        found.push(related);
                    }
                }
            }
            edge = next;
        }
        Ok(found)
    }

    /// The resources that successful writes name together with `name`.
    fn beside(
        &self,
        name: &str,
        hops: usize,
        seen: &HashSet<String>,
    ) -> Result<Vec<Related>, LookupError> {
        let query = HistoryQuery { resource: name.to_owned(), ..HistoryQuery::default() };
        let page = self.lookup(&lookup_of(name, &query, true), None, NEIGHBOUR_EVENTS)?;
        let mut counts: HashMap<&str, (u64, &Event)> = HashMap::new();
        for event in page.events.iter().filter(|event| !event.has_failed()) {
            let is_seen = |id: &str| seen.contains(id) || seen.contains(short(id));
            let has_id = |id: &str| event.resource_ids.iter().any(|other| other == id);
            let ids = event.resource_ids.iter().filter(|id| is_node(id) && !is_seen(id));
            // An id and the ARN made of it are one thing.
            let ids: Vec<_> =
                ids.filter(|id| !id.starts_with("arn:") || !has_id(short(id))).collect();
            if ids.len() > TOGETHER_MAX {
                continue;
            }
            for id in ids {
                counts.entry(id).or_insert((0, event)).0 += 1;
            }
        }
        let mut related: Vec<Related> = counts
            .into_iter()
            .map(|(id, (events, newest))| Related {
                resource: id.to_owned(),
                resource_type: type_in(newest, id),
                beside: name.to_owned(),
                hops,
                events,
                event_name: newest.event_name.clone(),
            })
            .collect();
        related.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.resource.cmp(&b.resource)));
        related.truncate(NEIGHBOURS_MAX);
        Ok(related)
    }
}

impl Entry {
    /// The entry as JSON.
    pub fn json(&self) -> Value {
        let event = &self.event;
        json!({
            "event_time": event.event_time.map(|at| at.to_string()),
            "event_name": event.event_name,
            "event_source": event.event_source,
            "event_id": event.event_id,
            "account_id": event.account_id,
            "aws_region": event.aws_region,
            "source_ip_address": event.source_ip_address,
            "user_agent": event.user_agent,
            "error_code": event.error_code,
            "error_message": event.error_message,
            "kind": self.step.kind,
            "changes": self.step.changes,
            "is_tie": self.is_tie,
            "about": self.about,
            "who": self.attribution,
        })
    }
}

impl ResourceHistory {
    /// The history as JSON.
    pub fn json(&self) -> Value {
        json!({
            "resource": self.names,
            "resource_type": self.resource_type,
            "other_types": self.other_types,
            "account_id": self.account_id,
            "other_accounts": self.other_accounts,
            "events": self.entries.iter().map(Entry::json).collect::<Vec<_>>(),
            "reads_hidden_at_most": self.reads_hidden,
            "is_cut": self.is_cut,
            "related": self.related,
            "unreadable": self.coverage.unreadable,
        })
    }
}

/// Whether an id stands for a part of the network or another lasting thing, not for credentials, images
/// or associations.
fn is_node(id: &str) -> bool {
    const NOT: &[&str] = &[
        "ami-",
        "AKIA",
        "ASIA",
        "AIDA",
        "AROA",
        "rtbassoc-",
        "eipassoc-",
        "aclassoc-",
        "r-",
        "sgr-",
    ];
    !NOT.iter().any(|prefix| id.starts_with(prefix))
}

/// The names under which events may know the resource: an ARN's last part is one too.
pub(crate) fn names_of(resource: &str) -> Vec<String> {
    let mut names = vec![resource.to_owned()];
    if resource.starts_with("arn:") {
        let last = short(resource);
        if !last.is_empty() {
            names.push(last.to_owned());
        }
    }
    names
}

/// The last part of an ARN.
fn short(id: &str) -> &str {
    id.rsplit(['/', ':']).next().unwrap_or(id)
}

fn lookup_of(name: &str, query: &HistoryQuery, is_write: bool) -> LookupQuery {
    let search = is_write.then(|| Query::parse("-is:read", Timestamp(0)).ok()).flatten();
    LookupQuery {
        resource_name: Some(name.to_owned()),
        search,
        start: query.start,
        end: query.end,
        ..LookupQuery::default()
    }
}

/// How many reads name the resource, at most: by the index.
fn reads_of(
    snapshot: &trailhound_store::Snapshot,
    name: &str,
    query: &HistoryQuery,
    coverage: &mut Coverage,
) -> u64 {
    let reads = LookupQuery { read_only: Some(true), ..lookup_of(name, query, false) };
    let (most, looked_at) = trailhound_query::candidates(snapshot, &reads);
    coverage.unreadable.extend(looked_at.unreadable);
    coverage.unreadable.sort();
    coverage.unreadable.dedup();
    most
}

/// Oldest first, each event once. Events of one second come in the order of what must be there before:
/// what makes something stands before what uses it.
pub(crate) fn in_order(events: &mut Vec<Event>) {
    let rank = |event: &Event| {
        let name = event.event_name.as_deref().unwrap_or_default();
        match () {
            () if ["Create", "Run", "Allocate"].iter().any(|verb| name.starts_with(verb)) => 0,
            () if ["Delete", "Terminate", "Release"].iter().any(|verb| name.starts_with(verb)) => 2,
            () => 1,
        }
    };
    events.sort_by(|a, b| {
        (a.event_time, rank(a), &a.event_id, a.conflict).cmp(&(
            b.event_time,
            rank(b),
            &b.event_id,
            b.conflict,
        ))
    });
    let mut seen = HashSet::new();
    events.retain(|event| {
        seen.insert((event.account_id.clone(), event.event_id.clone(), event.conflict))
    });
}

/// The type that most events say, or the one asked for, and the others.
fn types_of(
    events: &[Event],
    names: &[String],
    query: &HistoryQuery,
) -> (Option<String>, Vec<(String, u64)>) {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for event in events {
        let own = event.resources.iter().filter(|found| names.contains(&found.resource_name));
        let types: HashSet<&String> =
            own.filter_map(|found| found.resource_type.as_ref()).collect();
        for kind in types {
            *counts.entry(kind.clone()).or_default() += 1;
        }
    }
    let mut types: Vec<(String, u64)> = counts.into_iter().collect();
    types.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let wanted = query.resource_type.clone();
    let chosen = wanted.or_else(|| types.first().map(|(kind, _)| kind.clone()));
    types.retain(|(kind, _)| Some(kind) != chosen.as_ref());
    (chosen, types)
}

/// The account that most events of a name are of, or the one asked for, and the others. An ARN with an account
/// and EC2's ids are of one account: copies in others tell of the same resource.
fn accounts_of(
    events: &[Event],
    resource: &str,
    wanted: Option<&str>,
) -> (Option<String>, Vec<(String, u64)>) {
    let is_unique = resource.split(':').nth(4).is_some_and(|account| !account.is_empty())
        || resource.rsplit_once('-').is_some_and(|(_, digits)| {
            matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    if is_unique && wanted.is_none() {
        return (None, Vec::new());
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for account in events.iter().filter_map(|event| event.account_id.clone()) {
        *counts.entry(account).or_default() += 1;
    }
    let mut accounts: Vec<(String, u64)> = counts.into_iter().collect();
    accounts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let most = accounts.first().map(|(account, _)| account.clone());
    let chosen = wanted.map(str::to_owned).or_else(|| most.filter(|_| accounts.len() > 1));
    if chosen.is_none() {
        return (None, Vec::new());
    }
    accounts.retain(|(account, _)| Some(account) != chosen.as_ref());
    (chosen, accounts)
}

/// Marks changes that share their time with another change.
fn with_ties(mut steps: Vec<ToldStep>) -> Vec<ToldStep> {
    let changes = |it: &ToldStep| !it.step.changes.is_empty() && it.event.event_time.is_some();
    let ties: Vec<bool> = (0..steps.len())
        .map(|at| {
            let is_same = |other: Option<&ToldStep>| {
                let Some(step) = steps.get(at) else { return false };
                other.is_some_and(|other| {
                    changes(step)
                        && changes(other)
                        && other.event.event_time == step.event.event_time
                })
            };
            at.checked_sub(1).is_some_and(|before| is_same(steps.get(before)))
                || is_same(steps.get(at + 1))
        })
        .collect();
    for (step, is_tie) in steps.iter_mut().zip(ties) {
        step.is_tie = is_tie;
    }
    steps
}

/// What a call did to other resources than `own`, or which it named: a few of them.
fn about(event: &Event, own: &[String]) -> Vec<String> {
    let mut names: Vec<&String> = Vec::new();
    let listed = event.resources.iter().map(|found| &found.resource_name);
    for name in listed.chain(&event.resource_ids) {
        let is_own = own.iter().any(|other| other == name || other == short(name));
        let is_known = names.iter().any(|other| short(other) == short(name));
        if !is_own && !is_known && names.len() < ABOUT_MAX {
            names.push(name);
        }
    }
    let mut done = Vec::new();
    for name in &names {
        for write in trailhound_replay::effects(event, std::slice::from_ref(*name)).writes {
            let after = write.after.as_deref().unwrap_or("(none)");
            done.push(format!("{name}: {} = {after}", write.path));
        }
    }
    done.truncate(ABOUT_MAX);
    match done.is_empty() {
        true => names.into_iter().map(|name| format!("named with {name}")).collect(),
        false => done,
    }
}

/// Whether the event may be about the resource of this type: it says so, or says no type of it.
fn is_of_type(event: &Event, names: &[String], kind: &str) -> bool {
    let own = event.resources.iter().filter(|found| names.contains(&found.resource_name));
    let mut types = own.filter_map(|found| found.resource_type.as_deref()).peekable();
    types.peek().is_none() || types.any(|found| found == kind)
}

fn type_in(event: &Event, id: &str) -> Option<String> {
    let found = event.resources.iter().find(|found| found.resource_name == id);
    found.and_then(|found| found.resource_type.clone())
}
