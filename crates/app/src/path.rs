//! Whether a packet gets from A to B at a time, and which change broke it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use trailhound_query::{Coverage, LookupQuery};
pub use trailhound_reach::explain::Explanation;
use trailhound_reach::explain::{AclRule, RouteTableRoute, SecurityGroupRule};
pub use trailhound_reach::{Answer, End, Protocol, Query, Verdict};
use trailhound_record::{Event, Timestamp};
use trailhound_replay::inverse::Plan;
use trailhound_replay::state::{Changed, Difference, Source, State};
use trailhound_trace::{Attribution, Tracer};

use crate::App;
use crate::lookup::LookupError;
pub use crate::network::Assumption;
use crate::network::{assumptions, network};
use crate::replay::{Moment, Replay, ReplayQuery};
use crate::undo::{Undo, UndoQuery};

/// The services whose calls decide where packets go.
pub(crate) const SERVICES: &[&str] = &["ec2"];

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
    ///
    /// Shape: one more than the last hop's number stands for the rule or route that stopped the packets.
    pub set_by: BTreeMap<usize, SetBy>,
    /// What no event says and AWS's defaults fill in.
    pub assumed: Vec<Assumption>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// Who set what hops met, by their number, as in [`PathFound::set_by`].
pub type SettersOfHops = BTreeMap<usize, SetBy>;

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
    /// Snapshots that found another answer than the events before them: something changed it that no stored
    /// event tells. Newest first.
    pub untold: Vec<Untold>,
    /// Changes that touched what the verdict rests on and left it as it was, newest first.
    pub innocent: Vec<Moment>,
    /// How many changes were in the window.
    pub changes: usize,
    /// How many states were asked.
    pub evaluations: usize,
    /// Who set what the path met before the newest change that broke it, and after it.
    pub set_by: Option<(SettersOfHops, SettersOfHops)>,
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
    /// The same, property by property.
    pub differences: Vec<Difference>,
    /// Whether another change has the same time: which came first is not recorded.
    pub is_tie: bool,
    /// The answer before it.
    pub before: Answer,
    /// The answer after it.
    pub after: Answer,
}

/// An answer that only a snapshot found to be another.
#[derive(Debug)]
pub struct Untold {
    /// The snapshot's name.
    pub snapshot: String,
    /// When it was taken: the change was before that.
    pub at: Option<Timestamp>,
    /// The answer that the events led to.
    pub before: Answer,
    /// The answer in the snapshot's state.
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
    /// The newest change that made the verdict worse; nothing when a newer one did, which no event tells.
    pub fn culprit(&self) -> Option<&Flip> {
        // Since a change after which nothing is known, nobody can be blamed for how it is now.
        let is_known = |after: &Answer| after.verdict != Verdict::Unknown;
        let known: Vec<&Flip> =
            self.flips.iter().take_while(|flip| is_known(&flip.after)).collect();
        let worse = |flip: &&Flip| is_worse(&flip.before, &flip.after);
        let broke = |flip: &&Flip| worse(flip) && flip.before.verdict == Verdict::Reachable;
        let mut all = known.iter().copied();
        let found = all.find(broke).or_else(|| known.iter().copied().find(worse))?;
        // Neither can the one whose change a snapshot found undone, or worse, later.
        let is_newer = |untold: &&Untold| found.event.event_time < untold.at;
        let is_whole = !self.untold.iter().any(|it| is_newer(&it));
        let is_mended = self.last.verdict == Verdict::Reachable;
        (is_whole || is_mended).then_some(found)
    }

    /// The newest snapshot that found the verdict worse than the events before it tell.
    pub fn untold_culprit(&self) -> Option<&Untold> {
        self.untold.iter().find(|untold| is_worse(&untold.before, &untold.after))
    }
}

