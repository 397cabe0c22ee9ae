//! What an answer rests on: every fact that was read, with a hash of what it said.
//!
//! All data reach the walk through a [`Reader`], so that the set is complete by construction. That
//! something is not there is a fact like any other.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::Xxh3;

use crate::headers::{Family, IntervalSet};
use crate::net::{
    Acl, Destination, Group, GroupRule, Id, Index, Interface, Kind, List, Network, Resource, Route,
    RouteTable, Scope, Stored, Vague, scope_id,
};

/// What a verdict needed and the state does not say.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Missing {
    /// The resource's id.
    pub resource: String,
    /// The property, as AWS names it; empty for the whole resource.
    pub property: String,
}

impl Missing {
    pub(crate) fn new(resource: &str, property: &str) -> Missing {
        Missing { resource: resource.to_owned(), property: property.to_owned() }
    }
}

/// One fact that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Read {
    /// A whole resource, or that there is none.
    Resource(Kind, Id),
    /// The routes of a table that may take packets to these addresses.
    Routes(Id, Family, IntervalSet),
    /// The rules of an ACL, leaving or entering.
    AclRules(Id, bool),
    /// The rules of a security group, leaving or entering.
    GroupRules(Id, bool),
    /// The ids under a key.
    Ids(Index),
}

impl Read {
    /// A hash of what the fact is in `network`.
    fn hash_in(&self, network: &Network) -> u64 {
        let mut hasher = Xxh3::new();
        match self {
            Read::Resource(kind, id) => network.slot(*kind, id).hash(&mut hasher),
            Read::Routes(id, family, to) => {
                if let Some(Resource::RouteTable(table)) = first(network, Kind::RouteTable, id) {
                    let routes = table.routes.items.iter();
                    for route in routes.filter(|route| may_take(route, *family, to)) {
                        route.hash(&mut hasher);
                    }
                    (table.routes.is_complete, &table.routes.unknown).hash(&mut hasher);
                }
            }
            Read::AclRules(id, is_egress) => {
                if let Some(Resource::NetworkAcl(acl)) = first(network, Kind::NetworkAcl, id) {
                    let entries = acl.entries.items.iter();
                    for entry in entries.filter(|entry| entry.is_egress == *is_egress) {
                        entry.hash(&mut hasher);
                    }
                    (acl.entries.is_complete, &acl.entries.unknown).hash(&mut hasher);
                }
            }
            Read::GroupRules(id, is_egress) => {
                if let Some(Resource::SecurityGroup(group)) =
                    first(network, Kind::SecurityGroup, id)
                {
                    if *is_egress { &group.egress } else { &group.ingress }.hash(&mut hasher);
                }
            }
            Read::Ids(index) => network.ids(index).hash(&mut hasher),
        }
        hasher.finish()
    }

    /// What a change must touch to change this fact.
    fn token(&self) -> Token {
        match self {
            Read::Resource(kind, id) => Token::Resource(*kind, id.clone()),
            Read::Routes(id, ..) => Token::Resource(Kind::RouteTable, id.clone()),
            Read::AclRules(id, _) => Token::Resource(Kind::NetworkAcl, id.clone()),
            Read::GroupRules(id, _) => Token::Resource(Kind::SecurityGroup, id.clone()),
            Read::Ids(index) => Token::Index(index.clone()),
        }
    }
}

/// What a change touches: a resource, or the ids under a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Token {
    /// A resource.
    Resource(Kind, Id),
    /// The ids under a key.
    Index(Index),
}

/// What replacing a resource touches: itself, and the keys of both versions.
pub fn tokens(
    scope: &Scope,
    kind: Kind,
    id: &Id,
    old: Option<&Resource>,
    new: Option<&Resource>,
) -> BTreeSet<Token> {
    let mut tokens = BTreeSet::from([Token::Resource(kind, id.clone())]);
    for resource in [old, new].into_iter().flatten() {
        let keys = resource.keys(scope, id);
        tokens.extend(keys.into_iter().map(|(index, _)| Token::Index(index)));
    }
    tokens.insert(Token::Index(Index::Scopes));
    tokens
}

fn first<'n>(network: &'n Network, kind: Kind, id: &str) -> Option<&'n Resource> {
    network.resource(kind, id).map(|stored| &stored.resource)
}

fn may_take(route: &Route, family: Family, to: &IntervalSet) -> bool {
    match &route.destination {
        Destination::Cidr(cidr) => !family.addresses(cidr).intersect(to).is_empty(),
        Destination::PrefixList(_) => true,
    }
}

/// The facts that an answer rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    facts: BTreeMap<Token, Vec<(Read, u64)>>,
}

