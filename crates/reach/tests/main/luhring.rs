//! Two instances of one VPC with groups and ACLs: which headers pass, each way.
//!
//! The ten cases are those of an abandoned tool whose tests ran on real networks; the networks are
//! written anew here. Its return column is about filters alone; ours is about answers.

use crate::common::*;
use serde_json::Value;
use trailhound_reach::headers::HeaderSet;
use trailhound_reach::{Answer, End, Kind, Protocol, Query, Verdict, path};

struct Case {
    name: &'static str,
    same_subnet: bool,
    egress: Vec<Value>,
    ingress: Vec<Value>,
    source_acl: Option<Vec<Value>>,
    destination_acl: Option<Vec<Value>>,
    /// What must get there and be answered: protocol number and lowest and highest port.
    answered: &'static [(u8, u16, u16)],
}

const EVERYTHING: &[(u8, u16, u16)] = &[(6, 0, 65535), (17, 0, 65535), (50, 0, 65535)];

fn case(name: &'static str, same_subnet: bool) -> Case {
    let (egress, ingress) = (vec![all()], vec![all()]);
    let (source_acl, destination_acl) = (None, None);
    let answered = EVERYTHING;
    Case { name, same_subnet, egress, ingress, source_acl, destination_acl, answered }
}

fn tcp_only(from: (u16, u16)) -> Vec<Value> {
    vec![
        tcp_entry(100, true, "allow", "0.0.0.0/0", from),
        tcp_entry(100, false, "allow", "0.0.0.0/0", from),
    ]
}

fn same_subnet_cases() -> Vec<Case> {
    let esp = || permit("50", None, "0.0.0.0/0");
    let udp_to_b = || permit("udp", Some((0, 65535)), "sg-b");
    let dns_from_a = || permit("udp", Some((53, 53)), "sg-a");
    let https = || permit("tcp", Some((443, 443)), "10.0.1.0/24");
    let ssh = || permit("tcp", Some((22, 22)), "0.0.0.0/0");
    let all_tcp = || permit("tcp", Some((0, 65535)), "0.0.0.0/0");
    let dns: &[(u8, u16, u16)] = &[(17, 53, 53)];
    let three: &[(u8, u16, u16)] = &[(17, 53, 53), (6, 22, 22), (50, 0, 65535)];
    let (web, shell): (&[_], &[_]) = (&[(6, 443, 443)], &[(6, 22, 22)]);
    vec![
        Case { egress: vec![], ingress: vec![], answered: &[], ..case("L01", true) },
        Case {
            egress: vec![udp_to_b(), esp(), all_tcp()],
            ingress: vec![dns_from_a(), esp(), ssh()],
            answered: three,
            ..case("L02", true)
        },
        Case {
            egress: vec![udp_to_b()],
            ingress: vec![dns_from_a()],
            answered: dns,
            ..case("L03", true)
        },
        Case { egress: vec![https()], ingress: vec![https()], answered: web, ..case("L04", true) },
        Case { ingress: vec![ssh()], answered: shell, ..case("L05", true) },
        case("L06", true),
    ]
}

fn cases() -> Vec<Case> {
    let esp = || permit("50", None, "0.0.0.0/0");
    let db_to_b = || permit("tcp", Some((5432, 5432)), "sg-b");
    let db_from_a = || permit("tcp", Some((5432, 5432)), "sg-a");
    let db: &[(u8, u16, u16)] = &[(6, 5432, 5432)];
    let mut cases = same_subnet_cases();
    cases.extend([
        case("L07", false),
        Case {
            source_acl: Some(vec![]),
            destination_acl: Some(vec![]),
            answered: &[],
            ..case("L08", false)
        },
        Case {
            egress: vec![esp()],
            source_acl: Some(tcp_only((0, 65535))),
            destination_acl: Some(tcp_only((0, 65535))),
            answered: &[],
            ..case("L09", false)
        },
        Case {
            egress: vec![db_to_b()],
            ingress: vec![db_from_a()],
            source_acl: Some(vec![
                tcp_entry(1, true, "allow", "10.0.2.0/24", (5432, 5432)),
                tcp_entry(1, false, "allow", "10.0.2.0/24", (0, 65535)),
            ]),
            destination_acl: Some(vec![
                tcp_entry(1, false, "allow", "10.0.1.0/24", (5432, 5432)),
                tcp_entry(1, true, "allow", "10.0.1.0/24", (0, 65535)),
            ]),
            answered: db,
            ..case("L10", false)
        },
    ]);
    cases
}

