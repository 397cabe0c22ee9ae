//! One test for each thing that a network can do to a packet.

use crate::common::*;
use serde_json::json;
use trailhound_reach::explain::Code;
use trailhound_reach::headers::Family;
use trailhound_reach::{Answer, End, Kind, Protocol, Query, Verdict, path};

fn end(text: &str) -> End {
    End::parse(text).unwrap_or_else(|| panic!("`{text}` is no end"))
}

fn ask(lab: &Lab, from: &str, to: &str, port: u16) -> Answer {
    path(&lab.complete(), &Query::new(end(from), end(to)).port(port))
}

#[track_caller]
fn check(answer: &Answer, verdict: Verdict, code: Option<Code>) {
    assert_eq!((answer.verdict, answer.code()), (verdict, code), "{answer:#?}");
}

#[test]
fn the_internet_reaches_a_public_machine_by_its_rules() {
    let lab = story();
    check(&ask(&lab, "internet", "i-web", 443), Verdict::Reachable, None);
    check(&ask(&lab, "igw-1", "i-web", 443), Verdict::Reachable, None);
    let closed = ask(&lab, "internet", "i-web", 22);
    check(&closed, Verdict::Unreachable, Some(Code::EniSgRulesMismatch));
    let private = ask(&lab, "internet", "i-app", 443);
    check(&private, Verdict::Unreachable, Some(Code::IgwPrivateIpAssociationForIngress));
    let inside = ask(&lab, "internet", "10.0.1.30", 443);
    check(&inside, Verdict::Unreachable, Some(Code::IgwExpectsPublicAddress));
}

#[test]
fn an_inbound_connection_needs_a_route_back() {
    let mut lab = story();
    lab.edit(Kind::RouteTable, "rtb-public", |body| {
        body["Routes"].as_array_mut().expect("routes").truncate(1);
    });
    let answer = ask(&lab, "igw-1", "i-web", 443);
    check(&answer, Verdict::ForwardOnly, Some(Code::NoRouteToDestination));
    let told = serde_json::to_value(&answer).expect("JSON");
    assert_eq!(told["Explanations"][0]["RouteTable"], json!({"Id": "rtb-public"}));
    // By way of the NAT gateway the answer has another source.
    lab.edit(Kind::RouteTable, "rtb-public", |body| {
        body["Routes"].as_array_mut().expect("routes").push(route("0.0.0.0/0", "nat-1"));
    });
    check(
        &ask(&lab, "igw-1", "i-web", 443),
        Verdict::ForwardOnly,
        Some(Code::NgwSourceAddressReassign),
    );
}

#[test]
fn an_unattached_interface_and_a_stopped_instance_get_nothing() {
    let mut lab = story();
    lab.edit(Kind::Instance, "i-web", |body| body["State"] = json!({"Name": "stopped"}));
    check(&ask(&lab, "internet", "i-web", 443), Verdict::Unreachable, Some(Code::BadState));
    lab.edit(Kind::Interface, "eni-web", |body| {
        body["Status"] = json!("available");
        body["Attachment"] = json!(null);
    });
    let answer = ask(&lab, "internet", "eni-web", 443);
    check(&answer, Verdict::Unreachable, Some(Code::IgwPrivateIpAssociationForIngress));
}

#[test]
fn block_public_access_stops_what_its_mode_says() {
    let with = |mode: &str, exclusion: Option<(&str, &str)>| {
        let mut lab = story();
        let id = "111122223333/us-east-1".to_owned();
        lab.bodies
            .insert((Kind::PublicAccessOptions, id), json!({"InternetGatewayBlockMode": mode}));
        if let Some((place, mode)) = exclusion {
            lab.put(
                Kind::PublicAccessExclusion,
                json!({"ExclusionId": "vpcbpa-exclude-1", "State": "create-complete",
                    "InternetGatewayExclusionMode": mode,
                    "ResourceArn": format!("arn:aws:ec2:us-east-1:111122223333:subnet/{place}")}),
            );
        }
        let verdict = |from, to| ask(&lab, from, to, 443).verdict;
        [
            verdict("i-app", "203.0.113.10"),
            verdict("i-web", "203.0.113.10"),
            verdict("internet", "i-web"),
        ]
    };
    use Verdict::{Reachable, Unreachable};
    assert_eq!(with("off", None), [Reachable; 3]);
    assert_eq!(with("block-ingress", None), [Reachable, Unreachable, Unreachable]);
    assert_eq!(with("block-bidirectional", None), [Unreachable; 3]);
    let public = |mode| Some(("subnet-public", mode));
    assert_eq!(with("block-bidirectional", public("allow-bidirectional")), [Reachable; 3]);
    assert_eq!(
        with("block-bidirectional", public("allow-egress")),
        [Reachable, Reachable, Unreachable]
    );
    assert_eq!(
        with("block-bidirectional", Some(("subnet-private", "allow-bidirectional"))),
        [Unreachable; 3]
    );
}