impl ReadSet {
    /// What a change must touch to change the answer.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.facts.keys()
    }

    /// How many facts there are.
    pub fn len(&self) -> usize {
        self.facts.values().map(Vec::len).sum()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// Whether a change that touched `tokens` and led to `after` changed a fact of this set.
    ///
    /// Facts that the change did not touch are taken to be as they were when the set was read.
    pub fn is_met_by<'a>(
        &self,
        tokens: impl IntoIterator<Item = &'a Token>,
        after: &Network,
    ) -> bool {
        let touched = tokens.into_iter().filter_map(|token| self.facts.get(token));
        touched.flatten().any(|(read, hash)| read.hash_in(after) != *hash)
    }

    /// Whether any fact is another one in `network`.
    pub fn differs_in(&self, network: &Network) -> bool {
        self.facts.values().flatten().any(|(read, hash)| read.hash_in(network) != *hash)
    }

    /// The ids of the resources and the keys that were read, with their hashes, as text.
    pub fn keys(&self) -> Vec<(String, u64)> {
        self.facts.values().flatten().map(|(read, hash)| (read.to_string(), *hash)).collect()
    }
}

impl serde::Serialize for ReadSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keys = self.keys();
        serializer.collect_map(keys.iter().map(|(key, hash)| (key, format!("{hash:016x}"))))
    }
}

impl std::fmt::Display for Read {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let direction = |is_egress: &bool| if *is_egress { "egress" } else { "ingress" };
        match self {
            Read::Resource(kind, id) => {
                write!(f, "{}/{id}", kind.as_str().rsplit("::").next().unwrap_or_default())
            }
            Read::Routes(id, family, to) => {
                write!(f, "rtb/{id}/lpm/")?;
                f.write_str(&crate::explain::addresses(*family, to).join(","))
            }
            Read::AclRules(id, is_egress) => write!(f, "acl/{id}/{}", direction(is_egress)),
            Read::GroupRules(id, is_egress) => write!(f, "sg/{id}/{}", direction(is_egress)),
            Read::Ids(index) => write_index(f, index),
        }
    }
}

fn write_index(f: &mut std::fmt::Formatter<'_>, index: &Index) -> std::fmt::Result {
    match index {
        Index::Scopes => f.write_str("scopes"),
        Index::Complete(scope) => write!(f, "complete/{}", scope_id(scope)),
        Index::CompleteVpc(vpc) => write!(f, "complete/{vpc}"),
        Index::Interfaces => f.write_str("interfaces"),
        Index::SubnetTable(id) => write!(f, "subnet/{id}/table"),
        Index::MainTable(id) => write!(f, "vpc/{id}/main"),
        Index::GatewayTable(id) => write!(f, "gateway/{id}/table"),
        Index::SubnetAcl(id) => write!(f, "subnet/{id}/acl"),
        Index::DefaultAcl(id) => write!(f, "vpc/{id}/acl"),
        Index::SubnetsOf(id) => write!(f, "vpc/{id}/subnets"),
        Index::Owner(vpc, address) => write!(f, "addr/{vpc}/{address}"),
        Index::Anywhere(address) => write!(f, "addr/{address}"),
        Index::Public(address) => write!(f, "pub/{address}"),
        Index::Elastic(address) => write!(f, "eip/{address}"),
        Index::ElasticOf(id) => write!(f, "eni/{id}/eips"),
        Index::InterfacesOf(id) => write!(f, "i/{id}/interfaces"),
        Index::Embedded(id) => write!(f, "eni/{id}/instance"),
        Index::Members(id) => write!(f, "sg/{id}/members"),
        Index::InternetGatewayOf(id) => write!(f, "vpc/{id}/igw"),
        Index::VpnGatewayOf(id) => write!(f, "vpc/{id}/vgw"),
        Index::NatOf(id) => write!(f, "eni/{id}/nat"),
        Index::EndpointOf(id) => write!(f, "eni/{id}/endpoint"),
        Index::AttachmentOf(transit, vpc) => write!(f, "tgw/{transit}/{vpc}"),
        Index::PublicAccess(scope) => write!(f, "account/{}/bpa", scope_id(scope)),
        Index::ExclusionOf(id) => write!(f, "bpa/{id}"),
        Index::VagueAnywhere(class) => write!(f, "vague/{class:?}"),
        Index::Vague(class, vpc) => {
            write!(f, "vague/{class:?}/{}", vpc.as_deref().unwrap_or_default())
        }
    }
}

/// Where a resource that refers to others is: what is absent there may be known not to exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Home {
    pub(crate) scope: Scope,
    pub(crate) vpc: Option<Id>,
}

/// Reads a network and notes what was read.
#[derive(Debug)]
pub(crate) struct Reader<'n> {
    network: &'n Network,
    facts: RefCell<BTreeMap<Read, u64>>,
}

impl<'n> Reader<'n> {
    pub(crate) fn new(network: &'n Network) -> Reader<'n> {
        Reader { network, facts: RefCell::default() }
    }

    /// Everything that was read so far.
    pub(crate) fn finish(self) -> ReadSet {
        let mut facts: BTreeMap<Token, Vec<(Read, u64)>> = BTreeMap::new();
        for (read, hash) in self.facts.into_inner() {
            facts.entry(read.token()).or_default().push((read, hash));
        }
        ReadSet { facts }
    }

    fn note(&self, read: Read) {
        let mut facts = self.facts.borrow_mut();
        if let Entry::Vacant(vacant) = facts.entry(read) {
            let hash = vacant.key().hash_in(self.network);
            vacant.insert(hash);
        }
    }

    /// The first description of a resource that has one.
    pub(crate) fn stored(&self, kind: Kind, id: &Id) -> Option<&'n Stored> {
        self.slot(kind, id).first().map(|stored| &**stored)
    }

