//! What is not known is named, and decides nothing.

use crate::common::*;
use serde_json::json;
use trailhound_reach::{Answer, Body, End, Kind, Query, Verdict, path};

fn question() -> Query {
    let outside = End::Address("203.0.113.10".parse().expect("an address"));
    Query::new(End::Instance("i-app".into()), outside).port(443)
}

/// The story with some paths of one resource unknown.
fn without(kind: Kind, id: &str, unknown: &[&str]) -> Answer {
    let lab = story();
    let unknown: Vec<String> = unknown.iter().map(|&path| path.to_owned()).collect();
    let body = Body { json: &lab.bodies[&(kind, id.to_owned())], unknown: &unknown };
    path(&lab.complete().with(&scope(), kind, id, Some(body)), &question())
}

#[track_caller]
fn check(answer: &Answer, resource: &str, property: &str) {
    assert_eq!(answer.verdict, Verdict::Unknown, "{:?}", answer.explanations);
    let told: Vec<_> =
        answer.missing.iter().map(|m| (m.resource.as_str(), m.property.as_str())).collect();
    assert!(told.contains(&(resource, property)), "{told:?}");
}

#[test]
fn each_property_on_the_way_is_named() {
    for (kind, id, property) in [
        (Kind::RouteTable, "rtb-private", "Routes"),
        (Kind::RouteTable, "rtb-private", "Routes[0.0.0.0/0]"),
        (Kind::RouteTable, "rtb-public", "Routes"),
        (Kind::NetworkAcl, "acl-1", "Entries"),
        (Kind::SecurityGroup, "sg-app", "IpPermissionsEgress"),
        (Kind::NatGateway, "nat-1", "State"),
        (Kind::NatGateway, "nat-1", "SubnetId"),
        (Kind::NatGateway, "nat-1", "NatGatewayAddresses"),
        (Kind::InternetGateway, "igw-1", "Attachments"),
        (Kind::Interface, "eni-app", "Status"),
        (Kind::Interface, "eni-app", "SubnetId"),
        (Kind::Interface, "eni-app", "Groups"),
        (Kind::Vpc, "vpc-1", "CidrBlockAssociationSet"),
        (Kind::Subnet, "subnet-private", "CidrBlock"),
    ] {
        let answer = without(kind, id, &[property]);
        match (kind, property) {
            // What is told of these lists lets the packet through; more of them changes nothing.
            (Kind::Interface, "Groups")
            | (Kind::SecurityGroup, _)
            | (Kind::InternetGateway, "Attachments") => {
                assert_eq!(answer.verdict, Verdict::Reachable, "{id} {property}");
            }
            _ => check(&answer, id, property),
        }
    }
}

#[test]
fn a_rule_that_may_be_missing_is_no_refusal() {
    let lab = story();
    let json = group("sg-app", "vpc-1", &[], &[]);
    let unknown = ["IpPermissionsEgress".to_owned()];
    let body = Body { json: &json, unknown: &unknown };
    let network = lab.complete().with(&scope(), Kind::SecurityGroup, "sg-app", Some(body));
    check(&path(&network, &question()), "sg-app", "IpPermissionsEgress");
}

#[test]
fn what_does_not_matter_may_be_unknown() {
    for (kind, id, property) in [
        (Kind::SecurityGroup, "sg-web", "IpPermissions"),
        (Kind::Interface, "eni-web", "Association"),
        (Kind::RouteTable, "rtb-main", "Routes"),
        (Kind::RouteTable, "rtb-private", "Tags"),
        (Kind::Interface, "eni-app", "Description"),
    ] {
        assert_eq!(without(kind, id, &[property]).verdict, Verdict::Reachable, "{id} {property}");
    }
}

#[test]
fn an_absent_resource_is_unknown_until_the_state_is_complete() {
    let mut lab = story();
    lab.edit(Kind::NetworkAcl, "acl-1", |body| {
        body["Associations"] =
            json!([{"SubnetId": "subnet-private"}, {"SubnetId": "subnet-public"}]);
    })
    .drop(Kind::NatGateway, "nat-1");
    check(&path(&lab.network(), &question()), "nat-1", "");
    assert_eq!(path(&lab.complete(), &question()).verdict, Verdict::Unreachable);
    let vpc_only = lab.network().complete_vpc("vpc-1");
    assert_eq!(path(&vpc_only, &question()).verdict, Verdict::Unreachable);
    // A description that called the route a blackhole is a record of its own.
    lab.edit(Kind::RouteTable, "rtb-private", |body| {
        body["Routes"][1]["State"] = json!("blackhole")
    });
    assert_eq!(path(&lab.network(), &question()).verdict, Verdict::Unreachable);
    let gone = End::Instance("i-gone".into());
    let outside = End::Address("203.0.113.10".parse().expect("an address"));
    let query = Query::new(gone, outside);
    check(&path(&lab.network(), &query), "i-gone", "");
    assert_eq!(path(&lab.complete(), &query).verdict, Verdict::Unreachable);
}

#[test]
fn a_subnet_without_a_known_table_is_not_on_the_main_one() {
    let mut lab = story();
    lab.drop(Kind::RouteTable, "rtb-private");
    check(&path(&lab.network(), &question()), "subnet-private", "NetworkAclId");
    let answer = path(&lab.complete(), &question());
    assert_eq!(answer.verdict, Verdict::Unreachable);
}

#[test]
fn knowledge_of_an_open_resource_is_what_its_json_says() {
    let lab = story();
    let table = |unknown: &[&str]| {
        let json = &lab.bodies[&(Kind::RouteTable, "rtb-private".to_owned())];
        let unknown: Vec<String> = unknown.iter().map(|&path| path.to_owned()).collect();
        let body = Body { json, unknown: &unknown };
        path(
            &lab.complete().with(&scope(), Kind::RouteTable, "rtb-private", Some(body)),
            &question(),
        )
    };
    check(&table(&[""]), "rtb-private", "Routes");
    // The table might steer what comes in by the gateway.
    check(&table(&["", "=Routes"]), "rtb-private", "Associations");
    assert_eq!(table(&["", "=Routes", "=Associations"]).verdict, Verdict::Reachable);
}