#[test]
fn an_egress_only_gateway_lets_out_and_not_in() {
    let mut lab = dual();
    let out = ask(&lab, "i-app", "2001:db8:ffff::1", 443);
    check(&out, Verdict::Reachable, None);
    assert_eq!(out.forward_nodes, ["i-app", "subnet-private", "vpc-1", "eigw-1", "internet"]);
    let inward = Query { family: Family::V6, ..Query::new(End::Internet, end("i-app")).port(443) };
    let answer = path(&lab.complete(), &inward);
    check(&answer, Verdict::ForwardOnly, Some(Code::XEigwNoSession));
    lab.edit(Kind::EgressOnlyGateway, "eigw-1", |body| body["Attachments"] = json!([]));
    let cut = ask(&lab, "i-app", "2001:db8:ffff::1", 443);
    check(&cut, Verdict::Unreachable, Some(Code::BadStateRoute));
}

#[test]
fn a_gateway_route_table_steers_what_comes_in() {
    let mut lab = story();
    let routes = [route("10.0.0.0/16", "local"), route("10.0.1.0/24", "eni-wall")];
    lab.put(Kind::RouteTable, table("rtb-edge", "vpc-1", &routes, &["igw-1"]))
        .put(Kind::SecurityGroup, group("sg-wall", "vpc-1", &[all()], &[all()]))
        .put(
            Kind::Interface,
            interface("wall", "subnet-private", "vpc-1", "10.0.2.9", &["sg-wall"]),
        )
        .put(Kind::Instance, instance("wall"));
    let checked = ask(&lab, "internet", "i-web", 443);
    check(&checked, Verdict::Unreachable, Some(Code::EniSourceDestCheckRestriction));
    lab.edit(Kind::Interface, "eni-wall", |body| body["SourceDestCheck"] = json!(false));
    let answer = ask(&lab, "internet", "i-web", 443);
    check(&answer, Verdict::Boundary, None);
    assert_eq!(answer.forward_nodes.last().map(String::as_str), Some("eni-wall"));
    lab.edit(Kind::RouteTable, "rtb-edge", |body| {
        body["Routes"] = json!([route("10.0.0.0/16", "local")])
    });
    check(&ask(&lab, "internet", "i-web", 443), Verdict::Reachable, None);
}

#[test]
fn prefix_lists_route_and_permit_by_their_entries() {
    let mut lab = story();
    lab.put(
        Kind::PrefixList,
        json!({"PrefixListId": "pl-1", "Entries": [{"Cidr": "203.0.113.0/24"}]}),
    )
    .put(
        Kind::SecurityGroup,
        group("sg-app", "vpc-1", &[], &[permit("tcp", Some((443, 443)), "pl-1")]),
    )
    .edit(Kind::RouteTable, "rtb-private", |body| {
        body["Routes"] = json!([route("10.0.0.0/16", "local"), route("pl-1", "nat-1")]);
    });
    check(&ask(&lab, "i-app", "203.0.113.10", 443), Verdict::Reachable, None);
    let other = ask(&lab, "i-app", "192.0.2.10", 443);
    check(&other, Verdict::Unreachable, Some(Code::EniSgRulesMismatch));
    // Another list with the same block and another target: AWS does not say which of them wins.
    lab.put(
        Kind::PrefixList,
        json!({"PrefixListId": "pl-2", "Entries": [{"Cidr": "203.0.113.0/24"}]}),
    )
    .edit(Kind::RouteTable, "rtb-private", |body| {
        body["Routes"].as_array_mut().expect("routes").push(route("pl-2", "igw-1"));
    });
    let rivals = ask(&lab, "i-app", "203.0.113.10", 443);
    check(&rivals, Verdict::Unknown, Some(Code::XUnknownState));
}

#[test]
fn a_gateway_endpoint_carries_tcp_and_echo_only() {
    let mut lab = story();
    lab.put(
        Kind::PrefixList,
        json!({"PrefixListId": "pl-1", "Entries": [{"Cidr": "203.0.113.0/24"}]}),
    )
    .put(
        Kind::Endpoint,
        json!({"VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "State": "available",
            "VpcEndpointType": "Gateway", "NetworkInterfaceIds": []}),
    )
    .edit(Kind::RouteTable, "rtb-private", |body| {
        body["Routes"] = json!([route("10.0.0.0/16", "local"), route("pl-1", "vpce-1")]);
    });
    let answer = ask(&lab, "i-app", "203.0.113.10", 443);
    check(&answer, Verdict::Reachable, None);
    assert_eq!(answer.return_nodes, ["vpce-1", "vpc-1", "subnet-private", "i-app"]);
    let by = |protocol, port| {
        let query = Query::new(end("i-app"), end("203.0.113.10")).protocol(protocol);
        path(&lab.complete(), &Query { port, ..query })
    };
    let udp = by(Protocol::Udp, None);
    check(&udp, Verdict::Unreachable, Some(Code::VpceGatewayProtocolRestriction));
    let echo = (8 * 256).into();
    check(&by(Protocol::Icmp, Some(echo)), Verdict::Reachable, None);
}

