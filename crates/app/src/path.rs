//! Whether a packet gets from A to B at a time, and which change broke it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use trailhound_query::{Coverage, LookupQuery};
pub use trailhound_reach::{Answer, End, Protocol, Query, Verdict};
use trailhound_reach::{Kind, Timeline, Versions, Write};
use trailhound_record::{Event, Timestamp};
use trailhound_replay::inverse::Plan;
use trailhound_replay::state::{Changed, Source, State};
use trailhound_trace::{Attribution, Tracer};

use crate::App;
use crate::lookup::LookupError;
pub use crate::network::Assumption;
use crate::network::{assumptions, described, network, network_id, scope};
use crate::replay::{Moment, Replay, ReplayQuery};
use crate::undo::{Undo, UndoQuery};

/// The services whose calls decide where packets go.
const SERVICES: &[&str] = &["ec2"];

/// A question about a path at a time.
#[derive(Debug, Clone)]
pub struct PathQuery {
    /// What is asked.
    pub query: Query,
    /// The account, where one alone is wanted.
    pub account_id: Option<String>,
    /// When; the newest state when absent.
    pub at: Option<Timestamp>,
}

/// A path's answer, with the events that set what it met.
#[derive(Debug)]
pub struct PathFound {
    /// The answer.
    pub answer: Answer,
    /// For each hop of the way there, by its number, who set the rule or route that it met.
    pub set_by: BTreeMap<usize, SetBy>,
    /// What no event says and AWS's defaults fill in.
    pub assumed: Vec<Assumption>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// What a hop met, and the event that set it.
#[derive(Debug, Clone, Serialize)]
pub struct SetBy {
    /// The resource.
    pub resource: String,
    /// The path in it: `Routes[0.0.0.0/0]`.
    pub path: String,
    /// The event.
    #[serde(flatten)]
    pub event: Setter,
}

/// An event that set something.
#[derive(Debug, Clone, Serialize)]
pub struct Setter {
    /// Its id.
    pub event_id: String,
    /// Its name.
    pub event_name: Option<String>,
    /// When it was.
    pub event_time: Option<String>,
    /// Who made it, in words.
    pub actor: Option<String>,
    /// From where.
    pub source_ip_address: Option<String>,
}

impl Setter {
    pub(crate) fn of(event_id: &str, event: Option<&Event>, tracer: &mut Tracer) -> Self {
        Self {
            event_id: event_id.to_owned(),
            event_name: event.and_then(|event| event.event_name.clone()),
            event_time: event.and_then(|event| event.event_time).map(|at| at.to_string()),
            actor: event.map(|event| tracer.attribute(event).line()),
            source_ip_address: event.and_then(|event| event.source_ip_address.clone()),
        }
    }
}

/// A question about the change that broke a path.
#[derive(Debug, Clone)]
pub struct BlameQuery {
    /// What is asked.
    pub query: Query,
    /// The account, where one alone is wanted.
    pub account_id: Option<String>,
    /// When it worked; the beginning of what is stored when absent.
    pub good: Option<Timestamp>,
    /// When it was broken; the newest state when absent.
    pub bad: Option<Timestamp>,
}

/// The changes that changed a path's verdict.
#[derive(Debug)]
pub struct Blamed {
    /// The changes, newest first.
    pub flips: Vec<Flip>,
    /// Changes that touched what the verdict rests on and left it as it was, newest first.
    pub innocent: Vec<Moment>,
    /// How many changes were in the window.
    pub changes: usize,
    /// How many states were asked.
    pub evaluations: usize,
    /// The answer at the window's start.
    pub first: Answer,
    /// The answer at the window's end.
    pub last: Answer,
    /// The way back from the newest change that broke it, and what it was found to do.
    pub undo: Option<UndoTested>,
    /// What no event says and AWS's defaults fill in.
    pub assumed: Vec<Assumption>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// One change that changed the verdict.
#[derive(Debug)]
pub struct Flip {
    /// The event.
    pub event: Event,
    /// Who made it.
    pub attribution: Attribution,
    /// What it changed.
    pub changed: Vec<Changed>,
    /// Whether another change has the same time: which came first is not recorded.
    pub is_tie: bool,
    /// The answer before it.
    pub before: Answer,
    /// The answer after it.
    pub after: Answer,
}

/// A plan, and the path's answer on the state after it.
#[derive(Debug)]
pub struct UndoTested {
    /// The plan, with what it rests on.
    pub undo: Undo,
    /// What the path is after it.
    pub after: Trial,
}

/// What trying a plan on the newest state showed.
#[derive(Debug)]
pub enum Trial {
    /// The path's answer after the plan's calls.
    Answered(Box<Answer>),
    /// The calls make new ids, which no state can foretell.
    NewIds,
    /// The plan has open questions, conflicts or calls that are held: a part of it proves nothing.
    Incomplete,
    /// The plan has no calls.
    NoCalls,
}

impl Blamed {
    /// The newest change that made the verdict worse.
    pub fn culprit(&self) -> Option<&Flip> {
        self.flips.iter().find(|flip| is_worse(&flip.before, &flip.after))
    }
}

fn is_worse(before: &Answer, after: &Answer) -> bool {
    let is_broken = matches!(after.verdict, Verdict::Unreachable | Verdict::ForwardOnly);
    before.verdict == Verdict::Reachable && is_broken
}

impl App {
    /// Answers whether packets get from source to destination at a time.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn path(&self, query: &PathQuery) -> Result<PathFound, LookupError> {
        let replay = self.replay(&ReplayQuery {
            account_id: query.account_id.clone(),
            services: SERVICES.iter().map(|&it| it.to_owned()).collect(),
            until: query.at,
        })?;
        let assumed = assumptions(replay.last());
        let answer = trailhound_reach::path(&network(replay.last(), &assumed), &query.query);
        let set_by = self.setters(&answer, replay.last())?;
        let (events_read, coverage) = (replay.events_read, replay.coverage);
        Ok(PathFound { answer, set_by, assumed, events_read, coverage })
    }

