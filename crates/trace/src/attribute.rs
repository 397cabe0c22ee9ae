//! The walk from who a record says acted to who stands behind them.
//!
//! Each step asks which event issued the credentials in use. A step is taken only on evidence; where two
//! events could both be it, none is chosen.
//!
//! # Source
//! IAM user guide, "Logging IAM and AWS STS API calls with CloudTrail"; CloudTrail user guide,
//! "CloudTrail userIdentity element".

use std::collections::HashMap;
use std::sync::Arc;

use trailhound_query::LookupQuery;
use trailhound_query::search::Query;
use trailhound_record::{Event, Timestamp};
use trailhound_store::Snapshot;

use crate::actor::{
    Actor, Attribution, Evidence, Gap, How, Link, PersonKind, Strength, WorkloadKind,
};
use crate::console::{NAMES_USERS, nobody_signed_in};
use crate::identity::{Identity, is_key, is_temporary_key};
use crate::issue::{Issued, account_of};
use crate::limits::{CANDIDATES_MAX, CREATION_SLACK_MICROS, LINKS_MAX, SESSIONS_MAX};
use crate::lookups::{Lookups, within};

/// Attributes events of one snapshot; remembers the sessions that it has seen.
#[derive(Debug)]
pub struct Tracer {
    pub(crate) lookups: Lookups,
    sessions: HashMap<Identity, Attribution>,
    sessions_walked: u64,
}

/// Where the walk stands.
pub(crate) struct Walk {
    pub(crate) links: Vec<Link>,
    pub(crate) notes: Vec<String>,
    pub(crate) depth: usize,
}

/// What a step found.
pub(crate) enum Step {
    /// The actor.
    End(Actor),
    /// The actor, and the workload's makers.
    Made(Actor, Option<Box<Attribution>>),
    /// Somebody who acted before.
    Before(Box<Identity>, Option<Timestamp>, Option<String>),
}

impl Tracer {
    /// A tracer of what `snapshot` holds.
    pub fn new(snapshot: Arc<Snapshot>) -> Self {
        Self { lookups: Lookups::new(snapshot), sessions: HashMap::new(), sessions_walked: 0 }
    }

    /// How many attributions of sessions asked the store; the others were remembered.
    pub fn sessions_walked(&self) -> u64 {
        self.sessions_walked
    }

    /// Segments that could not be read: with them the answers might be others.
    pub fn unreadable(&self) -> &[String] {
        &self.lookups.unreadable
    }

    /// Finds who stands behind `event`.
    pub fn attribute(&mut self, event: &Event) -> Attribution {
        let mut identity = Identity::of(event);
        if let Some(gap) = nobody_signed_in(event, &identity) {
            return Attribution {
                principal: identity.text(),
                actor: Actor::Unknown { gap },
                strength: Strength::Weak,
                links: Vec::new(),
                behind: None,
                notes: Vec::new(),
            };
        }
        if !NAMES_USERS.contains(&event.event_source.as_deref().unwrap_or_default())
            && identity.identity_type.as_deref() == Some("Unknown")
        {
            // Only these services mean an Identity Center user by it.
            identity.user_name = None;
        }
        let shared = shared_event_id(event);
        // Another account's copy names the caller only by account: each call is its own question.
        let is_own = identity.identity_type.as_deref() == Some("AWSAccount");
        // A session's start is known, so all its events have one answer; others depend on their time.
        let is_session = identity.session.creation_date.is_some() && !is_own;
        if let Some(known) = self.sessions.get(&identity).filter(|_| is_session) {
            return known.clone();
        }
        let found = self.walk(identity.clone(), event.event_time, shared, 0);
        if is_session {
            self.sessions_walked += 1;
            if self.sessions.len() >= SESSIONS_MAX {
                // An export has any number of sessions; those of one time lie together.
                self.sessions.clear();
            }
            self.sessions.insert(identity, found.clone());
        }
        found
    }

    /// Finds who stands behind an identity that was used at `at`.
    pub(crate) fn attribute_identity(
        &mut self,
        identity: Identity,
        at: Option<Timestamp>,
    ) -> Attribution {
        self.walk(identity, at, None, 0)
    }

