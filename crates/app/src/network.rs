//! A replayed state as the network that packets are walked through.
//!
//! Three facts that decide almost every path are in no event: the address that AWS gives a NAT gateway,
//! that an account's Block Public Access is off until somebody turns it on, and that no change of a VPC is
//! missing since it was made. They are filled in here and told with each answer; all else that is not known
//! stays unknown.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde::Serialize;
use serde_json::{Value, json};
use trailhound_reach::{Body, Kind, Network, Scope, Timeline, Write};
use trailhound_replay::state::{Key, Known, Resource, Source, State};

use crate::replay::Replay;

/// Stands for a public address that is not known; it is in no network.
const PUBLIC_STAND_IN: &str = "192.0.2.1";

/// Something that no event says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Assumption {
    /// The resource, or the account and Region.
    pub resource: String,
    /// What is assumed of it, for people.
    pub text: String,
    /// The account and Region whose Block Public Access is off.
    #[serde(skip)]
    open: Option<Scope>,
    /// The VPC of which everything is known.
    #[serde(skip)]
    whole_vpc: Option<String>,
}

/// The body of a resource as reachability reads it.
pub(crate) struct Described<'a> {
    pub(crate) json: Cow<'a, Value>,
    pub(crate) unknown: Vec<String>,
}

/// What must be assumed of a state.
pub(crate) fn assumptions(state: &State) -> Vec<Assumption> {
    let mut found = Assumed::default();
    state.iter().for_each(|(key, resource)| found.see(key, resource, state));
    let told = found.options.clone();
    found.finish(&told)
}

/// What must be assumed of all states of a replay.
pub(crate) fn assumptions_over(replay: &Replay) -> Vec<Assumption> {
    let mut found = Assumed::default();
    replay.first.iter().for_each(|(key, resource)| found.see(key, resource, &replay.first));
    // An option that an event set was off until then.
    let told = found.options.clone();
    for moment in replay.moments() {
        for changed in &moment.changed {
            if let Some(after) = &changed.after {
                found.see(&changed.key, after, &moment.after);
            }
        }
    }
    found.finish(&told)
}

#[derive(Default)]
struct Assumed {
    assumed: BTreeSet<Assumption>,
    /// Where Block Public Access is told.
    options: BTreeSet<Scope>,
    seen: BTreeSet<Scope>,
}

impl Assumed {
    fn see(&mut self, key: &Key, resource: &Resource, state: &State) {
        let of = |text: &str, whole_vpc| Assumption {
            resource: key.id.clone(),
            text: text.to_owned(),
            open: None,
            whole_vpc,
        };
        match Kind::from_type(key.resource_type) {
            Some(Kind::PublicAccessOptions) => {
                self.options.insert(scope(key));
            }
            Some(Kind::Vpc) => {
                self.seen.insert(scope(key));
                if *resource.source("") != Source::Unknown {
                    let text = "every change since its creation or snapshot is stored";
                    self.assumed.insert(of(text, Some(key.id.clone())));
                }
            }
            Some(Kind::NatGateway) if nat_address(resource, key, state).is_some() => {
                let text = "no event tells its addresses: one of its subnet stands for them";
                self.assumed.insert(of(text, None));
            }
            _ => {}
        }
    }

    fn finish(mut self, told: &BTreeSet<Scope>) -> Vec<Assumption> {
        for scope in self.seen.difference(told) {
            let until = match self.options.contains(scope) {
                true => "off until an event turns it on",
                false => "off, as no event turned it on",
            };
            self.assumed.insert(Assumption {
                resource: format!("{}/{}", scope.account, scope.region),
                text: format!("Block Public Access is {until}"),
                open: Some(scope.clone()),
                whole_vpc: None,
            });
        }
        self.assumed.into_iter().collect()
    }
}

/// A replay as versions of the network, one for each moment, and what is assumed in them.
#[derive(Debug)]
pub(crate) struct Versioned {
    pub(crate) timeline: Timeline<usize>,
    pub(crate) assumed: Vec<Assumption>,
}

