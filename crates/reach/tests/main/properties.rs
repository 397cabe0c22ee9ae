//! What holds for every network: blame is exact, and what is unknown never becomes a yes or a no.

use crate::brute::{Model, any_model};
use crate::common::*;
use proptest::prelude::*;
use serde_json::json;
use trailhound_reach::headers::Family;
use trailhound_reach::{
    Body, End, Kind, Network, Protocol, Query, Timeline, Verdict, blame, blame_every_change, path,
};

fn questions(model: &Model) -> Vec<Query> {
    let machine = |machine: usize| End::Interface(format!("eni-{machine}").into());
    let outside = || End::Address(model.outside());
    let family = if model.six { Family::V6 } else { Family::V4 };
    let pairs = [
        (machine(0), outside()),
        (machine(1), outside()),
        (outside(), machine(0)),
        (machine(0), machine(1)),
        (machine(1), machine(3)),
        (machine(0), machine(2)),
        (machine(1), End::Internet),
        (End::Internet, machine(1)),
    ];
    let ask = |(from, to)| Query { family, ..Query::new(from, to).protocol(Protocol::Any) };
    pairs.into_iter().map(ask).collect()
}

/// Takes one part of a model from another.
fn adopt(model: &mut Model, from: &Model, part: usize) {
    let place = part % 3;
    match part / 3 {
        0 => model.defaults[place] = from.defaults[place],
        1 => model.specific[place] = from.specific[place],
        2 => model.entries[place] = from.entries[place].clone(),
        3 => model.ingress[place] = from.ingress[place].clone(),
        4 => model.egress[place] = from.egress[place].clone(),
        5 => model.machines[place] = from.machines[place].clone(),
        6 => model.peer_routes[place] = from.peer_routes[place],
        _ if place == 0 => model.is_attached = from.is_attached,
        _ => model.is_peered = from.is_peered,
    }
}

/// The paths that may be unknown of a resource.
fn paths_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::RouteTable => {
            &["Routes", "Routes[0.0.0.0/0]", "Routes[::/0]", "Associations", "VpcId"]
        }
        Kind::NetworkAcl => &["Entries", "Associations", "IsDefault"],
        Kind::SecurityGroup => &["IpPermissions", "IpPermissionsEgress"],
        Kind::Interface => &[
            "Groups",
            "Association",
            "Status",
            "PrivateIpAddresses",
            "Ipv6Addresses",
            "SubnetId",
            "VpcId",
            "SourceDestCheck",
            "Attachment",
        ],
        Kind::Instance => &["State", "State.Name"],
        Kind::InternetGateway | Kind::EgressOnlyGateway => &["Attachments"],
        Kind::NatGateway => &["State", "SubnetId", "NatGatewayAddresses", "VpcId"],
        Kind::Peering => &["Status", "RequesterVpcInfo", "AccepterVpcInfo"],
        Kind::Vpc => &["CidrBlockAssociationSet", "Ipv6CidrBlockAssociationSet"],
        Kind::TransitGateway => &["State", "Options"],
        Kind::Attachment => {
            &["State", "Association", "ResourceType", "ResourceId", "TransitGatewayId"]
        }
        Kind::VpcAttachment => &["State", "SubnetIds", "VpcId", "TransitGatewayId", "Options"],
        Kind::TransitTable => &["Routes", "TransitGatewayRouteTablePropagations"],
        Kind::Address => &["NetworkInterfaceId", "PrivateIpAddress", "InstanceId"],
        Kind::PrefixList => &["Entries"],
        Kind::PublicAccessOptions => &["InternetGatewayBlockMode"],
        Kind::Subnet => &["CidrBlock", "Ipv6CidrBlockAssociationSet", "VpcId"],
        _ => &[],
    }
}

/// A way to know less of one resource.
#[derive(Debug, Clone)]
struct Doubt {
    resource: prop::sample::Index,
    path: prop::sample::Index,
    how: u8,
}

fn any_doubt() -> impl Strategy<Value = Doubt> {
    (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u8..4)
        .prop_map(|(resource, path, how)| Doubt { resource, path, how })
}

/// The network with less known of it; every value that is told is still true.
fn doubted(lab: &Lab, network: &Network, doubt: &Doubt) -> (Network, String) {
    let keys: Vec<_> = lab.bodies.keys().collect();
    let (kind, id) = doubt.resource.get(&keys);
    let paths = paths_of(*kind);
    let path = if paths.is_empty() { "" } else { doubt.path.get(paths) };
    less_of(network, *kind, id, &lab.bodies[&(*kind, id.clone())], path, doubt.how)
}