    pub(crate) fn walk(
        &mut self,
        identity: Identity,
        at: Option<Timestamp>,
        shared: Option<String>,
        depth: usize,
    ) -> Attribution {
        let principal = identity.text();
        let mut walk = Walk { links: Vec::new(), notes: notes_of(&identity), depth };
        let mut now = (identity, at, shared);
        let (actor, behind) = loop {
            if walk.links.len() + depth >= LINKS_MAX {
                let gap = Gap::new(format!("the chain has more than {LINKS_MAX} links"));
                break (Actor::Unknown { gap }, None);
            }
            match self.step(&now.0, now.1, now.2.as_deref(), &mut walk) {
                Step::End(actor) => break (actor, None),
                Step::Made(actor, behind) => break (actor, behind),
                Step::Before(identity, at, shared) => now = (*identity, at, shared),
            }
        };
        let weakest = walk.links.iter().map(|link| link.strength).min();
        let strength = match &actor {
            Actor::Unknown { .. } => Strength::Weak,
            _ => weakest.unwrap_or(Strength::Strong),
        };
        walk.notes.dedup();
        Attribution { principal, actor, strength, links: walk.links, behind, notes: walk.notes }
    }

    fn step(
        &mut self,
        identity: &Identity,
        at: Option<Timestamp>,
        shared: Option<&str>,
        walk: &mut Walk,
    ) -> Step {
        let name = || identity.user_name.clone().or_else(|| identity.principal_id.clone());
        match identity.identity_type.as_deref() {
            Some("Root") => {
                if let Some(step) = self.assumed_root(identity, at, walk) {
                    return step;
                }
                self.note_sign_in(identity, walk);
                let account_id = identity.account_id.clone().unwrap_or_default();
                Step::End(Actor::Root { account_id })
            }
            Some("IAMUser") => Step::End(self.iam_user(identity, at, walk)),
            Some("FederatedUser") => self.federated_user(identity, at, walk),
            Some("AssumedRole") => self.role_session(identity, at, walk),
            Some("WebIdentityUser") => Step::End(web_identity(identity)),
            Some("SAMLUser") => Step::End(match name() {
                Some(name) => person(name, PersonKind::SamlUser),
                None => unknown("the record of the SAML sign-in names nobody"),
            }),
            Some("IdentityCenterUser") => {
                Step::End(match identity.on_behalf_of.clone().or_else(name) {
                    Some(name) => person(name, PersonKind::IdentityCenterUser),
                    None => unknown("the record says an Identity Center user, but not which"),
                })
            }
            Some("AWSAccount") => self.other_account(identity, at, shared, walk),
            _ => match (&identity.invoked_by, &identity.user_name) {
                (Some(service), None) => Step::End(Actor::Service { name: service.clone() }),
                (_, Some(user)) if identity.identity_type.as_deref() == Some("Unknown") => {
                    // Identity Center's own events had this form until 2025-07-14.
                    Step::End(person(user.clone(), PersonKind::IdentityCenterUser))
                }
                _ => Step::End(unknown(match &identity.identity_type {
                    Some(kind) => format!("the record says no more than the type `{kind}`"),
                    None => "the record does not say who acted".to_owned(),
                })),
            },
        }
    }

    fn iam_user(&mut self, identity: &Identity, at: Option<Timestamp>, walk: &mut Walk) -> Actor {
        let Some(name) = identity.arn.clone().or_else(|| identity.user_name.clone()) else {
            return unknown("the record says an IAM user, but not which");
        };
        let key = identity.access_key_id.as_deref().filter(|key| is_temporary_key(key));
        let issued = key.and_then(|key| self.issuers_by_key(key, identity, at));
        match issued.unwrap_or_default().as_slice() {
            [issued] => walk.link(identity, &name, How::AccessKey, &[&issued.event]),
            _ => self.note_sign_in(identity, walk),
        }
        person(name, PersonKind::IamUser)
    }

