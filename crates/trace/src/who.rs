//! Who is behind an event, an access key or a session: the question as it is asked.

use std::collections::HashSet;

use serde::Serialize;
use trailhound_query::LookupQuery;
use trailhound_query::search::Query;
use trailhound_record::{Event, Timestamp};

use crate::actor::{Attribution, Evidence, How, Link, Strength};
use crate::attribute::Tracer;
use crate::identity::{Identity, is_key};
use crate::issue::Issued;
use crate::limits::USES_READ;
use crate::lookups::naming;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An access key, long-term or temporary.
    AccessKey(String),
    /// The ARN of a role session, a federated user, a user or the root user.
    Arn(String),
    /// An event.
    EventId(String),
}

/// One session or event behind the subject, and its actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The access key in use, when there is one.
    pub access_key_id: Option<String>,
    /// When the session began, as its events say.
    pub session_created: Option<String>,
    /// The newest use that was read; the event itself when an event was asked about.
    pub last_use: Option<Evidence>,
    /// Who is behind it.
    #[serde(flatten)]
    pub attribution: Attribution,
}

impl Subject {
    /// What `text` names: by its form alone.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        match text {
            _ if is_key(text) => Self::AccessKey(text.to_owned()),
            _ if text.starts_with("arn:") => Self::Arn(text.to_owned()),
            _ => Self::EventId(text.to_owned()),
        }
    }

    /// What it is, in words.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::AccessKey(_) => "access key",
            Self::Arn(_) => "principal",
            Self::EventId(_) => "event",
        }
    }
}

impl Tracer {
    /// Finds who is behind `subject`: one answer a session, the newest first.
    ///
    /// Shape: sessions are told apart by the newest [`USES_READ`] uses of a key or ARN; an event's copies
    /// in several accounts have an answer each. Empty when the store holds neither a use nor an issue.
    ///
    /// Says too whether there are more uses than were read: then there may be more sessions.
    pub fn who(&mut self, subject: &Subject) -> (Vec<Who>, bool) {
        match subject {
            Subject::EventId(id) => {
                let query = LookupQuery { event_id: Some(id.clone()), ..LookupQuery::default() };
                let (events, has_more) = self.lookups.newest(&query, USES_READ);
                (events.iter().map(|event| self.who_of_event(event)).collect(), has_more)
            }
            Subject::AccessKey(key) => self.who_of_key(key),
            Subject::Arn(arn) => self.who_of_arn(arn),
        }
    }

    fn who_of_event(&mut self, event: &Event) -> Who {
        let identity = Identity::of(event);
        Who {
            access_key_id: identity.access_key_id.clone(),
            session_created: identity.session.creation_date.map(|at| at.to_string()),
            last_use: Some(Evidence::of(event)),
            attribution: self.attribute(event),
        }
    }

    fn who_of_key(&mut self, key: &str) -> (Vec<Who>, bool) {
        let query = LookupQuery { access_key_id: Some(key.to_owned()), ..LookupQuery::default() };
        let (events, has_more) = self.lookups.newest(&query, USES_READ);
        let mut found = self.sessions_of(&events);
        if found.is_empty() {
            let (events, _) = self.lookups.newest(&naming(key), USES_READ);
            let issued: Vec<_> = events
                .iter()
                .filter_map(|event| Issued::of(event.clone()))
                .filter(|issued| issued.returned(key))
                .collect();
            found = issued.iter().map(|issued| self.who_of_issue(issued)).collect();
            if let Some(made) =
                events.iter().find(|event| makes_key(event)).filter(|_| found.is_empty())
            {
                found = self.who_of_made_key(made, key).into_iter().collect();
            }
        } else if let Some(made) = self.maker_of_key(key) {
            for who in &mut found {
                who.attribution.notes.push(made.clone());
            }
        }
        (found, has_more)
    }