    /// Every description of a resource.
    pub(crate) fn slot(&self, kind: Kind, id: &Id) -> &'n [std::sync::Arc<Stored>] {
        self.note(Read::Resource(kind, id.clone()));
        self.network.slot(kind, id)
    }

    /// The ids under a key.
    pub(crate) fn ids(&self, index: Index) -> Vec<Id> {
        let ids = self.network.ids(&index);
        self.note(Read::Ids(index));
        ids
    }

    /// The routes of a table that may take packets to `to`; the whole list's completeness comes along.
    pub(crate) fn routes(
        &self,
        table: &Id,
        family: Family,
        to: &IntervalSet,
    ) -> Option<List<&'n Route>> {
        self.note(Read::Routes(table.clone(), family, to.clone()));
        let Resource::RouteTable(RouteTable { routes, .. }) =
            first(self.network, Kind::RouteTable, table)?
        else {
            return None;
        };
        let items = routes.items.iter().filter(|route| may_take(route, family, to)).collect();
        Some(List { items, is_complete: routes.is_complete, unknown: routes.unknown.clone() })
    }

    /// An ACL, of which only the rules of one direction may be looked at.
    pub(crate) fn acl(&self, id: &Id, is_egress: bool) -> Option<&'n Acl> {
        self.note(Read::AclRules(id.clone(), is_egress));
        match first(self.network, Kind::NetworkAcl, id)? {
            Resource::NetworkAcl(acl) => Some(acl),
            _ => None,
        }
    }

    /// The rules of a security group in one direction.
    pub(crate) fn group(&self, id: &Id, is_egress: bool) -> Option<&'n List<GroupRule>> {
        self.note(Read::GroupRules(id.clone(), is_egress));
        match first(self.network, Kind::SecurityGroup, id)? {
            Resource::SecurityGroup(Group { egress, ingress, .. }) => {
                Some(if is_egress { egress } else { ingress })
            }
            _ => None,
        }
    }

    /// An interface by its own description, else by its instance's, with its scope.
    pub(crate) fn interface(&self, id: &Id) -> Option<(&'n Interface, &'n Scope)> {
        if let Some(Stored { scope, resource: Resource::Interface(interface) }) =
            self.stored(Kind::Interface, id)
        {
            return Some((interface, scope));
        }
        let instances = self.ids(Index::Embedded(id.clone()));
        let stored = self.stored(Kind::Instance, instances.first()?)?;
        let Resource::Instance(instance) = &stored.resource else { return None };
        let own = instance.interfaces.items.iter().find(|(name, _)| name == id);
        own.map(|(_, interface)| (interface, &stored.scope))
    }

    /// Whether what is absent at `home` does not exist.
    pub(crate) fn is_complete(&self, home: &Home) -> bool {
        let vpc = home.vpc.as_ref();
        let is_vpc = vpc.is_some_and(|vpc| !self.ids(Index::CompleteVpc(vpc.clone())).is_empty());
        is_vpc || !self.ids(Index::Complete(home.scope.clone())).is_empty()
    }

    /// Whether what is absent from every scope does not exist in any of them.
    pub(crate) fn is_complete_everywhere(&self) -> bool {
        let scopes = self.ids(Index::Scopes);
        !scopes.is_empty()
            && scopes.iter().all(|text| {
                let (account, region) = text.split_once('/').unwrap_or((text, ""));
                !self.ids(Index::Complete(Scope::new(account, region))).is_empty()
            })
    }

    /// Proves that nothing is under a key of `class`, or says what is missing for that.
    pub(crate) fn none(&self, class: Vague, home: &Home, missing: Missing) -> Result<(), Missing> {
        if !self.is_complete(home) {
            return Err(missing);
        }
        self.none_vague(class, home.vpc.as_ref())
    }

    /// The same, wherever the resource may be.
    pub(crate) fn none_anywhere(&self, class: Vague, missing: Missing) -> Result<(), Missing> {
        if !self.is_complete_everywhere() {
            return Err(missing);
        }
        match self.ids(Index::VagueAnywhere(class)).first() {
            Some(id) => Err(Missing::new(id, class.property())),
            None => Ok(()),
        }
    }

    /// Proves that no resource may be under a key of `class` without our knowing.
    pub(crate) fn none_vague(&self, class: Vague, vpc: Option<&Id>) -> Result<(), Missing> {
        for place in [vpc.cloned(), None] {
            if let Some(id) = self.ids(Index::Vague(class, place)).first() {
                return Err(Missing::new(id, class.property()));
            }
        }
        Ok(())
    }
}
