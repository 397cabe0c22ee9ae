//! Versions of a network, one per change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::net::{Body, Id, Kind, Network, Resource, Scope};
use crate::read::{Token, tokens};

/// A network before and after each of a sequence of changes, as a question for the one to blame needs it.
pub trait Versions {
    /// How many changes there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The network after the first `changes` changes; with 0, the one at the start.
    fn network(&self, changes: usize) -> Network;

    /// The changes that touched `token`, in order, without repeats.
    fn touching(&self, token: &Token) -> &[usize];

    /// What the change at `place` touched.
    fn touched(&self, place: usize) -> &[Token];
}

/// One resource that a change replaces or removes.
#[derive(Debug, Clone, Copy)]
pub struct Write<'a> {
    /// Where it is.
    pub scope: &'a Scope,
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: &'a str,
    /// What it is afterwards; absent where it is gone.
    pub body: Option<(&'a Value, &'a [String])>,
}

/// Versions kept in memory: each shares with its neighbours all that stayed.
///
/// A change that leaves every route, rule and address as it was costs no version.
#[derive(Debug, Clone)]
pub struct Timeline<C> {
    /// Versions in order, with the number of changes that led there.
    versions: Vec<(usize, Network)>,
    changes: Vec<C>,
    touched: Vec<Vec<Token>>,
    touching: BTreeMap<Token, Vec<usize>>,
}

impl<C> Timeline<C> {
    /// A timeline that starts with a network.
    pub fn new(start: Network) -> Timeline<C> {
        Timeline {
            versions: vec![(0, start)],
            changes: Vec::new(),
            touched: Vec::new(),
            touching: BTreeMap::new(),
        }
    }

    /// Appends a change with all that it writes; failed calls write nothing.
    pub fn push<'a>(&mut self, change: C, writes: impl IntoIterator<Item = Write<'a>>) {
        let place = self.changes.len();
        let mut network = self.network(place);
        let mut touched: BTreeSet<Token> = BTreeSet::new();
        for write in writes {
            let id = Id::from(write.id);
            let stored = network.slot(write.kind, &id).iter().find(|s| s.scope == *write.scope);
            let old = stored.map(|stored| stored.resource.clone());
            let new = write
                .body
                .map(|(json, unknown)| Resource::parse(write.kind, &id, Body { json, unknown }));
            if old == new {
                continue;
            }
            touched.extend(tokens(write.scope, write.kind, &id, old.as_ref(), new.as_ref()));
            network = network.with_resource(write.scope, write.kind, &id, new);
        }
        if !touched.is_empty() {
            self.versions.push((place + 1, network));
        }
        for token in &touched {
            self.touching.entry(token.clone()).or_default().push(place);
        }
        self.touched.push(touched.into_iter().collect());
        self.changes.push(change);
    }

    /// The changes.
    pub fn changes(&self) -> &[C] {
        &self.changes
    }
}

impl<C> Versions for Timeline<C> {
    fn len(&self) -> usize {
        self.changes.len()
    }

    fn network(&self, changes: usize) -> Network {
        let place = self.versions.partition_point(|(count, _)| *count <= changes);
        let version = place.checked_sub(1).and_then(|place| self.versions.get(place));
        version.map(|(_, network)| network.clone()).unwrap_or_default()
    }

    fn touching(&self, token: &Token) -> &[usize] {
        self.touching.get(token).map_or(&[], Vec::as_slice)
    }

    fn touched(&self, place: usize) -> &[Token] {
        self.touched.get(place).map_or(&[], Vec::as_slice)
    }
}