fn less_of(
    network: &Network,
    kind: Kind,
    id: &str,
    body: &serde_json::Value,
    path: &str,
    how: u8,
) -> (Network, String) {
    let mut json = body.clone();
    let unknown = match how {
        // Nothing but the id.
        0 => {
            json = json!({ kind.id_name(): id });
            vec![String::new()]
        }
        // A list of which some elements are told.
        1 => {
            if let Some(list) = json.get_mut(path).and_then(|value| value.as_array_mut()) {
                list.truncate(1);
            }
            vec![path.to_owned()]
        }
        2 => {
            json.as_object_mut().expect("an object").remove(path);
            vec![String::new()]
        }
        _ => vec![path.to_owned()],
    };
    let body = Body { json: &json, unknown: &unknown };
    (network.with(&scope(), kind, id, Some(body)), format!("{id} {unknown:?} {json}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Knowing less turns a verdict into `unknown` or leaves it as it is.
    #[test]
    fn less_knowledge_never_changes_a_verdict(
        model in any_model(),
        doubts in prop::collection::vec(any_doubt(), 1..12),
    ) {
        let lab = model.lab();
        let network = lab.complete();
        for query in questions(&model) {
            let full = path(&network, &query);
            prop_assert_ne!(full.verdict, Verdict::Unknown);
            let bare = path(&lab.network(), &query).verdict;
            prop_assert!(bare == full.verdict || bare == Verdict::Unknown, "{bare:?} {full:?}");
            for doubt in &doubts {
                let (less, told) = doubted(&lab, &network, doubt);
                let answer = path(&less, &query);
                prop_assert!(
                    answer.verdict == full.verdict || answer.verdict == Verdict::Unknown,
                    "{:?} of {:?} by {told}: {query:?} {:?}",
                    answer.verdict, full.verdict, answer.explanations,
                );
                if answer.verdict == Verdict::Unknown {
                    prop_assert!(!answer.missing.is_empty());
                }
            }
        }
    }

    /// Blame finds what asking about every version finds.
    #[test]
    fn blame_finds_every_flip(
        model in any_model(),
        donors in prop::collection::vec(any_model(), 2),
        steps in prop::collection::vec((0usize..2, 0usize..24), 1..30),
        window in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        let mut current = Model { six: donors[0].six, ..model };
        let mut lab = current.lab();
        let mut timeline = Timeline::new(lab.complete());
        for (donor, part) in &steps {
            // Ways differ between families; a donor of the other one gives nothing.
            if donors[*donor].six == current.six {
                adopt(&mut current, &donors[*donor], *part);
            }
            let next = current.lab();
            push(&mut timeline, "change", &difference(&lab, &next));
            lab = next;
        }
        let (one, other) = (window.0.index(steps.len() + 1), window.1.index(steps.len() + 1));
        let (first, last) = (one.min(other), one.max(other));
        for query in questions(&current) {
            let found = blame(&timeline, &query, first, last);
            let slow = blame_every_change(&timeline, &query, first, last);
            let places = |flips: &[trailhound_reach::Flip]| {
                flips.iter().map(|flip| (flip.change, flip.before.verdict, flip.after.code())).collect::<Vec<_>>()
            };
            prop_assert_eq!(places(&found.flips), places(&slow));
            prop_assert!(found.evaluations <= last - first + 1);
        }
    }

    /// A version made change by change equals the network that is read at once.
    #[test]
    fn versions_equal_networks_built_at_once(model in any_model(), other in any_model()) {
        let other = Model { six: model.six, ..other };
        let (lab, next) = (model.lab(), other.lab());
        let mut timeline = Timeline::new(lab.complete());
        push(&mut timeline, "everything", &difference(&lab, &next));
        let version = trailhound_reach::Versions::network(&timeline, 1);
        for query in questions(&other) {
            prop_assert_eq!(path(&version, &query), path(&next.complete(), &query));
        }
    }
}

/// Every doubt about every resource of a lab, against a few questions.
fn doubt_everything(lab: &Lab, questions: &[(&str, &str)]) -> (usize, usize) {
    let network = lab.complete();
    let (mut same, mut unknown) = (0, 0);
    for (from, to) in questions {
        let ends = [from, to].map(|text| End::parse(text).expect("an end"));
        let [from, to] = ends;
        let query = Query::new(from, to).port(443);
        let full = path(&network, &query);
        assert_ne!(full.verdict, Verdict::Unknown, "{query:?} {:?}", full.missing);
        for ((kind, id), body) in &lab.bodies {
            for path_of in paths_of(*kind).iter().copied().chain([""]) {
                for how in 0..4 {
                    let (less, told) = less_of(&network, *kind, id, body, path_of, how);
                    let answer = path(&less, &query);
                    if answer.verdict == full.verdict {
                        same += 1;
                    } else {
                        let explained = (&answer.explanations, &answer.missing);
                        assert_eq!(
                            answer.verdict,
                            Verdict::Unknown,
                            "{query:?} {told} {explained:?}"
                        );
                        unknown += 1;
                    }
                }
            }
        }
    }
    (same, unknown)
}

#[test]
fn every_doubt_about_a_known_network_is_harmless() {
    let out = [("i-app", "203.0.113.10"), ("internet", "i-web"), ("i-app", "i-web")];
    let (same, unknown) = doubt_everything(&story(), &out);
    assert!(same > 100 && unknown > 100, "{same} {unknown}");
    let mut broken = story();
    broken.edit(Kind::RouteTable, "rtb-private", |body| {
        body["Routes"][1] = route("0.0.0.0/0", "igw-1");
    });
    doubt_everything(&broken, &out);
    doubt_everything(&dual(), &[("i-app", "2001:db8:ffff::1")]);
    let (same, unknown) = doubt_everything(
        &transit(),
        &[("i-app", "i-far"), ("i-far", "i-app"), ("i-far", "10.9.9.9")],
    );
    assert!(same > 100 && unknown > 100, "{same} {unknown}");
    let mut hole = transit();
    hole.edit(Kind::TransitTable, "tgw-rtb-1", |body| {
        body["Routes"] = json!([{"DestinationCidrBlock": "10.2.0.0/16", "State": "blackhole",
            "Type": "static", "TransitGatewayAttachments": []}]);
    });
    doubt_everything(&hole, &[("i-app", "i-far")]);
}
