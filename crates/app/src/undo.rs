//! The way back from events: which to take, the states around each, and the plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trailhound_query::search::Query;
use trailhound_query::{Coverage, LookupQuery};
use trailhound_record::{Event, Timestamp};
pub use trailhound_replay::inverse::{
    self, Call, Class, Conflict, Options, Plan, Question, Step, Told, Undone, render,
};
use trailhound_replay::state::{input_form, output_form};
use trailhound_trace::{Attribution, Tracer};

use crate::App;
use crate::lookup::LookupError;
use crate::replay::{Replay, ReplayQuery};

/// What may have changed something; signing in and taking a role did not.
const CHANGING: &str = "-is:read -is:error -is:insight -service:(signin OR sts)";
/// So many events one plan may take back.
pub const EVENTS_MAX: usize = 200;

/// Which events to take back.
#[derive(Debug, Clone, Default)]
pub struct UndoQuery {
    /// Their ids; with none, the conditions below say which.
    pub events: Vec<String>,
    /// Who made them: the actor that attribution finds, or the name in the record.
    pub actor: Option<String>,
    /// What they named.
    pub resource: Option<String>,
    /// The account, where several are stored.
    pub account_id: Option<String>,
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// What may be overwritten.
    pub options: Options,
}

/// A plan, and what it rests on.
#[derive(Debug)]
pub struct Undo {
    /// The plan.
    pub plan: Plan,
    /// The events that it takes back, the newest first, with who made each.
    pub events: Vec<(Event, Attribution)>,
    /// Ids that were asked for and that no event has.
    pub missing: Vec<String>,
    /// Ids that were asked for whose event failed or only read: there is nothing to take back.
    pub changed_nothing: Vec<String>,
    /// Whether more events matched than a plan may take back.
    pub is_cut: bool,
    /// The accounts of the events. With more than one the plan is empty: one set of credentials calls in one.
    pub accounts: Vec<String>,
    /// Who made the events. Asked for by a name that several have, the plan is empty.
    pub actors: Vec<String>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

impl App {
    /// Plans the way back. Nothing is changed.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn undo(&self, query: &UndoQuery) -> Result<Undo, LookupError> {
        let mut chosen = match query.events.is_empty() {
            true => self.events_of(query)?,
            false => self.named(&query.events, query.account_id.as_deref())?,
        };
        let mut changed_nothing = Vec::new();
        chosen.events.retain(|(event, _)| {
            let has_changed = !event.has_failed() && event.read_only != Some(true);
            if !has_changed {
                changed_nothing.extend(event.event_id.clone());
            }
            has_changed
        });
        let accounts =
            distinct(chosen.events.iter().filter_map(|(event, _)| event.account_id.clone()));
        let actors = distinct(chosen.events.iter().map(|(_, found)| found.actor.to_string()));
        let replay = self.replay(&replay_of(&chosen.events))?;
        // Events of one second are taken back in the order in which they cannot have come.
        chosen.events.sort_by_key(|(event, _)| {
            let place = event.event_id.as_deref().and_then(|id| replay.find(id));
            std::cmp::Reverse((event.event_time, place))
        });
        let calls: Vec<Call> =
            chosen.events.iter().map(|(event, attribution)| call_of(event, attribution)).collect();
        let is_ambiguous = accounts.len() > 1 || (query.actor.is_some() && actors.len() > 1);
        let events: Vec<inverse::Event<'_>> = calls
            .iter()
            .filter(|_| !is_ambiguous)
            .map(|call| {
                let (before, after) = around(&replay, call);
                inverse::Event { call, before, after }
            })
            .collect();
        let plan = inverse::plan(&events, replay.last(), &query.options);
        Ok(Undo {
            plan,
            missing: chosen.missing,
            changed_nothing,
            is_cut: chosen.is_cut,
            accounts,
            actors,
            events_read: replay.events_read,
            coverage: replay.coverage,
            events: chosen.events,
        })
    }

    fn named(&self, ids: &[String], account: Option<&str>) -> Result<Chosen, LookupError> {
        let mut chosen = Chosen::default();
        let mut tracer = self.tracer()?;
        for id in ids {
            let query = LookupQuery {
                event_id: Some(id.clone()),
                account_id: account.map(str::to_owned),
                ..LookupQuery::default()
            };
            let page = self.lookup(&query, None, EVENTS_MAX)?;
            if page.events.is_empty() {
                chosen.missing.push(id.clone());
            }
            chosen
                .events
                .extend(page.events.into_iter().map(|event| attributed(&mut tracer, event)));
        }
        Ok(chosen)
    }

    fn events_of(&self, query: &UndoQuery) -> Result<Chosen, LookupError> {
        let mut chosen = Chosen::default();
        match &query.resource {
            None => self.add_events_of(query, None, &mut chosen)?,
            // Events of EC2 know a resource by the id in its ARN, which no other resource has; a name is not
            // enough: a user and a role may both be called `admin`.
            Some(resource) => {
                let names = crate::history::names_of(resource).into_iter();
                for name in names.filter(|name| name == resource || is_id(name)) {
                    self.add_events_of(query, Some(name), &mut chosen)?;
                }
            }
        }
        chosen.events.sort_by_key(|(event, _)| std::cmp::Reverse(event.event_time));
        chosen.is_cut |= chosen.events.len() > EVENTS_MAX;
        chosen.events.truncate(EVENTS_MAX);
        Ok(chosen)
    }

