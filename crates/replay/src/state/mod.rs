//! What a resource looked like at a time, as AWS describes it, and where each value is known from.
//!
//! A resource's body has the shape of the matching `Describe…` or `Get…` answer of AWS, so that replay,
//! snapshots and whatever reads a state speak one language. Values of our own were rejected: every reader
//! would have to learn both.
//!
//! A [`State`] never changes: applying an event gives another that shares what stayed. What no event said
//! is unknown, and never taken for absent.

mod call;
mod diff;
mod draft;
mod ec2;
mod fold;
mod form;
mod kinds;
mod meet;
mod path;
mod resource;
mod rule;
mod rules;
mod snapshot;
mod timeline;

use std::sync::Arc;

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};
use trailhound_record::Event;

use call::Call;
use fold::Fold;
use kinds::part_ids;
pub(crate) use kinds::{element_key, permission_key};
pub(crate) use path::get as get_at;
pub(crate) use snapshot::is_elsewhere;

pub use diff::{Difference, Side, diff, drift};
pub use form::{Form, input_form, is_hidden, output_form};
pub use kinds::{resource_type, resource_types};
pub use resource::{Known, Resource, Source};
pub use rule::followed_events;
pub use snapshot::{Snapshot, SnapshotOptions, read_snapshot};
pub use timeline::{Checkpoints, in_order, state_at};

/// The account and Region that a resource is in; global services have Region `us-east-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Scope {
    /// The account's 12 digits.
    pub account: String,
    /// The Region.
    pub region: String,
}

/// What names a resource within everything that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Key {
    /// Where it is.
    pub scope: Scope,
    /// Its type as CloudFormation spells it: `AWS::EC2::RouteTable`.
    #[serde(rename = "type")]
    pub resource_type: &'static str,
    /// Its id; where AWS has none, its name or ARN.
    ///
    /// Shape: what AWS makes without saying its id has a name of ours until the id is seen, as
    /// `vpc-1/main-table`: [`is_placeholder`] knows it.
    pub id: String,
}

/// One resource that an event changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Which.
    pub key: Key,
    /// What it was; nothing when it was not there, or nothing was known of it.
    pub before: Option<Arc<Resource>>,
    /// What it is; nothing when it is not there any more.
    pub after: Option<Arc<Resource>>,
}

