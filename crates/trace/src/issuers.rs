//! Which events may have begun a session.

use trailhound_query::LookupQuery;
use trailhound_query::search::Query;
use trailhound_record::Timestamp;

use crate::attribute::Tracer;
use crate::identity::{Identity, is_temporary_key};
use crate::issue::Issued;
use crate::limits::{CANDIDATES_MAX, CREATION_SLACK_MICROS};
use crate::lookups::{naming, within};

impl Tracer {
    /// The events that returned `key` and may have begun the session; nothing when more name the key than
    /// are compared.
    pub(crate) fn issuers_by_key(
        &mut self,
        key: &str,
        identity: &Identity,
        at: Option<Timestamp>,
    ) -> Option<Vec<Issued>> {
        let query = self.issuing_around(naming(key), identity.session.creation_date);
        let fits = |issued: &Issued| issued.returned(key) && issued.may_have_begun(identity, at);
        self.issuers(&query, &fits)
    }

    /// The events that asked for a session of this name of this role when the session was created.
    pub(crate) fn issuers_by_name(
        &mut self,
        identity: &Identity,
        at: Option<Timestamp>,
    ) -> Option<Vec<Issued>> {
        let (Some(role), Some(created)) =
            (&identity.session.issuer_arn, identity.session.creation_date)
        else {
            return Some(Vec::new());
        };
        let query = self.issuing_around(naming(role), Some(created));
        let key = identity.access_key_id.as_deref().filter(|key| is_temporary_key(key));
        let fits = |issued: &Issued| {
            // An event that returned another key began another session.
            let is_other = key.is_some_and(|key| issued.has_other_key(key));
            !is_other && issued.names_session(identity) && issued.may_have_begun(identity, at)
        };
        self.issuers(&query, &fits)
    }

    /// `query` for issuing calls alone, near a session's creation when that is known.
    pub(crate) fn issuing_around(
        &self,
        query: LookupQuery,
        created: Option<Timestamp>,
    ) -> LookupQuery {
        let search = Query::parse(&crate::issue::issuing(), Timestamp(0)).ok();
        let query = LookupQuery { search, ..query };
        match created {
            None => query,
            Some(at) => within(
                query,
                Some(Timestamp(at.0.saturating_sub(CREATION_SLACK_MICROS))),
                Some(Timestamp(at.0.saturating_add(CREATION_SLACK_MICROS))),
            ),
        }
    }

    pub(crate) fn issuers(
        &mut self,
        query: &LookupQuery,
        fits: &dyn Fn(&Issued) -> bool,
    ) -> Option<Vec<Issued>> {
        let (events, has_more) = self.lookups.newest(query, CANDIDATES_MAX);
        let issued = events.into_iter().filter_map(Issued::of).filter(fits);
        (!has_more).then(|| callers_own_copies(issued.collect()))
    }
}

/// Of the copies of one call those that name the caller, where there is one.
fn callers_own_copies(mut issued: Vec<Issued>) -> Vec<Issued> {
    let is_reduced = |issued: &Issued| issued.caller.identity_type.as_deref() == Some("AWSAccount");
    let named: Vec<Option<String>> = issued
        .iter()
        .filter(|issued| !is_reduced(issued))
        .map(|issued| issued.shared_event_id.clone())
        .collect();
    issued.retain(|issued| {
        !is_reduced(issued)
            || issued.shared_event_id.is_none()
            || !named.contains(&issued.shared_event_id)
    });
    issued
}
