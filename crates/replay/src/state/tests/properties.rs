//! What holds for any calls.

use proptest::prelude::*;

use super::*;

/// Random changes of one network that is known whole.
pub(super) fn any_call() -> impl Strategy<Value = (&'static str, Value, Value)> {
    let cidr = prop::sample::select(vec!["0.0.0.0/0", "10.9.0.0/16", "192.0.2.0/24"]);
    let target = prop::sample::select(vec![
        json!({"gatewayId": "igw-1"}),
        json!({"natGatewayId": "nat-1"}),
        json!({"transitGatewayId": "tgw-1"}),
    ]);
    let route =
        (prop::sample::select(vec!["CreateRoute", "ReplaceRoute", "DeleteRoute"]), cidr, target)
            .prop_map(|(call, cidr, target)| {
                let mut request = json!({"routeTableId": "rtb-1", "destinationCidrBlock": cidr});
                request.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
                (call, request, json!({}))
            });
    let gateway = prop::sample::select(vec!["AttachInternetGateway", "DetachInternetGateway"])
        .prop_map(|call| {
            (call, json!({"internetGatewayId": "igw-1", "vpcId": "vpc-1"}), json!({}))
        });
    let rules = (any::<bool>(), 1_u16..4).prop_map(|(is_in, port): (bool, u16)| {
        let call = if is_in { "AuthorizeSecurityGroupIngress" } else { "RevokeSecurityGroupIngress" };
        (call, json!({"groupId": "sg-1", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": port,
            "toPort": port, "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}}]}}), json!({}))
    });
    let tags = (any::<bool>(), 0_u8..3).prop_map(|(is_in, value): (bool, u8)| {
        let call = if is_in { "CreateTags" } else { "DeleteTags" };
        let tag = if is_in { json!({"key": "k", "value": value.to_string()}) } else { json!({"key": "k"}) };
        (call, json!({"resourcesSet": {"items": [{"resourceId": "rtb-1"}]}, "tagSet": {"items": [tag]}}), json!({}))
    });
    prop_oneof![route, gateway, rules, tags]
}

pub(super) fn network() -> Vec<(&'static str, Value, Value)> {
    vec![
        vpc(),
        subnet("subnet-1"),
        table(),
        gateway("CreateInternetGateway"),
        (
            "CreateSecurityGroup",
            json!({"groupName": "g", "groupDescription": "d", "vpcId": "vpc-1"}),
            json!({"groupId": "sg-1"}),
        ),
    ]
}

proptest! {
    /// Going back and forward again is the identity.
    #[test]
    fn back_and_forward_is_the_identity(calls in prop::collection::vec(any_call(), 0..20), cut in 0_usize..25) {
        let all: Vec<_> = network().into_iter().chain(calls).collect();
        let events = events(&all);
        let state = replay(&State::new(), &events);
        let tail = &events[cut.min(events.len())..];
        let again = replay(&state.back(tail), tail);
        let known: Vec<_> = diff(&state, &again).into_iter().filter(Difference::is_known).collect();
        prop_assert_eq!(known, vec![]);
    }

    /// What going back calls known is what was there.
    #[test]
    fn going_back_never_says_what_was_not(calls in prop::collection::vec(any_call(), 0..20), cut in 0_usize..25) {
        let all: Vec<_> = network().into_iter().chain(calls).collect();
        let events = events(&all);
        let cut = cut.min(events.len());
        let before = replay(&State::new(), &events[..cut]);
        let back = replay(&before, &events[cut..]).back(&events[cut..]);
        let wrong: Vec<_> = diff(&before, &back).into_iter().filter(Difference::is_known).collect();
        prop_assert_eq!(wrong, vec![]);
        // With the whole stream nothing is left.
        let state = replay(&State::new(), &events);
        prop_assert!(state.back(&events).is_empty());
    }

    /// A state near a checkpoint is the state that all events before it lead to.
    #[test]
    fn checkpoints_change_no_answer(calls in prop::collection::vec(any_call(), 0..30), every in 1_usize..7,
        count in 0_usize..40) {
        let all: Vec<_> = network().into_iter().chain(calls).collect();
        let events = events(&all);
        let checkpoints = Checkpoints::new(&events, &State::new(), every);
        let expected = replay(&State::new(), &events[..count.min(events.len())]);
        prop_assert_eq!(diff(&checkpoints.after(&events, count), &expected), vec![]);
    }

    /// Calls of one second are put into an order in which they can have happened.
    #[test]
    fn one_second_has_an_order(order in Just((0..5_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let made = events(&network());
        let mut shuffled: Vec<Event> = order.iter().map(|at| {
            let mut event = made[*at].clone();
            event.event_time = made[0].event_time;
            event.event_id = Some(format!("e{}", order[*at]));
            event.resource_ids = ["vpc-1", "subnet-1", "rtb-1", "igw-1", "sg-1"].map(str::to_owned).into();
            event
        }).collect();
        in_order(&mut shuffled);
        let place = |name: &str| shuffled.iter().position(|it| it.event_name.as_deref() == Some(name)).unwrap();
        for later in ["CreateSubnet", "CreateRouteTable", "CreateSecurityGroup"] {
            prop_assert!(place("CreateVpc") < place(later));
        }
    }
}
