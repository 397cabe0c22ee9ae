//! One story in all its turns: a default route that was led from a NAT gateway to an internet gateway.

use expect_test::expect;
use serde_json::{Value, json};

use super::support::{Literal, call, plan_one, state, table, told};

fn nat(state: &str) -> Value {
    json!({
        "NatGatewayId": "nat-1", "SubnetId": "subnet-1", "State": state, "ConnectivityType": "public",
        "NatGatewayAddresses": [{"AllocationId": "eipalloc-1", "IsPrimary": true}],
    })
}

fn with(route: (&str, &str), more: Value) -> Literal {
    let mut all =
        json!({"AWS::EC2::RouteTable": {"rtb-1": table(&[("0.0.0.0/0", route.0, route.1)])}});
    for (kind, resources) in more.as_object().unwrap() {
        all[kind] = resources.clone();
    }
    state(&all)
}

fn available() -> Value {
    json!({"AWS::EC2::NatGateway": {"nat-1": nat("available")}})
}

fn replaced() -> super::super::Call {
    call(
        10,
        "ReplaceRoute",
        json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}),
        json!({"Return": true}),
    )
}

#[test]
fn a_route_goes_back_to_its_former_target() {
    let before = with(("NatGatewayId", "nat-1"), available());
    let after = with(("GatewayId", "igw-1"), available());
    let plan = plan_one(&replaced(), &before, &after, &after);
    expect![[r#"
        exact
        aws ec2 replace-route --route-table-id rtb-1 --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-1
    "#]]
    .assert_eq(&told(&plan));
    let step = &plan.steps[0];
    assert_eq!(step.uses[0].path, "Routes[0.0.0.0/0].NatGatewayId");
    assert_eq!(step.check.as_ref().unwrap().operation, "DescribeRouteTables");
    assert_eq!(step.expect[0].path, "Routes[0.0.0.0/0]");
}

#[test]
fn a_former_target_that_is_gone_is_made_again() {
    let before = with(("NatGatewayId", "nat-1"), available());
    let after = with(("GatewayId", "igw-1"), available());
    for gone in [Value::Null, nat("deleted")] {
        let now = with(
            ("GatewayId", "igw-1"),
            json!({"AWS::EC2::NatGateway": {"nat-1": gone}, "AWS::EC2::EIP": {"eipalloc-1": {}}}),
        );
        let plan = plan_one(&replaced(), &before, &after, &now);
        expect![[r#"
            compensating
            STEP_1=$(aws ec2 create-nat-gateway --subnet-id subnet-1 --connectivity-type public --allocation-id eipalloc-1 --query NatGateway.NatGatewayId --output text)
            aws ec2 wait nat-gateway-available --nat-gateway-ids "$STEP_1"
            aws ec2 replace-route --route-table-id rtb-1 --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$STEP_1"
        "#]]
        .assert_eq(&told(&plan));
        let input = &plan.steps[1].input;
        assert_eq!(input["NatGatewayId"], json!({"$ref": "step 1 NatGateway.NatGatewayId"}));
    }
}

#[test]
fn what_was_changed_again_is_a_conflict() {
    let before = with(("NatGatewayId", "nat-1"), available());
    let after = with(("GatewayId", "igw-1"), available());
    let now = with(("TransitGatewayId", "tgw-1"), available());
    let plan = plan_one(&replaced(), &before, &after, &now);
    expect![[r#"
        exact
        conflict: Routes[0.0.0.0/0] it was changed again since the event (?)
    "#]]
    .assert_eq(&told(&plan));
    assert_eq!(
        plan.steps[0].held.as_deref(),
        Some("conflict: it was changed again since the event")
    );
}

#[test]
fn a_former_target_that_is_not_known_is_asked_for() {
    let nothing = state(&json!({}));
    let plan = plan_one(&replaced(), &nothing, &nothing, &nothing);
    expect![[r#"
        compensating
        asks: where `Routes[0.0.0.0/0]` of rtb-1 led before
    "#]]
    .assert_eq(&told(&plan));
    let question = &plan.questions[0];
    assert!(question.told_by_events.contains(&"ec2:CreateRoute".to_owned()), "{question:?}");
    assert_eq!(question.told_by_snapshot, "aws ec2 describe-route-tables --route-table-ids rtb-1");
}