fn ask(case: &Case) -> Answer {
    let mut lab = Lab::default();
    let (other, address) =
        if case.same_subnet { ("subnet-a", "10.0.1.20") } else { ("subnet-b", "10.0.2.20") };
    lab.put(Kind::Vpc, vpc("vpc-1", "10.0.0.0/16"))
        .put(Kind::Subnet, subnet("subnet-a", "vpc-1", "10.0.1.0/24"))
        .put(Kind::Subnet, subnet("subnet-b", "vpc-1", "10.0.2.0/24"))
        .put(Kind::RouteTable, table("rtb-1", "vpc-1", &[route("10.0.0.0/16", "local")], &["main"]))
        .put(Kind::NetworkAcl, open_acl("acl-1", "vpc-1"))
        .put(Kind::SecurityGroup, group("sg-a", "vpc-1", &[], &case.egress))
        .put(Kind::SecurityGroup, group("sg-b", "vpc-1", &case.ingress, &[]))
        .put(Kind::Interface, interface("a", "subnet-a", "vpc-1", "10.0.1.10", &["sg-a"]))
        .put(Kind::Interface, interface("b", other, "vpc-1", address, &["sg-b"]))
        .put(Kind::Instance, instance("a"))
        .put(Kind::Instance, instance("b"));
    for (id, at, entries) in
        [("acl-a", "subnet-a", &case.source_acl), ("acl-b", "subnet-b", &case.destination_acl)]
    {
        if let Some(entries) = entries {
            lab.put(Kind::NetworkAcl, acl(id, "vpc-1", false, entries, &[at]));
        }
    }
    let (source, destination) = (End::Instance("i-a".into()), End::Instance("i-b".into()));
    path(&lab.complete(), &Query::new(source, destination).protocol(Protocol::Any))
}

/// What of a set has a protocol, as ports.
fn ports(headers: &HeaderSet, protocol: u8) -> Vec<(u128, u128)> {
    let part = headers.narrow(|block| {
        let one = trailhound_reach::headers::IntervalSet::one(protocol.into());
        block.protocol = block.protocol.intersect(&one);
    });
    part.destination_ports().intervals().to_vec()
}

#[test]
fn the_ten_cases_agree() {
    for case in cases() {
        let answer = ask(&case);
        let expected =
            if case.answered.is_empty() { Verdict::Unreachable } else { Verdict::Reachable };
        assert_eq!(answer.verdict, expected, "{}: {:?}", case.name, answer.explanations);
        for protocol in [1, 6, 17, 50] {
            let wanted = |list: &[(u8, u16, u16)]| {
                // "All" is about every protocol; ICMP is all of its types then.
                let is_all = list == EVERYTHING && protocol == 1;
                let own = list.iter().filter(|(own, ..)| *own == protocol);
                let mut ranges: Vec<(u128, u128)> =
                    own.map(|(_, from, to)| (u128::from(*from), u128::from(*to))).collect();
                ranges.extend(is_all.then_some((0, 65535)));
                ranges
            };
            let got = ports(&answer.header_set, protocol);
            if protocol != 1 {
                assert_eq!(got, wanted(case.answered), "{} protocol {protocol}", case.name);
            } else {
                assert_eq!(got.is_empty(), wanted(case.answered).is_empty(), "{}", case.name);
            }
        }
    }
}
