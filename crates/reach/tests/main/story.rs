//! An outage told by one change, among others that have nothing to do with it.

use crate::common::*;
use serde_json::json;
use trailhound_reach::explain::Code;
use trailhound_reach::{End, Kind, Query, Timeline, Verdict, blame, blame_every_change, path};

fn question() -> Query {
    let outside = End::Address("203.0.113.10".parse().expect("an address"));
    Query::new(End::Instance("i-app".into()), outside).port(443)
}

/// Changes that break nothing, each made to the lab as it is.
fn decoys(lab: &Lab) -> Vec<(&'static str, Change)> {
    let edit = |edit: &dyn Fn(&mut Lab)| {
        let mut after = lab.clone();
        edit(&mut after);
        difference(lab, &after)
    };
    let tag = |lab: &mut Lab| {
        lab.edit(Kind::RouteTable, "rtb-private", |body| body["Tags"] = json!([{"Key": "a"}]));
    };
    let text = |lab: &mut Lab| {
        lab.edit(Kind::SecurityGroup, "sg-app", |body| body["Description"] = json!("new"));
    };
    let other_vpc = |lab: &mut Lab| {
        lab.put(Kind::Vpc, vpc("vpc-2", "10.9.0.0/16"))
            .put(Kind::RouteTable, table("rtb-9", "vpc-2", &[], &["main"]));
    };
    let other_table = |lab: &mut Lab| {
        lab.put(Kind::RouteTable, table("rtb-spare", "vpc-1", &[route("0.0.0.0/0", "igw-1")], &[]));
    };
    let other_group = |lab: &mut Lab| {
        lab.edit(Kind::SecurityGroup, "sg-web", |body| body["IpPermissions"] = json!([]));
    };
    let other_route = |lab: &mut Lab| {
        lab.edit(Kind::RouteTable, "rtb-main", |body| {
            body["Routes"].as_array_mut().expect("routes").push(route("192.0.2.0/24", "nat-1"));
        });
    };
    vec![
        ("CreateTags", edit(&tag)),
        ("UpdateSecurityGroupRuleDescriptionsEgress", edit(&text)),
        ("CreateVpc", edit(&other_vpc)),
        ("CreateRouteTable", edit(&other_table)),
        ("RevokeSecurityGroupIngress", edit(&other_group)),
        ("CreateRoute", edit(&other_route)),
        ("a failed ReplaceRoute", Vec::new()),
        ("a ReplaceRoute with DryRun", Vec::new()),
        (
            "a ReplaceRoute to the same target",
            difference(&Lab::default(), &only(lab, "rtb-private")),
        ),
    ]
}

fn only(lab: &Lab, id: &str) -> Lab {
    let bodies = lab.bodies.iter().filter(|((_, own), _)| own == id);
    Lab { bodies: bodies.map(|(key, body)| (key.clone(), body.clone())).collect() }
}

fn default_route(lab: &mut Lab, table: &str, target: Option<&str>) {
    lab.edit(Kind::RouteTable, table, |body| {
        let routes = body["Routes"].as_array_mut().expect("routes");
        routes.retain(|route| route["DestinationCidrBlock"] != "0.0.0.0/0");
        routes.extend(target.map(|target| route("0.0.0.0/0", target)));
    });
}

fn associate(lab: &mut Lab, table: &str, subnets: &[&str]) {
    lab.edit(Kind::RouteTable, table, |body| {
        body["Associations"] = subnets.iter().map(|id| json!({"SubnetId": id})).collect();
    });
}