    /// Finds the changes of a window that changed whether packets get from source to destination.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn blame_path(&self, query: &BlameQuery) -> Result<Blamed, LookupError> {
        let replay = self.replay(&ReplayQuery {
            account_id: query.account_id.clone(),
            services: SERVICES.iter().map(|&it| it.to_owned()).collect(),
            until: query.bad,
        })?;
        let assumed = assumptions(replay.last());
        let timeline = timeline(&replay, &assumed);
        let is_before =
            |moment: &Moment| moment.at.is_none_or(|at| query.good.is_some_and(|good| at <= good));
        let good = replay.moments.partition_point(is_before);
        let found = trailhound_reach::blame(&timeline, &query.query, good, timeline.len());
        let mut tracer = self.tracer()?;
        let mut flips = Vec::new();
        for flip in found.flips {
            let Some(moment) = replay.moments.get(flip.change) else { continue };
            let Some(event) = self.event(&moment.event_id)? else { continue };
            flips.push(Flip {
                attribution: tracer.attribute(&event),
                event,
                changed: moment.changed.clone(),
                is_tie: moment.is_tie,
                before: flip.before,
                after: flip.after,
            });
        }
        let innocent =
            found.innocent.iter().filter_map(|place| replay.moments.get(*place)).cloned().collect();
        let mut blamed = Blamed {
            flips,
            innocent,
            changes: timeline.len() - good,
            evaluations: found.evaluations,
            first: found.good,
            last: found.bad,
            undo: None,
            assumed,
            events_read: replay.events_read,
            coverage: replay.coverage.clone(),
        };
        if blamed.last.verdict != Verdict::Reachable
            && let Some(id) = blamed.culprit().and_then(|flip| flip.event.event_id.clone())
        {
            blamed.undo = Some(self.tested_undo(id, query, &replay)?);
        }
        Ok(blamed)
    }

    /// Plans the way back from an event and asks the path again on the state after the plan's calls.
    fn tested_undo(
        &self,
        event_id: String,
        query: &BlameQuery,
        replay: &Replay,
    ) -> Result<UndoTested, LookupError> {
        let undo = self.undo(&UndoQuery { events: vec![event_id], ..UndoQuery::default() })?;
        // The window may end earlier: the plan is for now.
        let newest = match query.bad {
            None => replay.last().clone(),
            Some(_) => {
                let all = ReplayQuery {
                    account_id: query.account_id.clone(),
                    services: SERVICES.iter().map(|&it| it.to_owned()).collect(),
                    until: None,
                };
                self.replay(&all)?.last().clone()
            }
        };
        let after = trial(&undo.plan, &newest, &query.query);
        Ok(UndoTested { undo, after })
    }

    pub(crate) fn event(&self, id: &str) -> Result<Option<Event>, LookupError> {
        let query = LookupQuery { event_id: Some(id.to_owned()), ..LookupQuery::default() };
        Ok(self.lookup(&query, None, 1)?.events.into_iter().next())
    }