/// Whether less gets through than before; a verdict that is not known is neither better nor worse.
pub(crate) fn is_worse(before: &Answer, after: &Answer) -> bool {
    let rank = |answer: &Answer| match answer.verdict {
        Verdict::Reachable => Some(3),
        Verdict::Boundary => Some(2),
        Verdict::ForwardOnly => Some(1),
        Verdict::Unreachable => Some(0),
        Verdict::Unknown => None,
    };
    rank(before).zip(rank(after)).is_some_and(|(before, after)| after < before)
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
            ..ReplayQuery::default()
        })?;
        let (network, assumed) = replay.network();
        let answer = trailhound_reach::path(&network, &query.query);
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
            ..ReplayQuery::default()
        })?;
        let versioned = replay.versioned();
        let (timeline, end) = (&versioned.timeline, replay.moments().len());
        let good = replay.count_until_good(query.good);
        let found = trailhound_reach::blame(timeline, &query.query, good, end);
        let (flips, untold) = self.behind(&replay, found.flips)?;
        let innocent = found.innocent.iter().filter_map(|place| replay.moments().get(*place));
        let innocent = innocent.filter(|moment| moment.snapshot.is_none()).cloned().collect();
        let mut blamed = Blamed {
            flips,
            untold,
            innocent,
            changes: end - good,
            evaluations: found.evaluations,
            set_by: None,
            first: found.good,
            last: found.bad,
            undo: None,
            assumed: versioned.assumed.clone(),
            events_read: replay.events_read,
            coverage: replay.coverage.clone(),
        };
        let culprit =
            blamed.culprit().and_then(|flip| Some((flip, flip.event.event_id.as_deref()?)));
        if let Some((flip, index)) = culprit.and_then(|(flip, id)| Some((flip, replay.find(id)?))) {
            let before = self.setters(&flip.before, replay.before(index))?;
            blamed.set_by = Some((before, self.setters(&flip.after, replay.before(index + 1))?));
        }
        if blamed.last.verdict != Verdict::Reachable
            && let Some(id) = blamed.culprit().and_then(|flip| flip.event.event_id.clone())
        {
            blamed.undo = Some(self.tested_undo(id, query, &replay)?);
        }
        Ok(blamed)
    }

    /// The events and snapshots behind flips.
    pub(crate) fn behind(
        &self,
        replay: &Replay,
        found: Vec<trailhound_reach::Flip>,
    ) -> Result<(Vec<Flip>, Vec<Untold>), LookupError> {
        let mut tracer = self.tracer()?;
        let (mut flips, mut untold) = (Vec::new(), Vec::new());
        for flip in found {
            let Some(moment) = replay.moments().get(flip.change) else { continue };
            if let Some(snapshot) = moment.snapshot.clone() {
                let (before, after) = (flip.before, flip.after);
                untold.push(Untold { snapshot, at: moment.at, before, after });
                continue;
            }
            let Some(event) = self.event(&moment.event_id)? else { continue };
            flips.push(Flip {
                attribution: tracer.attribute(&event),
                event,
                differences: moment.changed.iter().flat_map(Changed::differences).collect(),
                changed: moment.changed.clone(),
                is_tie: moment.is_tie,
                before: flip.before,
                after: flip.after,
            });
        }
        Ok((flips, untold))
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
                    ..ReplayQuery::default()
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
        let of_hops = answer.forward.iter().map(|hop| (hop.sequence_number, met(hop, state)));
        let stopped = (answer.forward.len() + 1, stopped(answer, state));
        for (number, met) in of_hops.chain([stopped]) {
            let Some((resource, path, source)) = met else { continue };
            let Some(event_id) = event_of(&source) else { continue };
            let event = self.event(event_id)?;
            let setter = Setter::of(event_id, event.as_ref(), &mut tracer);
            setters.insert(number, SetBy { resource, path, event: setter });
        }
        Ok(setters)
    }
}

/// Answers whether packets get from source to destination in the network that describe answers tell.
///
/// Returns the answer and the documents that say nothing of where packets go.
///
/// # Errors
/// When a document is not JSON.
pub fn path_in(
    documents: Vec<(String, Vec<u8>)>,
    query: &Query,
) -> Result<(Answer, Vec<String>), trailhound_reach::snapshot::LoadSnapshotError> {
    let snapshot = trailhound_reach::snapshot::load(documents)?;
    Ok((trailhound_reach::path(&snapshot.network, query), snapshot.ignored))
}

pub(crate) fn event_of(source: &Source) -> Option<&str> {
    match source {
        Source::Event { id } | Source::Inferred { id } => Some(id),
        Source::Snapshot { .. } | Source::Unknown => None,
    }
}

/// The rule or route that a hop met: its resource, its path there, and where it is known from.
fn met(hop: &trailhound_reach::explain::Hop, state: &State) -> Option<(String, String, Source)> {
    if let Some(rule) = &hop.security_group_rule {
        return of_group_rule(&hop.component.id, rule, state);
    }
    of_rule(&hop.component.id, hop.route_table_route.as_ref(), hop.acl_rule.as_ref(), state)
}

/// The rule of a security group: its place among the permissions, told by protocol, ports and peer.
fn of_group_rule(
    id: &str,
    rule: &SecurityGroupRule,
    state: &State,
) -> Option<(String, String, Source)> {
    let (_, resource) = state.iter().find(|(key, _)| key.id == id)?;
    let list = if rule.direction == "egress" { "IpPermissionsEgress" } else { "IpPermissions" };
    let ports = rule.port_range.as_ref().map(|range| (range.from, range.to));
    let ports = match ports {
        Some((from, to)) if from == to => format!(" {from}"),
        Some((from, to)) => format!(" {from}-{to}"),
        None => String::new(),
    };
    let name = match rule.protocol.as_str() {
        "-1" => "all",
        "6" => "tcp",
        "17" => "udp",
        other => other,
    };
    let permission = format!("{list}[{name}{ports}].");
    let peers = [&rule.cidr, &rule.prefix_list_id, &rule.security_group_id];
    let peer = format!("[{}]", peers.into_iter().flatten().next()?);
    let properties = resource.properties().into_iter();
    let mut at = properties
        .filter(|(path, ..)| path.starts_with(&permission) && path.ends_with(&peer))
        .map(|(path, _, source)| (path, source.clone()));
    let (path, source) = at.next()?;
    Some((id.to_owned(), path, source))
}

/// The rule or route that stopped packets on their way there, where the first explanation names one.
fn stopped(answer: &Answer, state: &State) -> Option<(String, String, Source)> {
    let first = answer.explanations.first().filter(|_| answer.return_path.is_empty())?;
    let id = first.acl.as_ref().or(first.route_table.as_ref())?;
    of_rule(&id.id, first.route_table_route.as_ref(), first.acl_rule.as_ref(), state)
}

fn of_rule(
    id: &str,
    route: Option<&RouteTableRoute>,
    rule: Option<&AclRule>,
    state: &State,
) -> Option<(String, String, Source)> {
    let path = match (route, rule) {
        (Some(route), _) => {
            let key = route.destination_cidr.as_ref().or(route.destination_prefix_list_id.as_ref());
            format!("Routes[{}]", key?)
        }
        (None, Some(rule)) => {
            let side = if rule.egress { "egress" } else { "ingress" };
            format!("Entries[{side} {}]", rule.rule_number)
        }
        (None, None) => return None,
    };
    let (_, resource) = state.iter().find(|(key, _)| key.id == id)?;
    let source = resource.source(&path).clone();
    Some((id.to_owned(), path, source))
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