    fn federated_user(
        &mut self,
        identity: &Identity,
        at: Option<Timestamp>,
        walk: &mut Walk,
    ) -> Step {
        let key = identity.access_key_id.as_deref().filter(|key| is_key(key));
        let issued = key.and_then(|key| self.issuers_by_key(key, identity, at));
        let mut issued = issued.unwrap_or_default();
        if issued.len() == 1
            && let Some(issued) = issued.pop()
        {
            walk.link(identity, &issued.caller.text(), How::AccessKey, &[&issued.event]);
            return Step::Before(
                Box::new(issued.caller),
                issued.event.event_time,
                issued.shared_event_id,
            );
        }
        let Some(issuer) = identity.session.issuer_arn.clone() else {
            return Step::End(unknown("the record of the federated session names no issuer"));
        };
        walk.link(identity, &issuer, How::SessionIssuer, &[]);
        let kind = identity.session.issuer_type.clone();
        let account_id = account_of(&issuer).map(str::to_owned);
        let issuer =
            Identity { identity_type: kind, arn: Some(issuer), account_id, ..Identity::default() };
        Step::Before(Box::new(issuer), identity.session.creation_date.or(at), None)
    }

    fn role_session(
        &mut self,
        identity: &Identity,
        at: Option<Timestamp>,
        walk: &mut Walk,
    ) -> Step {
        let key = identity.access_key_id.as_deref().filter(|key| is_temporary_key(key));
        let by_key = match key {
            Some(key) => self.issuers_by_key(key, identity, at),
            None => Some(Vec::new()),
        };
        let Some(by_key) = by_key else { return Step::End(unknown(TOO_MANY)) };
        if let Some(step) = self.one_issuer(identity, by_key, How::AccessKey, walk) {
            return step;
        }
        if let Some(step) = self.said_by_record(identity, at, walk) {
            return step;
        }
        if let Some(step) = self.switched_role(identity, walk) {
            return step;
        }
        let Some(by_name) = self.issuers_by_name(identity, at) else {
            return Step::End(unknown(TOO_MANY));
        };
        if let Some(step) = self.one_issuer(identity, by_name, How::SessionName, walk) {
            return step;
        }
        if let Some(step) = self.of_identity_center(identity, walk) {
            return step;
        }
        Step::End(Actor::Unknown { gap: self.missing_issuer(identity, at) })
    }

    /// The step to whoever took the root user's rights in a member account.
    fn assumed_root(
        &mut self,
        identity: &Identity,
        at: Option<Timestamp>,
        walk: &mut Walk,
    ) -> Option<Step> {
        let key = identity.access_key_id.as_deref().filter(|key| is_temporary_key(key))?;
        let issued = self.issuers_by_key(key, identity, at).unwrap_or_default();
        self.one_issuer(identity, issued, How::AccessKey, walk)
    }

    /// The step to the caller of the one event that issued a session; nothing when there is none.
    fn one_issuer(
        &mut self,
        identity: &Identity,
        mut issued: Vec<Issued>,
        how: How,
        walk: &mut Walk,
    ) -> Option<Step> {
        let first = issued.first()?;
        if issued.iter().any(|other| !other.has_caller_of(first)) {
            let mut reason = format!("{} events could have issued the session:", issued.len());
            for issued in issued.iter().take(4) {
                let id = issued.event.event_id.as_deref().unwrap_or("(no id)");
                reason.push_str(&format!(" {id} by {},", issued.caller.text()));
            }
            let gap = Gap::new(reason.trim_end_matches(','));
            return Some(Step::End(Actor::Unknown { gap }));
        }
        // The newest: one caller may ask twice for a session of one name.
        let issued = issued.swap_remove(0);
        let caller = issued.caller.text();
        if how == How::AccessKey {
            walk.link(identity, &caller, how, &[&issued.event]);
        } else {
            walk.weak(identity, &caller, how, &[&issued.event]);
        }
        if let Some(source) = &identity.session.source_identity {
            walk.notes.push(format!("the session carries the source identity `{source}`"));
        }
        if issued.caller.identity_type.as_deref() == Some("AWSService") {
            let service = issued.caller.invoked_by.clone().unwrap_or_default();
            return Some(self.of_service(identity, &service, issued.event.event_time, walk));
        }
        Some(Step::Before(Box::new(issued.caller), issued.event.event_time, issued.shared_event_id))
    }