    /// Who set the rules and routes that the way there met.
    fn setters(
        &self,
        answer: &Answer,
        state: &State,
    ) -> Result<BTreeMap<usize, SetBy>, LookupError> {
        let mut tracer = self.tracer()?;
        let mut setters = BTreeMap::new();
        for hop in &answer.forward {
            let Some((resource, path, source)) = met(hop, state) else { continue };
            let Some(event_id) = event_of(&source) else { continue };
            let event = self.event(event_id)?;
            let setter = Setter::of(event_id, event.as_ref(), &mut tracer);
            setters.insert(hop.sequence_number, SetBy { resource, path, event: setter });
        }
        Ok(setters)
    }
}

fn event_of(source: &Source) -> Option<&str> {
    match source {
        Source::Event { id } | Source::Inferred { id } => Some(id),
        Source::Snapshot { .. } | Source::Unknown => None,
    }
}

/// The rule or route that a hop met: its resource, its path there, and where it is known from.
fn met(hop: &trailhound_reach::explain::Hop, state: &State) -> Option<(String, String, Source)> {
    let id = &hop.component.id;
    let path = match (&hop.route_table_route, &hop.acl_rule) {
        (Some(route), _) => {
            let key = route.destination_cidr.as_ref().or(route.destination_prefix_list_id.as_ref());
            format!("Routes[{}]", key?)
        }
        (None, Some(rule)) => {
            let side = if rule.egress { "egress" } else { "ingress" };
            format!("Entries[{side} {}]", rule.rule_number)
        }
        // A rule of a security group is one of many events' work: `trailhound state` tells each.
        (None, None) => return None,
    };
    let (_, resource) = state.iter().find(|(key, _)| key.id == *id)?;
    let source = resource.source(&path).clone();
    Some((id.clone(), path, source))
}

/// The versions of the network, one for each change that was replayed.
pub(crate) fn timeline(replay: &Replay, assumed: &[Assumption]) -> Timeline<usize> {
    let mut timeline = Timeline::new(network(&replay.first, assumed));
    for (index, moment) in replay.moments.iter().enumerate() {
        let known: Vec<_> = moment
            .changed
            .iter()
            .filter_map(|changed| {
                let kind = Kind::from_type(changed.key.resource_type)?;
                let body = changed.after.as_deref();
                let body =
                    body.map(|body| described(kind, body, &changed.key.scope, &moment.after));
                Some((kind, scope(&changed.key), network_id(kind, &changed.key), body))
            })
            .collect();
        let writes = known.iter().map(|(kind, scope, id, body)| Write {
            scope,
            kind: *kind,
            id,
            body: body.as_ref().map(|it| (&*it.json, it.unknown.as_slice())),
        });
        timeline.push(index, writes);
    }
    timeline
}

/// Tries a plan's calls on a state and asks the path again.
fn trial(plan: &Plan, now: &State, query: &Query) -> Trial {
    let calls: Vec<_> = plan.steps.iter().filter(|step| !step.is_read).collect();
    let is_open = !plan.questions.is_empty() || !plan.conflicts.is_empty();
    if is_open || calls.iter().any(|step| step.held.is_some()) {
        return Trial::Incomplete;
    }
    if calls.is_empty() {
        return Trial::NoCalls;
    }
    if calls.iter().any(|step| !step.refs.is_empty() || makes_ids(&step.operation)) {
        return Trial::NewIds;
    }
    let mut state = now.clone();
    for step in calls {
        let record = json!({
            "eventID": format!("step {}", step.number),
            "eventSource": format!("{}.amazonaws.com", step.service),
            "eventName": step.operation,
            "awsRegion": step.region,
            "recipientAccountId": step.account,
            "readOnly": false,
            "requestParameters": step.input,
            "responseElements": Value::Null,
        });
        let Ok(event) = Event::parse(record.to_string().into_bytes(), 0) else {
            return Trial::Incomplete;
        };
        (state, _) = state.apply(&event);
    }
    let answer = trailhound_reach::path(&network(&state, &assumptions(&state)), query);
    Trial::Answered(Box::new(answer))
}

/// Whether AWS answers a call with an id that nothing else tells.
fn makes_ids(operation: &str) -> bool {
    const NAMED: &[&str] = &["CreateRoute", "CreateNetworkAclEntry", "CreateTags"];
    let makes = operation.starts_with("Create") || operation.starts_with("Allocate");
    makes && !NAMED.contains(&operation)
}