    fn add_events_of(
        &self,
        query: &UndoQuery,
        resource_name: Option<String>,
        chosen: &mut Chosen,
    ) -> Result<(), LookupError> {
        // `arn:aws:SERVICE:REGION:ACCOUNT:…`; the account may be empty.
        let arn = query.resource.as_deref().filter(|it| it.starts_with("arn:"));
        let of_arn = arn.and_then(|arn| arn.split(':').nth(4)).filter(|it| !it.is_empty());
        let lookup = LookupQuery {
            search: Query::parse(CHANGING, Timestamp(0)).ok(),
            account_id: query.account_id.clone().or(of_arn.map(str::to_owned)),
            resource_name,
            start: query.since,
            end: query.until,
            ..LookupQuery::default()
        };
        let mut tracer = self.tracer()?;
        let known = chosen.events.len();
        self.lookup_newest_first(&lookup, u64::MAX, |events| {
            for event in events {
                let is_it = |(it, _): &(Event, Attribution)| {
                    it.event_id == event.event_id && it.account_id == event.account_id
                };
                let event = attributed(&mut tracer, event.clone());
                if chosen.events.iter().any(is_it)
                    || !query.actor.as_deref().is_none_or(|actor| is_by(&event, actor))
                {
                    continue;
                }
                if chosen.events.len() - known == EVENTS_MAX {
                    chosen.is_cut = true;
                    return std::ops::ControlFlow::Break(());
                }
                chosen.events.push(event);
            }
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(())
    }
}

/// Whether a name is an id that EC2 gives once: `rtb-0123456789abcdef0`.
fn is_id(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(kind, number)| {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        !kind.is_empty() && number.len() >= 8 && number.bytes().all(is_hex)
    })
}

#[derive(Default)]
struct Chosen {
    events: Vec<(Event, Attribution)>,
    missing: Vec<String>,
    is_cut: bool,
}

fn attributed(tracer: &mut Tracer, event: Event) -> (Event, Attribution) {
    let attribution = tracer.attribute(&event);
    (event, attribution)
}

/// Whether `actor` is who attribution found, or the exact principal or key in the record. The name of a
/// role's session does not count: whoever makes the session chooses it.
fn is_by((event, attribution): &(Event, Attribution), actor: &str) -> bool {
    let found = attribution.actor.to_string();
    let last = found.rsplit(['/', ':', ' ']).next();
    let is_known = !matches!(attribution.actor, trailhound_trace::Actor::Unknown { .. });
    event.user_identity_arn.as_deref() == Some(actor)
        || event.access_key_id.as_deref() == Some(actor)
        || is_known
            && (found == actor || last == Some(actor) || found.ends_with(&format!(" {actor}")))
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What must be replayed to know the states around the events.
fn replay_of(events: &[(Event, Attribution)]) -> ReplayQuery {
    let accounts: BTreeSet<&String> =
        events.iter().filter_map(|(event, _)| event.account_id.as_ref()).collect();
    let only = if accounts.len() == 1 { accounts.first().copied() } else { None };
    let services: BTreeMap<&str, ()> = events
        .iter()
        .filter_map(|(event, _)| event.event_source.as_deref())
        .map(|source| (source.strip_suffix(".amazonaws.com").unwrap_or(source), ()))
        .collect();
    let mut services: Vec<String> = services.into_keys().map(str::to_owned).collect();
    if services.iter().any(|service| service == "ec2") {
        // Their interfaces and targets stand in the way of what EC2 deletes.
        services.push("elasticloadbalancing".to_owned());
    }
    ReplayQuery { account_id: only.cloned(), services, ..ReplayQuery::default() }
}

/// The states just before and just after a call; where it changed nothing that replay follows, those of
/// its time.
fn around<'a>(replay: &'a Replay, call: &Call) -> (&'a dyn inverse::Prior, &'a dyn inverse::Prior) {
    match replay.find(&call.event_id) {
        Some(index) => (replay.before(index), replay.before(index + 1)),
        None => {
            let at = Timestamp::parse(&call.time).map_or_else(|| replay.last(), |at| replay.at(at));
            (at, at)
        }
    }
}

/// An event as the planner reads it.
fn call_of(event: &Event, attribution: &Attribution) -> Call {
    let record: Value = serde_json::from_slice(&event.raw).unwrap_or_default();
    let source = event.event_source.clone().unwrap_or_default();
    let name = event.event_name.clone().unwrap_or_default();
    let part = |name: &str| record.get(name).cloned().unwrap_or_default();
    let operation = trailhound_model::operation(&source, &name);
    let (request, response) = match operation {
        Some(operation) => (
            input_form(operation, &part("requestParameters")).value,
            output_form(operation, &part("responseElements")).value,
        ),
        None => (part("requestParameters"), part("responseElements")),
    };
    let bare = source.strip_suffix(".amazonaws.com").unwrap_or(&source).to_owned();
    Call {
        service: operation.map_or(bare, |operation| operation.service.id.clone()),
        operation: operation.map_or(name, |operation| operation.name.clone()),
        request,
        response,
        event_id: event.event_id.clone().unwrap_or_default(),
        account: event.account_id.clone().unwrap_or_default(),
        region: event.aws_region.clone().unwrap_or_default(),
        time: event.event_time.map(|at| at.to_string()).unwrap_or_default(),
        who: attribution.line(),
        source_ip: event.source_ip_address.clone().unwrap_or_default(),
        user_agent: event.user_agent.clone().unwrap_or_default(),
    }
}