/// What is known of a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lookup<'a> {
    /// It is there.
    Is(&'a Resource),
    /// It is known that it is not.
    Absent(&'a Source),
    /// Nothing says whether it is there.
    Unknown,
}

/// Resources at a time.
#[derive(Debug, Clone, Default)]
pub struct State {
    resources: RedBlackTreeMapSync<Key, Arc<Resource>>,
    gone: HashTrieMapSync<Key, Source>,
    /// Scopes and types of which a baseline had every resource.
    complete: HashTrieMapSync<(Scope, &'static str), Source>,
    /// Which resource gave an id to one of its parts: an association, a rule, an attachment.
    parts: HashTrieMapSync<(Scope, String), Key>,
    /// Members of parameters that no model has, by operation.
    unread: HashTrieMapSync<String, u64>,
}

impl State {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The resource with `key`, when something is known of it.
    pub fn get(&self, key: &Key) -> Option<&Resource> {
        self.resources.get(key).map(|resource| &**resource)
    }

    /// What is known of the resource with `key`: there, known to be absent, or unknown.
    pub fn lookup(&self, key: &Key) -> Lookup<'_> {
        if let Some(resource) = self.get(key) {
            return Lookup::Is(resource);
        }
        let of_type = || self.complete.get(&(key.scope.clone(), key.resource_type));
        self.gone.get(key).or_else(of_type).map_or(Lookup::Unknown, Lookup::Absent)
    }

    /// Whether every resource of a type in a scope is here: a baseline had them all.
    pub fn is_complete(&self, scope: &Scope, resource_type: &'static str) -> bool {
        self.complete.contains_key(&(scope.clone(), resource_type))
    }

    /// All resources, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Resource)> {
        self.resources.iter().map(|(key, resource)| (key, &**resource))
    }

    /// The resources of a type in a scope, in the order of their ids.
    pub fn of_type<'a>(
        &'a self,
        scope: &Scope,
        resource_type: &'static str,
    ) -> impl Iterator<Item = (&'a Key, &'a Resource)> + use<'a> {
        let first = Key { scope: scope.clone(), resource_type, id: String::new() };
        let from = self.resources.range(first.clone()..);
        from.take_while(move |(key, _)| {
            key.resource_type == first.resource_type && key.scope == first.scope
        })
        .map(|(key, resource)| (key, &**resource))
    }

    /// How many resources something is known of.
    pub fn len(&self) -> usize {
        self.resources.size()
    }

    /// Whether nothing is known of any resource.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// How many members of parameters no model has, by operation: they were kept and not understood.
    pub fn unread(&self) -> impl Iterator<Item = (&str, u64)> {
        self.unread.iter().map(|(operation, count)| (operation.as_str(), *count))
    }

    /// The state with one resource more, or with another in its place: for states that no event made.
    #[must_use]
    pub fn with(&self, key: Key, resource: Resource) -> Self {
        let mut state = self.clone();
        state.put(key, Some(Arc::new(resource)));
        state
    }

    /// The state without a resource, which is known to be absent from `source`.
    #[must_use]
    pub fn without(&self, key: &Key, source: Source) -> Self {
        let mut state = self.clone();
        state.put(key.clone(), None);
        state.gone.insert_mut(key.clone(), source);
        state
    }

    /// Writes or removes a resource, and returns what it was.
    fn put(&mut self, key: Key, after: Option<Arc<Resource>>) -> Option<Arc<Resource>> {
        let before = self.resources.get(&key).cloned();
        let empty = Vec::new;
        let old = before.as_ref().map_or_else(empty, |it| part_ids(key.resource_type, &it.body));
        self.put_over(key, &old, after);
        before
    }

    /// Writes or removes a resource that gave ids to the parts `old`.
    fn put_over(&mut self, key: Key, old: &[String], after: Option<Arc<Resource>>) {
        let empty = Vec::new;
        let new = after.as_ref().map_or_else(empty, |it| part_ids(key.resource_type, &it.body));
        for part in old.iter().filter(|part| !new.contains(part)) {
            let part = (key.scope.clone(), part.clone());
            if self.parts.get(&part) == Some(&key) {
                self.parts.remove_mut(&part);
            }
        }
        for part in new.iter().filter(|part| !old.contains(part)) {
            self.parts.insert_mut((key.scope.clone(), part.clone()), key.clone());
        }
        match after {
            Some(after) => {
                if self.gone.contains_key(&key) {
                    self.gone.remove_mut(&key);
                }
                self.resources.insert_mut(key, after);
            }
            None => {
                self.resources.remove_mut(&key);
            }
        }
    }

    /// Applies one event to a state that is not needed any more: quicker than [`State::apply`], and it does
    /// not tell what changed.
    #[must_use]
    pub fn replay(self, event: &Event) -> Self {
        let Some(call) = Call::read(event) else { return self };
        let mut fold = Fold::in_place(self, &call);
        rule::apply(&mut fold);
        fold.finish().0
    }

    /// Applies one event.
    ///
    /// Shape: failed calls, dry runs and reads change nothing; neither do calls that replay does not
    /// follow. A change to a resource whose creation was not seen makes what it wrote known, and leaves
    /// the rest unknown.
    #[must_use]
    pub fn apply(&self, event: &Event) -> (Self, Vec<Changed>) {
        let Some(call) = Call::read(event) else { return (self.clone(), Vec::new()) };
        let mut fold = Fold::new(self.clone(), &call);
        rule::apply(&mut fold);
        fold.finish()
    }
}

/// Whether an id is a name of ours for what AWS made without saying its id.
pub fn is_placeholder(id: &str) -> bool {
    ["/main-table", "/default-acl", "/default-group"].iter().any(|end| id.ends_with(end))
}

#[cfg(test)]
mod tests;