#[test]
fn what_leaves_by_a_virtual_private_gateway_leaves_the_known_world() {
    let mut lab = story();
    lab.put(
        Kind::VpnGateway,
        json!({"VpnGatewayId": "vgw-1", "State": "available",
            "VpcAttachments": [{"State": "attached", "VpcId": "vpc-1"}]}),
    )
    .edit(Kind::RouteTable, "rtb-private", |body| {
        let mut learnt = route("172.16.0.0/12", "vgw-1");
        learnt["Origin"] = json!("EnableVgwRoutePropagation");
        // Longer than the VPC's own block, and learnt: it takes nothing from the VPC.
        let mut inside = route("10.0.1.0/24", "vgw-1");
        inside["Origin"] = json!("EnableVgwRoutePropagation");
        body["Routes"].as_array_mut().expect("routes").extend([learnt, inside]);
    });
    check(&ask(&lab, "i-app", "172.16.0.9", 443), Verdict::Boundary, None);
    check(&ask(&lab, "i-app", "i-web", 443), Verdict::Reachable, None);
    check(&ask(&lab, "i-app", "vgw-1", 443), Verdict::Reachable, None);
    let inward = Query::new(end("vgw-1"), end("i-web")).port(443);
    let inward = Query { source_ip: "172.16.0.9/32".parse().ok(), ..inward };
    let answer = path(&lab.complete(), &inward);
    check(&answer, Verdict::ForwardOnly, Some(Code::IgwDestinationAddressNotInRfc1918Egress));
}

#[test]
fn a_machine_is_reached_by_its_public_address_from_within() {
    let lab = story();
    let query = Query::new(end("i-app"), end("i-web")).port(443);
    let query = Query { destination_ip: "198.51.100.30/32".parse().ok(), ..query };
    let answer = path(&lab.complete(), &query);
    check(&answer, Verdict::Reachable, None);
    let way = ["vpc-1", "igw-1", "internet", "igw-1", "vpc-1", "subnet-public", "i-web"];
    assert_eq!(answer.forward_nodes[5..], way);
}

#[test]
fn headers_that_pass_are_told_as_sets() {
    let lab = story();
    let query = Query::new(End::Internet, end("i-web")).protocol(Protocol::Any);
    let answer = path(&lab.complete(), &query);
    let told = serde_json::to_value(&answer).expect("JSON");
    let header = &told["Headers"][0];
    assert_eq!(header["Protocol"], "6");
    assert_eq!(header["DestinationPortRanges"], json!([{"From": 443, "To": 443}]));
    assert_eq!(header["DestinationAddresses"], json!(["198.51.100.30/32"]));
    assert!(told["ReadSet"].as_object().is_some_and(|facts| facts.len() > 10));
    let rules = told["Forward"].as_array().expect("hops").iter();
    let rule = rules.filter_map(|hop| hop.get("SecurityGroupRule")).next().expect("a rule");
    assert_eq!(rule["PortRange"], json!({"From": 443, "To": 443}));
}

#[test]
fn transit_routes_and_group_references_decide() {
    let mut lab = transit();
    check(&ask(&lab, "i-app", "i-far", 443), Verdict::Reachable, None);
    check(&ask(&lab, "i-app", "tgw-attach-far", 443), Verdict::Reachable, None);
    // A packet from an attachment has no sender whose groups a rule could name.
    let nameless = ask(&lab, "tgw-attach-near", "i-far", 443);
    check(&nameless, Verdict::Unreachable, Some(Code::EniSgRulesMismatch));
    lab.put(Kind::TransitGateway, transit_gateway("disable"));
    let lost = ask(&lab, "i-app", "i-far", 443);
    check(&lost, Verdict::Unreachable, Some(Code::SgReferencesNotPreserved));
    lab.put(Kind::TransitGateway, transit_gateway("enable")).edit(Kind::TransitTable, "tgw-rtb-1", |body| {
        body["Routes"] = json!([{"DestinationCidrBlock": "10.2.0.0/16", "State": "blackhole", "Type": "static",
            "TransitGatewayAttachments": []}]);
    });
    let hole = ask(&lab, "i-app", "i-far", 443);
    check(&hole, Verdict::Unreachable, Some(Code::TgwRtbBadStateRoute));
    lab.edit(Kind::TransitTable, "tgw-rtb-1", |body| {
        body.as_object_mut().expect("an object").remove("Routes");
    });
    let unknown = ask(&lab, "i-app", "i-far", 443);
    check(&unknown, Verdict::Unknown, Some(Code::TgwRtbRoutesAreUnknown));
    assert_eq!(unknown.missing[0].resource, "tgw-rtb-1");
}

#[test]
fn a_source_by_its_public_address_is_the_machine_that_has_it() {
    let lab = story();
    let answer = ask(&lab, "198.51.100.30", "203.0.113.10", 443);
    check(&answer, Verdict::Reachable, None);
    assert_eq!(answer.forward_nodes.first().map(String::as_str), Some("i-web"));
    let host = ask(&lab, "203.0.113.10", "i-web", 443);
    assert_eq!(host.forward_nodes.first().map(String::as_str), Some("internet"));
}