    fn who_of_arn(&mut self, arn: &str) -> (Vec<Who>, bool) {
        let name = if arn.ends_with(":root") { "root" } else { last_part(arn) };
        let exactly = format!("userIdentity.arn:=\"{}\"", arn.replace(['"', '\\'], ""));
        let query = LookupQuery {
            username: Some(name.to_owned()),
            search: Query::parse(&exactly, Timestamp(0)).ok(),
            ..LookupQuery::default()
        };
        let (events, has_more) = self.lookups.newest(&query, USES_READ);
        let found = self.sessions_of(&events);
        if !found.is_empty() {
            return (found, has_more);
        }
        let (events, _) = self.lookups.newest(&naming(arn), USES_READ);
        let issued: Vec<_> = events
            .into_iter()
            .filter_map(Issued::of)
            .filter(|issued| issued.session().arn.as_deref() == Some(arn))
            .collect();
        (issued.iter().map(|issued| self.who_of_issue(issued)).collect(), false)
    }

    /// One answer for each session in `events`, which are newest first.
    fn sessions_of(&mut self, events: &[Event]) -> Vec<Who> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for event in events {
            let identity = Identity::of(event);
            let session = (identity.arn, identity.access_key_id, identity.session.creation_date);
            if seen.insert(session) {
                found.push(self.who_of_event(event));
            }
        }
        found
    }

    /// Of a session that no event of the store uses.
    fn who_of_issue(&mut self, issued: &Issued) -> Who {
        let session = issued.session();
        let created = session.session.creation_date;
        let access_key_id = session.access_key_id.clone();
        let mut attribution = self.attribute_identity(session, created);
        attribution.notes.push("no event of the store uses this session".to_owned());
        Who {
            access_key_id,
            session_created: created.map(|at: Timestamp| at.to_string()),
            last_use: None,
            attribution,
        }
    }

    /// Of a long-term key that no event uses: who it was made for.
    fn who_of_made_key(&mut self, made: &Event, key: &str) -> Option<Who> {
        let record: serde_json::Value = serde_json::from_slice(&made.raw).ok()?;
        let user = crate::identity::text(&record, "/responseElements/accessKey/userName")?;
        let account = made.account_id.clone().unwrap_or_default();
        let identity = Identity {
            identity_type: Some("IAMUser".to_owned()),
            arn: Some(format!("arn:aws:iam::{account}:user/{user}")),
            access_key_id: Some(key.to_owned()),
            account_id: Some(account),
            ..Identity::default()
        };
        let maker = self.attribute(made);
        let mut attribution = self.attribute_identity(identity, made.event_time);
        attribution.links.push(Link {
            from: key.to_owned(),
            to: attribution.principal.clone(),
            how: How::KeyMade,
            strength: Strength::Strong,
            evidence: vec![Evidence::of(made)],
        });
        attribution.notes.push(format!("{key} was made by {}", maker.line()));
        attribution.notes.push("no event of the store uses this key".to_owned());
        Some(Who {
            access_key_id: Some(key.to_owned()),
            session_created: None,
            last_use: None,
            attribution,
        })
    }

    /// Who made a long-term key, in words.
    fn maker_of_key(&mut self, key: &str) -> Option<String> {
        if !key.starts_with("AKIA") {
            return None;
        }
        let query = LookupQuery { event_name: Some("CreateAccessKey".to_owned()), ..naming(key) };
        let (events, _) = self.lookups.newest(&query, USES_READ);
        let made = events.into_iter().find(makes_key)?;
        let maker = self.attribute(&made);
        let id = made.event_id.as_deref().unwrap_or("(no id)");
        let at = made.event_time.map(|at| at.to_string()).unwrap_or_default();
        Some(format!("the key was made by {} at {at} ({id})", maker.line()))
    }
}

fn makes_key(event: &Event) -> bool {
    event.event_name.as_deref() == Some("CreateAccessKey") && !event.has_failed()
}

fn last_part(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}
