//! What plans say of single events, group by group.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::super::{Call, Class, Event, Options, plan, render};
use super::support::{Literal, call, commands, plan_one, state, state_in, table, told};

/// The plan of an event, from the states around it; the newest state is the one after it.
fn check(event: &Call, before: &Value, after: &Value, expect: &Expect) {
    let region = if event.service == "iam" { "us-east-1" } else { "eu-west-1" };
    let (before, after) = (state_in(region, before), state_in(region, after));
    expect.assert_eq(&told(&plan_one(event, &before, &after, &after)));
}

fn role(attached: &[&str], inline: &Value) -> Value {
    let attached: Vec<Value> = attached.iter().map(|arn| json!({"PolicyArn": arn})).collect();
    json!({"AWS::IAM::Role": {"r": {
        "RoleName": "r", "AttachedManagedPolicies": attached, "RolePolicyList": inline,
    }}})
}

fn statement(effect: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "*", "Resource": "*"}]})
}

#[test]
fn attaching_what_was_attached_is_not_taken_back() {
    let arn = "arn:aws:iam::123456789012:policy/p";
    let event =
        call(1, "iam:AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": arn}), Value::Null);
    let there = role(&[arn], &json!([]));
    check(
        &event,
        &there,
        &there,
        &expect![[r#"
        exact
        nothing: the event changed nothing: it was so before
    "#]],
    );
    check(
        &event,
        &role(&[], &json!([])),
        &there,
        &expect![[r#"
        exact
        aws iam detach-role-policy --role-name r --policy-arn arn:aws:iam::123456789012:policy/p
    "#]],
    );
    check(
        &event,
        &json!({}),
        &there,
        &expect![[r#"
        compensating
        asks: whether `AttachedManagedPolicies[arn:aws:iam::123456789012:policy/p]` was there before the event
    "#]],
    );
}

#[test]
fn a_policy_is_put_back_or_taken_away() {
    let request = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": statement("Allow").to_string()});
    let event = call(1, "iam:PutRolePolicy", request, Value::Null);
    let with =
        |effect| role(&[], &json!([{"PolicyName": "p", "PolicyDocument": statement(effect)}]));
    check(
        &event,
        &role(&[], &json!([])),
        &with("Allow"),
        &expect![[r#"
        exact
        aws iam delete-role-policy --role-name r --policy-name p
    "#]],
    );
    let none = json!({"Version": "2012-10-17", "Statement": []});
    let before = role(&[], &json!([{"PolicyName": "p", "PolicyDocument": none}]));
    check(
        &event,
        &before,
        &with("Allow"),
        &expect![[r#"
        exact
        aws iam put-role-policy --role-name r --policy-name p --policy-document '{"Version":"2012-10-17","Statement":[]}'
    "#]],
    );
}

#[test]
fn what_shut_something_is_held_back_and_says_so() {
    let denied = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": statement("Deny").to_string()});
    let after = role(&[], &json!([{"PolicyName": "p", "PolicyDocument": statement("Deny")}]));
    let key = |state: &str| json!({"AWS::KMS::Key": {"k": {"KeyState": state}}});
    let access_key = |status: &str| json!({"AWS::IAM::AccessKey": {"AKIA": {"Status": status}}});
    let inactive = json!({"UserName": "u", "AccessKeyId": "AKIA", "Status": "Inactive"});
    let cases = [
        (call(1, "iam:PutRolePolicy", denied, Value::Null), role(&[], &json!([])), after),
        (
            call(1, "kms:DisableKey", json!({"KeyId": "k"}), Value::Null),
            key("Enabled"),
            key("Disabled"),
        ),
        (
            call(1, "iam:UpdateAccessKey", inactive, Value::Null),
            access_key("Active"),
            access_key("Inactive"),
        ),
    ];
    for (event, before, after) in cases {
        let region = if event.service == "iam" { "us-east-1" } else { "eu-west-1" };
        let (before, after) = (state_in(region, &before), state_in(region, &after));
        let held = plan_one(&event, &before, &after, &after);
        assert_eq!(commands(&held), "", "{}", event.operation);
        assert!(held.warnings.iter().any(|it| it.contains("looks like containment")), "{held:?}");
        assert!(render::script(&held).contains("# HELD BACK: "));
        assert!(render::boto3(&held).contains("# HELD BACK: "));
        let asked = Options { undo_containment: true, ..Options::default() };
        let event = Event { call: &event, before: &before, after: &after };
        let given = plan(&[event], &after, &asked);
        assert_ne!(commands(&given), "");
        assert!(given.warnings.iter().any(|it| it.contains("widen")), "{given:?}");
    }
}

#[test]
fn narrowing_a_policy_again_needs_no_warning() {
    let bucket = |effect| json!({"AWS::S3::Bucket": {"b": {"Policy": statement(effect)}}});
    let nothing = json!({"AWS::S3::Bucket": {"b": {"Policy": {"Statement": []}}}});
    let event = call(1, "s3:PutBucketPolicy", json!({"Bucket": "b", "Policy": "{}"}), Value::Null);
    let warned = |before: &Value, after: &Value| {
        let (before, after) = (state(before), state(after));
        plan_one(&event, &before, &after, &after).warnings.iter().any(|it| it.contains("widens"))
    };
    assert!(!warned(&nothing, &bucket("Allow")));
    assert!(warned(&bucket("Allow"), &nothing));
    assert!(warned(&nothing, &bucket("Deny")));
}

#[test]
fn a_security_group_comes_back_with_its_rules() {
    let group = json!({
        "GroupId": "sg-1", "GroupName": "web", "Description": "d", "VpcId": "vpc-1", "Tags": [],
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
            "IpRanges": [{"CidrIp": "10.0.0.0/8"}], "UserIdGroupPairs": [{"GroupId": "sg-1"}]}],
        "IpPermissionsEgress": [],
    });
    let eni = json!({"eni-1": {"Groups": [{"GroupId": "sg-1"}]}});
    let before = state(
        &json!({"AWS::EC2::SecurityGroup": {"sg-1": group}, "AWS::EC2::NetworkInterface": eni}),
    );
    let after = state(&json!({"AWS::EC2::SecurityGroup": {"sg-1": null}}));
    let event = call(1, "DeleteSecurityGroup", json!({"GroupId": "sg-1"}), Value::Null);
    let plan = plan_one(&event, &before, &after, &after);
    expect![[r#"
        compensating
        STEP_1=$(aws ec2 create-security-group --group-name web --description d --vpc-id vpc-1 --query GroupId --output text)
        aws ec2 authorize-security-group-ingress --group-id "$STEP_1" --ip-permissions '[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"10.0.0.0/8"}]},{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"UserIdGroupPairs":[{"GroupId":"'"$STEP_1"'"}]}]'
        aws ec2 revoke-security-group-egress --group-id "$STEP_1" --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'
    "#]]
    .assert_eq(&told(&plan));
    // What named the old group is listed.
    let place = &plan.rewire[0];
    assert_eq!((place.key.id.as_str(), place.path.as_str()), ("eni-1", "Groups[sg-1].GroupId"));
    assert_eq!(plan.steps[0].rewire, plan.rewire);
}

#[test]
fn a_gateway_comes_back_with_the_routes_that_led_to_it() {
    let routes = [("0.0.0.0/0", "GatewayId", "igw-1"), ("10.0.0.0/8", "TransitGatewayId", "tgw-1")];
    let before = state(&json!({
        "AWS::EC2::RouteTable": {"rtb-1": table(&routes)},
        "AWS::EC2::InternetGateway": {"igw-1": {"InternetGatewayId": "igw-1", "Attachments": [], "Tags": []}},
    }));
    let after = state(&json!({
        "AWS::EC2::RouteTable": {"rtb-1": table(&routes)},
        "AWS::EC2::InternetGateway": {"igw-1": null},
    }));
    let event =
        call(1, "DeleteInternetGateway", json!({"InternetGatewayId": "igw-1"}), Value::Null);
    let plan = plan_one(&event, &before, &after, &after);
    expect![[r#"
        compensating
        STEP_1=$(aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId --output text)
        aws ec2 attach-internet-gateway --internet-gateway-id "$STEP_1" --vpc-id vpc-1
        aws ec2 replace-route --route-table-id rtb-1 --destination-cidr-block 0.0.0.0/0 --gateway-id "$STEP_1"
    "#]]
    .assert_eq(&told(&plan));
    assert!(plan.rewire.is_empty(), "{:?}", plan.rewire);
}

#[test]
fn a_peering_is_accepted_only_by_its_accepter() {
    let peering = |owner: &str| {
        let accepter = json!({"VpcId": "vpc-2", "OwnerId": owner, "Region": "eu-west-2"});
        json!({"AWS::EC2::VPCPeeringConnection": {"pcx-1": {
            "RequesterVpcInfo": {"VpcId": "vpc-1"}, "AccepterVpcInfo": accepter, "Status": {"Code": "active"},
        }}})
    };
    let event = call(
        1,
        "DeleteVpcPeeringConnection",
        json!({"VpcPeeringConnectionId": "pcx-1"}),
        Value::Null,
    );
    let mut after = peering("123456789012");
    after["AWS::EC2::VPCPeeringConnection"]["pcx-1"]["Status"] = json!({"Code": "deleted"});
    check(
        &event,
        &peering("123456789012"),
        &after,
        &expect![[r#"
        compensating
        STEP_1=$(aws ec2 create-vpc-peering-connection --vpc-id vpc-1 --peer-vpc-id vpc-2 --peer-owner-id 123456789012 --peer-region eu-west-2 --query VpcPeeringConnection.VpcPeeringConnectionId --output text)
        aws ec2 accept-vpc-peering-connection --region eu-west-2 --vpc-peering-connection-id "$STEP_1"
    "#]],
    );
    check(
        &event,
        &peering("210987654321"),
        &after,
        &expect![[r#"
        compensating
        STEP_1=$(aws ec2 create-vpc-peering-connection --vpc-id vpc-1 --peer-vpc-id vpc-2 --peer-owner-id 210987654321 --peer-region eu-west-2 --query VpcPeeringConnection.VpcPeeringConnectionId --output text)
    "#]],
    );
}

#[test]
fn several_events_go_back_newest_first_under_their_new_ids() {
    let vpc = json!({"vpc-1": {"CidrBlock": "10.0.0.0/16", "Tags": []}});
    let subnet = json!({"subnet-1": {
        "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailabilityZoneId": "euw1-az1", "Tags": [],
    }});
    let both = state(&json!({"AWS::EC2::VPC": vpc, "AWS::EC2::Subnet": subnet}));
    let only_vpc = state(&json!({"AWS::EC2::VPC": vpc, "AWS::EC2::Subnet": {"subnet-1": null}}));
    let none =
        state(&json!({"AWS::EC2::VPC": {"vpc-1": null}, "AWS::EC2::Subnet": {"subnet-1": null}}));
    let first = call(1, "DeleteSubnet", json!({"SubnetId": "subnet-1"}), Value::Null);
    let second = call(2, "DeleteVpc", json!({"VpcId": "vpc-1"}), Value::Null);
    let first = Event { call: &first, before: &both, after: &only_vpc };
    let second = Event { call: &second, before: &only_vpc, after: &none };
    // In any order, and one of them twice.
    let plan = plan(&[first, second, first], &none, &Options::default());
    expect![[r#"
        compensating
        STEP_1=$(aws ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId --output text)
        STEP_2=$(aws ec2 create-subnet --vpc-id "$STEP_1" --cidr-block 10.0.0.0/24 --availability-zone-id euw1-az1 --query Subnet.SubnetId --output text)
    "#]]
    .assert_eq(&told(&plan));
}

#[test]
fn a_change_that_the_plan_itself_takes_back_is_no_conflict() {
    let at = |id: &str| {
        state(
            &json!({"AWS::EC2::RouteTable": {"rtb-1": table(&[("0.0.0.0/0", "TransitGatewayId", id)])}}),
        )
    };
    let replace = |number, id: &str| {
        let request = json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": id});
        call(number, "ReplaceRoute", request, Value::Null)
    };
    let (one, two, three) = (at("tgw-1"), at("tgw-2"), at("tgw-3"));
    let (first, second) = (replace(1, "tgw-2"), replace(2, "tgw-3"));
    let first = Event { call: &first, before: &one, after: &two };
    let second = Event { call: &second, before: &two, after: &three };
    let both = plan(&[first, second], &three, &Options::default());
    expect![[r#"
        exact
        aws ec2 replace-route --route-table-id rtb-1 --destination-cidr-block 0.0.0.0/0 --transit-gateway-id tgw-2
        aws ec2 replace-route --route-table-id rtb-1 --destination-cidr-block 0.0.0.0/0 --transit-gateway-id tgw-1
    "#]]
    .assert_eq(&told(&both));
    // Alone, the first one is a conflict with the second, unless it is to be overwritten.
    let alone = plan(&[first], &three, &Options::default());
    assert_eq!((alone.conflicts.len(), commands(&alone).as_str()), (1, ""));
    let overwrite = Options { overwrite_later_changes: true, ..Options::default() };
    assert_ne!(commands(&plan(&[first], &three, &overwrite)), "");
}

#[test]
fn what_aws_itself_moves_on_is_no_conflict() {
    let with = |state: &str| {
        let mut body = table(&[("0.0.0.0/0", "GatewayId", "igw-1")]);
        body["Routes"][0]["State"] = json!(state);
        state_in("eu-west-1", &json!({"AWS::EC2::RouteTable": {"rtb-1": body}}))
    };
    let before = state(
        &json!({"AWS::EC2::RouteTable": {"rtb-1": table(&[("0.0.0.0/0", "TransitGatewayId", "tgw-1")])}}),
    );
    let request =
        json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"});
    let event = call(1, "ReplaceRoute", request, Value::Null);
    let plan = plan_one(&event, &before, &with("active"), &with("blackhole"));
    assert!(plan.conflicts.is_empty(), "{:?}", plan.conflicts);
    assert_ne!(commands(&plan), "");
}

#[test]
fn what_was_only_inferred_is_asked_for_and_shown() {
    use crate::state::Source;
    let mut before =
        state(&json!({"AWS::EC2::Subnet": {"subnet-1": {"MapPublicIpOnLaunch": true}}}));
    let subnet = before.resources.values_mut().next().unwrap();
    let inferred = Source::Inferred { id: "e0".to_owned() };
    subnet.sources.insert("MapPublicIpOnLaunch".to_owned(), inferred);
    let request = json!({"SubnetId": "subnet-1", "MapPublicIpOnLaunch": {"Value": false}});
    let event = call(1, "ModifySubnetAttribute", request, Value::Null);
    let unknown = Literal::default();
    let plan = plan_one(&event, &before, &unknown, &unknown);
    assert!(plan.steps.is_empty());
    assert_eq!(plan.questions[0].inferred, Some(json!(true)));
    assert_eq!(plan.class, Class::Compensating);
}

#[test]
fn an_entry_of_an_acl_comes_back_as_it_was() {
    let entry = json!({"RuleNumber": 100, "Egress": false, "Protocol": "6", "RuleAction": "allow",
        "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 443, "To": 443}});
    let acl = |entries: Value| json!({"AWS::EC2::NetworkAcl": {"acl-1": {"Entries": entries}}});
    let request = json!({"NetworkAclId": "acl-1", "RuleNumber": 100, "Egress": false});
    let event = call(1, "DeleteNetworkAclEntry", request, Value::Null);
    check(
        &event,
        &acl(json!([entry])),
        &acl(json!([])),
        &expect![[r#"
        exact
        aws ec2 create-network-acl-entry --network-acl-id acl-1 --rule-number 100 --ingress --protocol 6 --rule-action allow --cidr-block 0.0.0.0/0 --port-range '{"From":443,"To":443}'
    "#]],
    );
    check(
        &event,
        &acl(json!([entry])),
        &acl(json!([entry])),
        &expect![[r#"
        exact
        nothing: the event changed nothing: it was so before
    "#]],
    );
}

#[test]
fn a_change_of_what_is_gone_is_not_taken_back() {
    let before = json!({"AWS::EC2::Subnet": {"subnet-1": {"MapPublicIpOnLaunch": true}}});
    let request = json!({"SubnetId": "subnet-1", "MapPublicIpOnLaunch": {"Value": false}});
    let event = call(1, "ModifySubnetAttribute", request, Value::Null);
    let now = state(&json!({"AWS::EC2::Subnet": {"subnet-1": null}}));
    let after = state(&json!({"AWS::EC2::Subnet": {"subnet-1": {"MapPublicIpOnLaunch": false}}}));
    let plan = plan_one(&event, &state(&before), &after, &now);
    expect![[r#"
        compensating
        nothing: what the event changed is gone
        conflict: MapPublicIpOnLaunch it does not exist any more: take back its end first (?)
    "#]]
    .assert_eq(&told(&plan));
}

#[test]
fn a_creation_that_was_repeated_is_not_taken_back() {
    let there = json!({"AWS::EC2::NatGateway": {"nat-1": {"State": "available"}}});
    let event =
        call(1, "CreateNatGateway", json!({}), json!({"NatGateway": {"NatGatewayId": "nat-1"}}));
    check(
        &event,
        &there,
        &there,
        &expect![[r#"
        exact
        nothing: it was there before the event
    "#]],
    );
    check(
        &event,
        &json!({"AWS::EC2::NatGateway": {"nat-1": null}}),
        &there,
        &expect![[r#"
        exact
        aws ec2 delete-nat-gateway --nat-gateway-id nat-1
    "#]],
    );
}

#[test]
fn a_name_of_ours_is_in_no_command() {
    let id = "vpc-1/main-table";
    let association = json!([{"RouteTableAssociationId": "rtbassoc-1", "SubnetId": "subnet-1"}]);
    let before = json!({"AWS::EC2::RouteTable": {id: {"Associations": association}}});
    let event =
        call(1, "DisassociateRouteTable", json!({"AssociationId": "rtbassoc-1"}), Value::Null);
    check(
        &event,
        &before,
        &json!({}),
        &expect![[r#"
        compensating
        asks: which id AWS gave to what is called `vpc-1/main-table` here
    "#]],
    );
}

#[test]
fn a_secret_is_restored_unless_it_was_deleted_for_good() {
    let secret = |date: Value| json!({"AWS::SecretsManager::Secret": {"s": {"DeletedDate": date}}});
    let request =
        json!({"SecretId": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-AbCdEf"});
    let event = call(1, "secretsmanager:DeleteSecret", request.clone(), Value::Null);
    check(
        &event,
        &secret(Value::Null),
        &secret(json!("2026-01-17")),
        &expect![[r#"
        exact
        aws secretsmanager restore-secret --secret-id arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-AbCdEf
    "#]],
    );
    let mut forced = request;
    forced["ForceDeleteWithoutRecovery"] = json!(true);
    let event = call(1, "secretsmanager:DeleteSecret", forced, Value::Null);
    check(
        &event,
        &secret(Value::Null),
        &json!({}),
        &expect![[r#"
        irreversible
        nothing: it was deleted for good: nothing restores it
    "#]],
    );
}

#[test]
fn what_is_not_set_back_is_told() {
    let before = state(&json!({"AWS::RDS::DBInstance": {"db": {"PubliclyAccessible": false}}}));
    let unknown = Literal::default();
    let both = json!({"DBInstanceIdentifier": "db", "PubliclyAccessible": true, "MasterUserPassword": "x"});
    let plan =
        plan_one(&call(1, "rds:ModifyDBInstance", both, Value::Null), &before, &unknown, &unknown);
    let text = "`MasterUserPassword`: the event set it, and nothing here sets it back";
    assert!(plan.not_restored.iter().any(|it| it == text), "{:?}", plan.not_restored);
    assert!(!render::script(&plan).contains("--master-user-password"));
    let one = json!({"DBInstanceIdentifier": "db", "MasterUserPassword": "x"});
    let plan =
        plan_one(&call(1, "rds:ModifyDBInstance", one, Value::Null), &before, &unknown, &unknown);
    expect![[r#"
        irreversible
        nothing: nothing here sets back MasterUserPassword
    "#]]
    .assert_eq(&told(&plan));
}

#[test]
fn what_was_left_out_of_a_record_and_secrets_are_not_printed() {
    let unknown = Literal::default();
    for (value, kind) in [("HIDDEN_DUE_TO_SECURITY_REASONS", "String"), ("hunter2", "SecureString")]
    {
        let before = state(&json!({"AWS::SSM::Parameter": {"/p": {"Type": kind, "Value": value}}}));
        for name in ["ssm:PutParameter", "ssm:DeleteParameter"] {
            let event = call(1, name, json!({"Name": "/p"}), Value::Null);
            let plan = plan_one(&event, &before, &unknown, &unknown);
            assert!(plan.steps.is_empty() && !plan.questions.is_empty(), "{plan:?}");
            for text in [render::script(&plan), render::boto3(&plan), render::json(&plan).unwrap()]
            {
                assert!(!text.contains(value), "{text}");
            }
        }
    }
}

#[test]
fn code_that_manages_a_resource_is_named() {
    let tags = json!([{"Key": "ManagedBy", "Value": "terraform"}]);
    let before =
        state(&json!({"AWS::EC2::VPC": {"vpc-1": {"CidrBlock": "10.0.0.0/16", "Tags": tags}}}));
    let after = state(&json!({"AWS::EC2::VPC": {"vpc-1": null}}));
    let event = call(1, "DeleteVpc", json!({"VpcId": "vpc-1"}), Value::Null);
    expect![[r#"
        # vpc-1 is managed by Terraform (terraform), by tag `ManagedBy`.
        # The new resource has another id. ADDRESS is its name in your code:
        terraform state rm 'aws_vpc.ADDRESS'
        terraform import 'aws_vpc.ADDRESS' "$STEP_1"
        terraform plan -refresh-only
        terraform plan
    "#]]
    .assert_eq(&render::terraform(&plan_one(&event, &before, &after, &after)));
}

#[test]
fn the_script_says_who_when_and_what() {
    let attribute = |value: bool| {
        state(&json!({"AWS::EC2::Subnet": {"subnet-1": {"MapPublicIpOnLaunch": value}}}))
    };
    let request = json!({"SubnetId": "subnet-1", "MapPublicIpOnLaunch": {"Value": true}});
    let event = call(1, "ModifySubnetAttribute", request, Value::Null);
    let plan = plan_one(&event, &attribute(false), &attribute(true), &attribute(true));
    expect![[r##"
        #!/usr/bin/env bash
        # Takes back 1 event(s); class: exact.
        # Nothing was run. Read it, then run it yourself.
        # 2026-01-10T12:01:00Z ec2:ModifySubnetAttribute by alice from 192.0.2.1 in 123456789012 eu-west-1 (event e1): exact
        #   subnet-1 MapPublicIpOnLaunch: before false, after true, now true
        set -euo pipefail

        # 1. sets what was there before the event (exact), in account 123456789012
        # subnet-1 MapPublicIpOnLaunch was false {"from":"snapshot","id":"snapshot-1"}
        aws ec2 modify-subnet-attribute --region eu-west-1 --subnet-id subnet-1 --no-map-public-ip-on-launch
        # check: aws ec2 describe-subnets --region eu-west-1 --subnet-ids subnet-1
    "##]]
    .assert_eq(&render::script(&plan));
    let json: Value = serde_json::from_str(&render::json(&plan).unwrap()).unwrap();
    assert_eq!(json["steps"][0]["expect"][0]["value"], json!(false));
    assert_eq!(json["class"], "exact");
}