type Breaking = (&'static str, fn(&mut Lab), Verdict, Code);

const VARIANTS: [Breaking; 10] = [
    (
        "ReplaceRoute",
        |lab| default_route(lab, "rtb-private", Some("igw-1")),
        Verdict::Unreachable,
        Code::IgwPublicIpAssociationForEgress,
    ),
    (
        "DeleteRoute",
        |lab| default_route(lab, "rtb-private", None),
        Verdict::Unreachable,
        Code::NoRouteToDestination,
    ),
    (
        "DeleteNatGateway",
        |lab| {
            lab.edit(Kind::NatGateway, "nat-1", |body| body["State"] = json!("deleted"));
        },
        Verdict::Unreachable,
        Code::BadStateRoute,
    ),
    (
        "ReplaceRouteTableAssociation",
        |lab| {
            associate(lab, "rtb-private", &[]);
            associate(lab, "rtb-public", &["subnet-public", "subnet-private"]);
        },
        Verdict::Unreachable,
        Code::IgwPublicIpAssociationForEgress,
    ),
    (
        "DisassociateRouteTable",
        |lab| associate(lab, "rtb-private", &[]),
        Verdict::Unreachable,
        Code::NoRouteToDestination,
    ),
    (
        "DisassociateAddress",
        |lab| {
            lab.edit(Kind::Address, "eipalloc-1", |body| {
                *body = json!({"AllocationId": "eipalloc-1", "PublicIp": "198.51.100.7"});
            });
        },
        Verdict::Unreachable,
        Code::IgwPublicIpAssociationForEgress,
    ),
    (
        "RevokeSecurityGroupEgress",
        |lab| {
            let body = group("sg-app", "vpc-1", &[], &[permit("tcp", Some((80, 80)), "0.0.0.0/0")]);
            lab.put(Kind::SecurityGroup, body);
        },
        Verdict::Unreachable,
        Code::EniSgRulesMismatch,
    ),
    (
        "CreateNetworkAclEntry",
        |lab| {
            lab.edit(Kind::NetworkAcl, "acl-1", |body| {
                let entries = body["Entries"].as_array_mut().expect("entries");
                entries.push(tcp_entry(50, false, "deny", "203.0.113.0/24", (1024, 65535)));
            });
        },
        Verdict::ForwardOnly,
        Code::SubnetAclRestriction,
    ),
    (
        "ModifyVpcBlockPublicAccessOptions",
        |lab| {
            let id = "111122223333/us-east-1".to_owned();
            let body = json!({"InternetGatewayBlockMode": "block-bidirectional"});
            lab.bodies.insert((Kind::PublicAccessOptions, id), body);
        },
        Verdict::Unreachable,
        Code::VpcBlockPublicAccessEnabled,
    ),
    (
        "DetachInternetGateway",
        |lab| {
            lab.edit(Kind::InternetGateway, "igw-1", |body| body["Attachments"] = json!([]));
        },
        Verdict::Unreachable,
        Code::BadStateRoute,
    ),
];

#[test]
fn the_story_is_reachable_before_and_tells_why_not_after() {
    let mut lab = story();
    let before = path(&lab.complete(), &question());
    assert_eq!(before.verdict, Verdict::Reachable, "{:?}", before.explanations);
    let way = [
        "i-app",
        "subnet-private",
        "vpc-1",
        "nat-1",
        "subnet-public",
        "vpc-1",
        "igw-1",
        "internet",
    ];
    assert_eq!(before.forward_nodes, way);
    let back = [
        "internet",
        "igw-1",
        "vpc-1",
        "subnet-public",
        "nat-1",
        "vpc-1",
        "subnet-private",
        "i-app",
    ];
    assert_eq!(before.return_nodes, back);
    default_route(&mut lab, "rtb-private", Some("igw-1"));
    let after = path(&lab.complete(), &question());
    assert_eq!(after.verdict, Verdict::Unreachable);
    let told = serde_json::to_value(&after).expect("JSON");
    let explanation = &told["Explanations"][0];
    assert_eq!(explanation["ExplanationCode"], "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS");
    assert_eq!(explanation["InternetGateway"], json!({"Id": "igw-1"}));
    assert_eq!(explanation["Vpc"], json!({"Id": "vpc-1"}));
    default_route(&mut lab, "rtb-private", Some("nat-1"));
    assert_eq!(path(&lab.complete(), &question()), before);
}

#[test]
fn each_variant_is_told_by_its_code_and_blamed_among_decoys() {
    for (name, break_it, verdict, code) in VARIANTS {
        let start = story();
        let mut broken = start.clone();
        break_it(&mut broken);
        let answer = path(&broken.complete(), &question());
        assert_eq!((answer.verdict, answer.code()), (verdict, Some(code)), "{name}: {answer:#?}");
        let mut timeline = Timeline::new(start.complete());
        for (name, change) in decoys(&start) {
            push(&mut timeline, name, &change);
        }
        let culprit = timeline.changes().len();
        push(&mut timeline, name, &difference(&start, &broken));
        for (name, change) in decoys(&broken) {
            push(&mut timeline, name, &change);
        }
        let end = timeline.changes().len();
        let found = blame(&timeline, &question(), 0, end);
        let flips: Vec<_> = found.flips.iter().map(|flip| flip.change).collect();
        assert_eq!(flips, [culprit], "{name}");
        assert_eq!(found.culprit().map(|flip| flip.change), Some(culprit));
        assert!(found.evaluations <= 4, "{name}: {} evaluations", found.evaluations);
        assert_eq!(found.flips, blame_every_change(&timeline, &question(), 0, end), "{name}");
        let flip = &found.flips[0];
        assert_eq!(flip.before.verdict, Verdict::Reachable);
        assert_eq!(flip.after.code(), Some(code));
    }
}

#[test]
fn every_flip_of_a_window_is_found() {
    let start = story();
    let mut timeline = Timeline::new(start.complete());
    let mut broken = start.clone();
    default_route(&mut broken, "rtb-private", Some("igw-1"));
    let (breaks, mends) = (difference(&start, &broken), difference(&broken, &start));
    for change in [&breaks, &mends, &breaks, &mends] {
        push(&mut timeline, "ReplaceRoute", change);
        for (name, change) in decoys(&start).iter().skip(1).take(2) {
            push(&mut timeline, name, change);
        }
    }
    let found = blame(&timeline, &question(), 0, timeline.changes().len());
    let flips: Vec<_> = found.flips.iter().map(|flip| flip.change).collect();
    assert_eq!(flips, [9, 6, 3, 0]);
    assert_eq!(found.flips, blame_every_change(&timeline, &question(), 0, 12));
    assert_eq!(found.good.verdict, Verdict::Reachable);
}

#[test]
fn a_second_cause_is_told_once_the_first_is_undone() {
    let mut lab = story();
    default_route(&mut lab, "rtb-private", Some("igw-1"));
    lab.edit(Kind::InternetGateway, "igw-1", |body| body["Attachments"] = json!([]));
    assert_eq!(path(&lab.complete(), &question()).code(), Some(Code::BadStateRoute));
    default_route(&mut lab, "rtb-private", Some("nat-1"));
    assert_eq!(path(&lab.complete(), &question()).code(), Some(Code::BadStateRoute));
    lab.put(Kind::InternetGateway, internet_gateway("igw-1", "vpc-1"));
    assert_eq!(path(&lab.complete(), &question()).verdict, Verdict::Reachable);
}
