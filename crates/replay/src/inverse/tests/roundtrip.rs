//! Taking back, and taking back the taking back, on a model: the state is the one it was.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::model::{comparable, run, run_steps};
use super::support::{Literal, call, plan_one, state};

const CIDRS: &[&str] = &["0.0.0.0/0", "10.1.0.0/16", "192.0.2.0/24"];

fn target(at: usize) -> (&'static str, String) {
    let member = ["NatGatewayId", "GatewayId", "TransitGatewayId", "NetworkInterfaceId"][at % 4];
    let prefix = ["nat", "igw", "tgw", "eni"][at % 4];
    (member, format!("{prefix}-{}", at / 4))
}

/// A route table with a route for each target, and one without; subnets in each.
fn start(routes: &[Option<usize>], entries: &[Option<u8>], rules: &[bool]) -> Literal {
    let route = |(at, target_at): (usize, &Option<usize>)| {
        let (member, id) = target((*target_at)?);
        let cidr = CIDRS[at];
        Some(
            json!({"DestinationCidrBlock": cidr, member: id, "State": "active", "Origin": "CreateRoute"}),
        )
    };
    let routes: Vec<Value> = routes.iter().enumerate().filter_map(route).collect();
    let entry = |(at, protocol): (usize, &Option<u8>)| {
        let protocol = (*protocol)?;
        Some(json!({
            "RuleNumber": 100 + at / 2, "Egress": at % 2 == 1, "Protocol": protocol.to_string(),
            "RuleAction": "allow", "CidrBlock": CIDRS[at % 3], "PortRange": {"From": at, "To": at},
        }))
    };
    let entries: Vec<Value> = entries.iter().enumerate().filter_map(entry).collect();
    let rule = |(at, is_there): (usize, &bool)| {
        is_there.then(|| {
            json!({
                "SecurityGroupRuleId": format!("sgr-{at}"), "IsEgress": false, "IpProtocol": "tcp",
                "FromPort": 22, "ToPort": 22, "CidrIpv4": CIDRS[at], "Description": "x",
            })
        })
    };
    let rules: Vec<Value> = rules.iter().enumerate().filter_map(rule).collect();
    state(&json!({
        "AWS::EC2::RouteTable": {
            "rtb-1": {"RouteTableId": "rtb-1", "Routes": routes, "Associations": [
                {"RouteTableAssociationId": "rtbassoc-1", "SubnetId": "subnet-1"},
            ]},
            "rtb-2": {"RouteTableId": "rtb-2", "Routes": [], "Associations": []},
        },
        "AWS::EC2::NetworkAcl": {"acl-1": {"NetworkAclId": "acl-1", "Entries": entries}},
        "AWS::EC2::SecurityGroup": {"sg-1": {"GroupId": "sg-1", "SecurityGroupRules": rules}},
    }))
}

/// A call that AWS would take in this state.
#[derive(Debug, Clone)]
struct Change {
    kind: u8,
    at: usize,
    new: usize,
}

fn request(state: &Literal, change: &Change) -> (&'static str, Value) {
    let body = |id: &str| &state.resources.iter().find(|(key, _)| key.id == id).unwrap().1.body;
    let (member, id) = target(change.new);
    let cidr = CIDRS[change.at % 3];
    match change.kind % 4 {
        0 => {
            let there = body("rtb-1")["Routes"].as_array().unwrap();
            let is_there = there.iter().any(|it| it["DestinationCidrBlock"] == cidr);
            let full = json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": cidr, member: id});
            let short = json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": cidr});
            match (is_there, change.new % 2) {
                (false, _) => ("CreateRoute", full),
                (true, 0) => ("ReplaceRoute", full),
                (true, _) => ("DeleteRoute", short),
            }
        }
        1 => {
            let (number, egress) = (100 + change.at % 6 / 2, change.at % 2 == 1);
            let there = body("acl-1")["Entries"].as_array().unwrap();
            let is_there =
                there.iter().any(|it| it["RuleNumber"] == number && it["Egress"] == egress);
            let short = json!({"NetworkAclId": "acl-1", "RuleNumber": number, "Egress": egress});
            let mut full = short.clone();
            full["Protocol"] = json!("17");
            full["RuleAction"] = json!("deny");
            full["CidrBlock"] = json!(cidr);
            match (is_there, change.new % 2) {
                (false, _) => ("CreateNetworkAclEntry", full),
                (true, 0) => ("ReplaceNetworkAclEntry", full),
                (true, _) => ("DeleteNetworkAclEntry", short),
            }
        }
        2 => {
            let there = body("sg-1")["SecurityGroupRules"].as_array().unwrap();
            let rule = there.iter().find(|it| it["CidrIpv4"] == cidr);
            let by_peer = json!({"GroupId": "sg-1", "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": cidr, "Description": "y"}]},
            ]});
            match (rule, change.new % 2) {
                (None, _) => ("AuthorizeSecurityGroupIngress", by_peer),
                (Some(_), 0) => ("RevokeSecurityGroupIngress", by_peer),
                (Some(rule), _) => {
                    let ids = json!([rule["SecurityGroupRuleId"]]);
                    (
                        "RevokeSecurityGroupIngress",
                        json!({"GroupId": "sg-1", "SecurityGroupRuleIds": ids}),
                    )
                }
            }
        }
        _ => match change.new % 3 {
            0 => (
                "ReplaceRouteTableAssociation",
                json!({"AssociationId": "rtbassoc-1", "RouteTableId": "rtb-2"}),
            ),
            1 => ("DisassociateRouteTable", json!({"AssociationId": "rtbassoc-1"})),
            _ => ("AssociateRouteTable", json!({"RouteTableId": "rtb-2", "SubnetId": "subnet-2"})),
        },
    }
}

proptest! {
    /// Taking an event back gives the state before it; taking that back gives the state after it.
    #[test]
    fn taking_back_twice_changes_nothing(
        routes in prop::collection::vec(prop::option::of(0_usize..8), 3),
        entries in prop::collection::vec(prop::option::of(0_u8..20), 6),
        rules in prop::collection::vec(any::<bool>(), 3),
        kind in 0_u8..4,
        at in 0_usize..6,
        new in 0_usize..8,
    ) {
        let before = start(&routes, &entries, &rules);
        let (operation, request) = request(&before, &Change { kind, at, new });
        let mut after = before.clone();
        let answer = run(&mut after, operation, &request, 500);
        let event = call(1, operation, request, answer);

        let plan = plan_one(&event, &before, &after, &after);
        prop_assert!(plan.questions.is_empty() && plan.conflicts.is_empty(), "{:?}", plan);
        let changed = comparable(&before) != comparable(&after);
        prop_assert_eq!(plan.steps.is_empty(), !changed, "{:?}", plan);
        let mut back = after.clone();
        let calls = run_steps(&mut back, &plan.steps, 600);
        prop_assert_eq!(comparable(&back), comparable(&before), "{:?}", plan.steps);

        for undo in &calls {
            let plan = plan_one(undo, &after, &back, &back);
            let mut again = back.clone();
            run_steps(&mut again, &plan.steps, 700);
            prop_assert_eq!(comparable(&again), comparable(&after), "{:?}", plan.steps);
        }
    }
}