    /// What the record of a role session says beyond its name.
    fn said_by_record(
        &mut self,
        identity: &Identity,
        at: Option<Timestamp>,
        walk: &mut Walk,
    ) -> Option<Step> {
        let session = &identity.session;
        let account = identity.account_id.clone();
        // A session's code is what was deployed when it began; so all its events have one answer.
        let at = session.creation_date.or(at);
        if let Some(source) = &session.source_identity {
            walk.link(identity, source, How::SourceIdentity, &[]);
            for issued in self.issuers_by_name(identity, at).unwrap_or_default() {
                let id = issued.event.event_id.as_deref().unwrap_or("(no id)");
                let caller = issued.caller.text();
                walk.notes.push(format!("a session of this name was asked for by {caller} ({id})"));
            }
            return Some(Step::End(person(source.clone(), PersonKind::SourceIdentity)));
        }
        if let Some(user) = &identity.on_behalf_of {
            walk.link(identity, user, How::OnBehalfOf, &[]);
            return Some(Step::End(person(user.clone(), PersonKind::IdentityCenterUser)));
        }
        if let Some(resource) = &identity.in_scope_of {
            walk.link(identity, resource, How::InScopeOf, &[]);
            let kind = match resource.split(':').nth(2) {
                Some("lambda") => WorkloadKind::Function,
                Some("ec2") => WorkloadKind::Instance,
                _ => WorkloadKind::Resource,
            };
            let account = account_of(resource).map(str::to_owned).or(account);
            return Some(self.workload(resource.clone(), kind, account, at, walk));
        }
        // Only the service can assume the role that it linked to itself.
        let issuer = session.issuer_arn.as_deref().unwrap_or_default();
        if let Some((_, path)) = issuer.split_once(":role/aws-service-role/")
            && let Some((service, _)) = path.split_once('/')
        {
            walk.link(identity, service, How::ServiceLinkedRole, &[]);
            return Some(Step::End(Actor::Service { name: service.to_owned() }));
        }
        let name = identity.session_name()?;
        if session.is_of_instance && name.starts_with("i-") {
            walk.link(identity, name, How::InstanceRole, &[]);
            return Some(self.workload(name.to_owned(), WorkloadKind::Instance, account, at, walk));
        }
        let subject = session.federated_subject.as_ref()?;
        let provider = session.federated_provider.clone();
        walk.link(identity, subject, How::Identity, &[]);
        Some(Step::End(web_identity(&Identity {
            user_name: Some(subject.clone()),
            identity_provider: provider,
            ..Identity::default()
        })))
    }

    /// The caller of another account, by that account's own copy of the call.
    fn other_account(
        &mut self,
        identity: &Identity,
        at: Option<Timestamp>,
        shared: Option<&str>,
        walk: &mut Walk,
    ) -> Step {
        let account = identity.account_id.clone();
        if let Some(service) =
            identity.invoked_by.as_ref().filter(|_| identity.principal_id.is_none())
        {
            return Step::End(Actor::Service { name: service.clone() });
        }
        let copies = shared.map(|id| self.copies(id, at)).unwrap_or_default();
        let named = copies.into_iter().find_map(|copy| {
            let caller = Identity::of(&copy);
            let is_named = caller.identity_type.as_deref() != Some("AWSAccount");
            (is_named && caller.account_id == account).then_some((copy, caller))
        });
        if let Some((copy, caller)) = named {
            walk.link(identity, &caller.text(), How::SharedEvent, &[&copy]);
            return Step::Before(Box::new(caller), at, None);
        }
        let reason = match (&account, &identity.principal_id) {
            (Some(account), _) if account == "anonymous" => {
                return Step::End(unknown("the call was not signed: anyone may have made it"));
            }
            (_, Some(principal)) => format!(
                "the caller `{principal}` is of another account, whose copy of the call is not in the store"
            ),
            _ => "the caller is of another account, whose copy of the call is not in the store"
                .to_owned(),
        };
        Step::End(Actor::Unknown { gap: self.gap(reason, account, at) })
    }