/// The versions of the network, one for each change that was replayed.
pub(crate) fn versioned(replay: &Replay) -> Versioned {
    let assumed = assumptions_over(replay);
    let mut timeline = Timeline::new(network(&replay.first, &assumed));
    for (index, moment) in replay.moments().iter().enumerate() {
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
    Versioned { timeline, assumed }
}

/// The network of a state.
pub(crate) fn network(state: &State, assumed: &[Assumption]) -> Network {
    let mut network = Network::new();
    for scope in assumed.iter().filter_map(|assumption| assumption.open.as_ref()) {
        let json = json!({"InternetGatewayBlockMode": "off"});
        let id = format!("{}/{}", scope.account, scope.region);
        let body = Body { json: &json, unknown: &[] };
        network = network.with(scope, Kind::PublicAccessOptions, &id, Some(body));
    }
    for vpc in assumed.iter().filter_map(|assumption| assumption.whole_vpc.as_ref()) {
        network = network.complete_vpc(vpc);
    }
    for (key, resource) in state.iter() {
        let Some(kind) = Kind::from_type(key.resource_type) else { continue };
        let body = described(kind, resource, &key.scope, state);
        let body = Body { json: &body.json, unknown: &body.unknown };
        network = network.with(&scope(key), kind, &network_id(kind, key), Some(body));
    }
    network
}

pub(crate) fn scope(key: &Key) -> Scope {
    Scope::new(&key.scope.account, &key.scope.region)
}

/// The id that reachability knows a resource by.
pub(crate) fn network_id(kind: Kind, key: &Key) -> String {
    match kind {
        Kind::PublicAccessOptions => format!("{}/{}", key.scope.account, key.scope.region),
        _ => key.id.clone(),
    }
}

/// A resource's body, and the paths of it that are not known.
pub(crate) fn described<'a>(
    kind: Kind,
    resource: &'a Resource,
    scope: &trailhound_replay::state::Scope,
    state: &State,
) -> Described<'a> {
    let is_unknown = |source: &Source| *source == Source::Unknown;
    let sources = resource.sources.iter().filter(|(_, it)| is_unknown(it));
    let mut unknown: Vec<String> = sources.map(|(path, _)| path.clone()).collect();
    let mut json = Cow::Borrowed(&resource.body);
    if kind == Kind::NatGateway {
        let id = text(resource, "NatGatewayId").unwrap_or_default();
        let key = Key { scope: scope.clone(), resource_type: kind.as_str(), id };
        if let Some(address) = nat_address(resource, &key, state) {
            unknown.retain(|path| !path.starts_with("NatGatewayAddresses"));
            if let Some(members) = json.to_mut().as_object_mut() {
                members.insert("NatGatewayAddresses".to_owned(), json!([address]));
            }
        }
    }
    if kind == Kind::Address
        && unknown.iter().any(|path| HELD.contains(&path.as_str()))
        && let Some(nat) = holder(resource, scope, state)
        && let Some(members) = json.to_mut().as_object_mut()
    {
        unknown.retain(|path| !HELD.contains(&path.as_str()));
        // The gateway's interface: its id is in no event, that it is no other interface is enough.
        members.insert("NetworkInterfaceId".to_owned(), json!(interface_of(&nat)));
    }
    Described { json, unknown }
}

/// What stands for the interface of a NAT gateway.
fn interface_of(nat: &str) -> String {
    format!("the interface of {nat}")
}

/// The members of an Elastic IP address that say what holds it.
const HELD: &[&str] = &["AssociationId", "NetworkInterfaceId", "InstanceId", "PrivateIpAddress"];

/// The NAT gateway that holds an Elastic IP address.
fn holder(
    elastic: &Resource,
    scope: &trailhound_replay::state::Scope,
    state: &State,
) -> Option<String> {
    let allocation = text(elastic, "AllocationId")?;
    let mut nats = state.of_type(scope, Kind::NatGateway.as_str());
    let held = nats.find(|(_, nat)| {
        let addresses = nat.body.get("NatGatewayAddresses").and_then(Value::as_array);
        let is_it = |address: &Value| {
            address.get("AllocationId").and_then(Value::as_str) == Some(&allocation)
        };
        addresses.into_iter().flatten().any(is_it)
    });
    held.map(|(key, _)| key.id.clone())
}

/// The address that stands for those of a NAT gateway whose own are not known; nothing where they are, or
/// where its subnet is not.
fn nat_address(nat: &Resource, key: &Key, state: &State) -> Option<Value> {
    let listed = nat.body.get("NatGatewayAddresses").and_then(Value::as_array);
    let first = listed.and_then(|listed| listed.first());
    if first.is_some_and(|address| address.get("PrivateIp").is_some()) {
        return None;
    }
    let subnet = Key {
        scope: key.scope.clone(),
        resource_type: Kind::Subnet.as_str(),
        id: text(nat, "SubnetId")?,
    };
    let cidr = text(state.get(&subnet)?, "CidrBlock")?;
    let (network, length) = cidr.split_once('/')?;
    let network: Ipv4Addr = network.parse().ok()?;
    let size = 1_u32.checked_shl(32_u32.checked_sub(length.parse().ok()?)?)?;
    // The last address that AWS hands out: the one behind it is the broadcast address.
    let private = Ipv4Addr::from(u32::from(network).checked_add(size)?.checked_sub(2)?);
    let mut address = json!({
        "PrivateIp": private.to_string(),
        "IsPrimary": true,
        "NetworkInterfaceId": interface_of(&key.id),
    });
    let is_public = text(nat, "ConnectivityType").as_deref() != Some("private");
    if let (true, Some(members)) = (is_public, address.as_object_mut()) {
        let allocation = first.and_then(|it| it.get("AllocationId")).and_then(Value::as_str);
        let public = allocation.and_then(|id| {
            let elastic = Key {
                scope: key.scope.clone(),
                resource_type: Kind::Address.as_str(),
                id: id.to_owned(),
            };
            text(state.get(&elastic)?, "PublicIp")
        });
        members.insert("PublicIp".to_owned(), json!(public.as_deref().unwrap_or(PUBLIC_STAND_IN)));
    }
    Some(address)
}

fn text(resource: &Resource, member: &str) -> Option<String> {
    match resource.member(member) {
        Known::Is(value, _) => value.as_str().map(str::to_owned),
        Known::Absent(_) | Known::Unknown => None,
    }
}