    /// The copies of one call that several accounts recorded.
    fn copies(&mut self, shared_event_id: &str, at: Option<Timestamp>) -> Vec<Event> {
        let Some(at) = at else { return Vec::new() };
        let text = format!("sharedEventID:=\"{}\"", shared_event_id.replace(['"', '\\'], ""));
        let Ok(search) = Query::parse(&text, at) else {
            return Vec::new();
        };
        let query = LookupQuery { search: Some(search), ..LookupQuery::default() };
        let around = within(
            query,
            Some(Timestamp(at.0 - CREATION_SLACK_MICROS)),
            Some(Timestamp(at.0 + CREATION_SLACK_MICROS)),
        );
        self.lookups.newest(&around, CANDIDATES_MAX).0
    }

    /// Says what to look for elsewhere.
    fn missing_issuer(&mut self, identity: &Identity, at: Option<Timestamp>) -> Gap {
        let created = identity.session.creation_date;
        let account =
            identity.session.issuer_arn.as_deref().and_then(account_of).map(str::to_owned);
        let account = account.or_else(|| identity.account_id.clone());
        let what = match (&identity.session.issuer_arn, identity.session_name()) {
            (Some(role), Some(name)) => format!("session `{name}` of {role}"),
            _ => format!("session of {}", identity.text()),
        };
        self.gap(
            format!("the event that issued the {what} is not in the store"),
            account,
            created.or(at),
        )
    }

    fn gap(&mut self, reason: String, account: Option<String>, at: Option<Timestamp>) -> Gap {
        let mut gap = Gap::new(reason).at(account.clone(), at);
        let span = account.and_then(|account| self.lookups.span_of_account(&account));
        gap.stored = span.map(|(first, last)| (first.to_string(), last.to_string()));
        gap
    }
}

impl Walk {
    pub(crate) fn link(&mut self, from: &Identity, to: &str, how: How, events: &[&Event]) {
        self.add(from, to, how, Strength::Strong, events);
    }

    pub(crate) fn weak(&mut self, from: &Identity, to: &str, how: How, events: &[&Event]) {
        self.add(from, to, how, Strength::Weak, events);
    }

    fn add(&mut self, from: &Identity, to: &str, how: How, strength: Strength, events: &[&Event]) {
        let evidence = events.iter().map(|event| Evidence::of(event)).collect();
        self.links.push(Link { from: from.text(), to: to.to_owned(), how, strength, evidence });
    }
}

/// What stands in the record beside the chain.
fn notes_of(identity: &Identity) -> Vec<String> {
    let has_caller = identity.arn.is_some();
    let through = identity.invoked_by.as_ref().filter(|_| has_caller);
    through.map(|service| format!("called through {service}")).into_iter().collect()
}

/// The actor behind a web identity: programs have subjects of a known form.
fn web_identity(identity: &Identity) -> Actor {
    let provider = identity.identity_provider.as_deref().unwrap_or_default();
    let Some(subject) = identity.user_name.clone().or_else(|| identity.principal_id.clone()) else {
        return unknown("the record of the web identity names no subject");
    };
    // `arn:…:oidc-provider/HOST/…` or an address: the host alone tells who vouches.
    let host = provider.split_once("oidc-provider/").map_or(provider, |(_, host)| host);
    let host = host.trim_start_matches("https://").split('/').next().unwrap_or_default();
    if host == "token.actions.githubusercontent.com" {
        return Actor::Workload { name: subject, kind: WorkloadKind::GithubActions };
    }
    let name = match provider {
        "" => subject.clone(),
        provider => format!("{subject} of {provider}"),
    };
    if subject.starts_with("system:serviceaccount:") {
        return Actor::Workload { name, kind: WorkloadKind::KubernetesServiceAccount };
    }
    person(name, PersonKind::WebIdentityUser)
}

const TOO_MANY: &str = "more events could have issued the session than are compared";

fn person(name: String, kind: PersonKind) -> Actor {
    Actor::Person { name, kind }
}

fn unknown(reason: impl Into<String>) -> Actor {
    Actor::Unknown { gap: Gap::new(reason) }
}

pub(crate) fn shared_event_id(event: &Event) -> Option<String> {
    let record: serde_json::Value = serde_json::from_slice(&event.raw).ok()?;
    crate::identity::text(&record, "/sharedEventID")
}
