use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

fn event(source: &str, name: &str, request: Value, response: Value) -> Event {
    let record = json!({"eventSource": format!("{source}.amazonaws.com"), "eventName": name,
        "readOnly": false, "requestParameters": request, "responseElements": response});
    Event::parse(record.to_string().into_bytes(), 0).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
fn check(resource: &str, events: &[Event], expect: Expect) {
    let mut history = History::new(vec![resource.to_owned()]);
    let mut lines = Vec::new();
    for event in events {
        let step = history.push(event);
        let name = event.event_name.as_deref().unwrap_or_default();
        lines.push(format!("{name}: {:?}", step.kind));
        lines.extend(step.changes.iter().map(|change| format!("  {change}")));
    }
    expect.assert_eq(&lines.join("\n"));
}

#[test]
fn the_route_that_took_production_down() {
    let route = |name: &str, target: Value| {
        let mut request = json!({"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"});
        request.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
        event("ec2", name, request, json!({"_return": true}))
    };
    let events = [
        event(
            "ec2",
            "CreateRouteTable",
            json!({"vpcId": "vpc-1"}),
            json!({"routeTable":
            {"routeTableId": "rtb-1", "vpcId": "vpc-1", "routeSet": {"items": []}}}),
        ),
        route("CreateRoute", json!({"natGatewayId": "nat-1"})),
        route("ReplaceRoute", json!({"gatewayId": "igw-1"})),
        route("DeleteRoute", json!({})),
    ];
    check(
        "rtb-1",
        &events,
        expect![[r#"
        CreateRouteTable: Create
          vpcId: (none) -> vpc-1
        CreateRoute: Change
          routes[0.0.0.0/0]: (none) -> nat-1
        ReplaceRoute: Change
          routes[0.0.0.0/0]: nat-1 -> igw-1
        DeleteRoute: Change
          routes[0.0.0.0/0]: igw-1 -> (none)"#]],
    );
    check(
        "rtb-1",
        &events[2..],
        expect![[r#"
        ReplaceRoute: Change
          routes[0.0.0.0/0]: (not known) -> igw-1
        DeleteRoute: Change
          routes[0.0.0.0/0]: igw-1 -> (none)"#]],
    );
    check("igw-1", &events[2..3], expect!["ReplaceRoute: Touch"]);
}

#[test]
fn rules_of_groups_have_one_name_in_every_shape() {
    let permissions = json!({"groupId": "sg-1", "ipPermissions": {"items": [
        {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
         "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "groups": {}}]}});
    check(
        "sg-1",
        &[
            event("ec2", "AuthorizeSecurityGroupIngress", permissions, json!({})),
            event(
                "ec2",
                "RevokeSecurityGroupIngress",
                json!({"groupId": "sg-1", "ipProtocol": "tcp",
            "fromPort": 22, "toPort": 22, "cidrIp": "0.0.0.0/0", "ipPermissions": {}}),
                json!({}),
            ),
        ],
        expect![[r#"
            AuthorizeSecurityGroupIngress: Change
              ingress[tcp 22 0.0.0.0/0]: (none) -> allow
            RevokeSecurityGroupIngress: Change
              ingress[tcp 22 0.0.0.0/0]: allow -> (none)"#]],
    );
}

#[test]
fn a_group_is_made_with_a_rule_of_its_own() {
    check(
        "sg-1",
        &[
            event(
                "ec2",
                "CreateSecurityGroup",
                json!({"groupName": "g", "vpcId": "vpc-1"}),
                json!({"groupId": "sg-1"}),
            ),
            event(
                "ec2",
                "RevokeSecurityGroupEgress",
                json!({"groupId": "sg-1", "ipPermissions": {"items": [
            {"ipProtocol": "-1", "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}}),
                json!({}),
            ),
            event(
                "ec2",
                "RevokeSecurityGroupEgress",
                json!({"groupId": "sg-1", "ipPermissions": {"items": [
            {"ipProtocol": "-1", "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}}]}}),
                json!({}),
            ),
        ],
        expect![[r#"
            CreateSecurityGroup: Create
              egress[all 0.0.0.0/0]: (none) -> allow
            RevokeSecurityGroupEgress: Change
              egress[all 0.0.0.0/0]: allow -> (none)
            RevokeSecurityGroupEgress: Change
              egress[all 10.0.0.0/8]: (not known) -> (none)"#]],
    );
}

#[test]
fn an_association_moves_from_table_to_table() {
    let events = [
        event(
            "ec2",
            "AssociateRouteTable",
            json!({"routeTableId": "rtb-1", "subnetId": "subnet-1"}),
            json!({"associationId": "rtbassoc-1"}),
        ),
        event(
            "ec2",
            "ReplaceRouteTableAssociation",
            json!({"associationId": "rtbassoc-1", "routeTableId": "rtb-2"}),
            json!({"newAssociationId": "rtbassoc-2"}),
        ),
        event("ec2", "DisassociateRouteTable", json!({"associationId": "rtbassoc-2"}), json!({})),
    ];
    check(
        "rtb-1",
        &events[..2],
        expect![[r#"
        AssociateRouteTable: Change
          associations[rtbassoc-1]: (none) -> subnet-1
        ReplaceRouteTableAssociation: Change
          associations[rtbassoc-1]: subnet-1 -> (none)"#]],
    );
    check(
        "rtb-2",
        &events[1..],
        expect![[r#"
        ReplaceRouteTableAssociation: Change
          associations[rtbassoc-2]: (none) -> what rtbassoc-1 was with
        DisassociateRouteTable: Change
          associations[rtbassoc-2]: what rtbassoc-1 was with -> (none)"#]],
    );
    check(
        "subnet-1",
        &events,
        expect![[r#"
        AssociateRouteTable: Change
          routeTableId: (not known) -> rtb-1
        ReplaceRouteTableAssociation: Change
          routeTableId: rtb-1 -> rtb-2
        DisassociateRouteTable: Change
          routeTableId: rtb-2 -> (none)"#]],
    );
}

#[test]
fn a_rule_is_known_by_its_id_and_opening_it_again_is_seen() {
    let authorize = |response: Value| {
        event(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            json!({"groupId": "sg-1",
        "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
        "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}}),
            response,
        )
    };
    let revoke = event(
        "ec2",
        "RevokeSecurityGroupIngress",
        json!({"groupId": "sg-1", "ipPermissions": {},
        "securityGroupRuleIds": {"items": [{"securityGroupRuleId": "sgr-1"}]}}),
        json!({"_return": true}),
    );
    let told = json!({"securityGroupRuleSet": {"items": [{"securityGroupRuleId": "sgr-1", "groupId": "sg-1",
        "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "0.0.0.0/0"}]}});
    check(
        "sg-1",
        &[authorize(told.clone()), revoke.clone(), authorize(told)],
        expect![[r#"
        AuthorizeSecurityGroupIngress: Change
          ingress[tcp 22 0.0.0.0/0]: (none) -> allow
        RevokeSecurityGroupIngress: Change
          ingress[tcp 22 0.0.0.0/0]: allow -> (none)
        AuthorizeSecurityGroupIngress: Change
          ingress[tcp 22 0.0.0.0/0]: (none) -> allow"#]],
    );
    check(
        "sg-1",
        &[authorize(json!({})), revoke, authorize(json!({}))],
        expect![[r#"
        AuthorizeSecurityGroupIngress: Change
          ingress[tcp 22 0.0.0.0/0]: (none) -> allow
        RevokeSecurityGroupIngress: Change
          rule sgr-1: (not known) -> (none)
        AuthorizeSecurityGroupIngress: Change
          ingress[tcp 22 0.0.0.0/0]: (none) -> allow"#]],
    );
    // A group that is the peer of a rule has no rule of its own.
    check(
        "sg-2",
        &[event(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            json!({"groupId": "sg-1", "ipPermissions":
        {"items": [{"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "groups": {"items": [{"groupId": "sg-2"}]}}]}}),
            json!({}),
        )],
        expect!["AuthorizeSecurityGroupIngress: Touch"],
    );
}

#[test]
fn what_is_made_within_a_resource_does_not_make_it() {
    check(
        "vpc-1",
        &[
            event(
                "ec2",
                "CreateTags",
                json!({"resourcesSet": {"items": [{"resourceId": "vpc-1"}]},
            "tagSet": {"items": [{"key": "Name", "value": "prod"}]}}),
                json!({}),
            ),
            event(
                "ec2",
                "CreateSubnet",
                json!({"vpcId": "vpc-1", "cidrBlock": "10.0.1.0/24"}),
                json!({"subnet": {"subnetId": "subnet-1", "vpcId": "vpc-1", "cidrBlock": "10.0.1.0/24"}}),
            ),
            event(
                "elasticloadbalancing",
                "CreateLoadBalancer",
                json!({"name": "lb"}),
                json!({"loadBalancers": [{"loadBalancerArn": "arn:lb", "vpcId": "vpc-1"}]}),
            ),
            event(
                "ec2",
                "CreateTags",
                json!({"resourcesSet": {"items": [{"resourceId": "vpc-1"}]},
            "tagSet": {"items": [{"key": "Name", "value": "prod2"}]}}),
                json!({}),
            ),
        ],
        expect![[r#"
            CreateTags: Change
              tags[Name]: (not known) -> prod
            CreateSubnet: Touch
            CreateLoadBalancer: Touch
            CreateTags: Change
              tags[Name]: prod -> prod2"#]],
    );
}

#[test]
fn parts_of_a_whole_are_changed_as_parts() {
    check(
        "vpce-1",
        &[
            event(
                "ec2",
                "ModifyVpcEndpoint",
                json!({"ModifyVpcEndpointRequest": {"VpcEndpointId": "vpce-1", "AddRouteTableId": {"tag": 1, "content": "rtb-1"}}}),
                json!({}),
            ),
            event(
                "ec2",
                "ModifyVpcEndpoint",
                json!({"ModifyVpcEndpointRequest": {"VpcEndpointId": "vpce-1", "AddRouteTableId": {"tag": 1, "content": "rtb-2"}}}),
                json!({}),
            ),
        ],
        expect![[r#"
            ModifyVpcEndpoint: Change
              routeTableId[rtb-1]: (not known) -> present
            ModifyVpcEndpoint: Change
              routeTableId[rtb-2]: (not known) -> present"#]],
    );
    check(
        "i-1",
        &[
            event(
                "ec2",
                "ModifyInstanceAttribute",
                json!({"instanceId": "i-1", "attribute": "instanceType", "value": "m5.large"}),
                json!({}),
            ),
            event(
                "ec2",
                "ModifyInstanceAttribute",
                json!({"instanceId": "i-1", "attribute": "disableApiTermination", "value": "true"}),
                json!({}),
            ),
            event("ssm", "StartSession", json!({"target": "i-1"}), json!({})),
        ],
        expect![[r#"
            ModifyInstanceAttribute: Change
              instanceType: (not known) -> m5.large
            ModifyInstanceAttribute: Change
              disableApiTermination: (not known) -> true
            StartSession: Touch"#]],
    );
}

#[test]
fn lists_have_one_name_whichever_way_they_change() {
    check(
        "g",
        &[
            event("iam", "AddUserToGroup", json!({"groupName": "g", "userName": "m"}), json!(null)),
            event(
                "iam",
                "RemoveUserFromGroup",
                json!({"groupName": "g", "userName": "m"}),
                json!(null),
            ),
            event("iam", "AddUserToGroup", json!({"groupName": "g", "userName": "m"}), json!(null)),
        ],
        expect![[r#"
            AddUserToGroup: Change
              user[m]: (not known) -> present
            RemoveUserFromGroup: Change
              user[m]: present -> (none)
            AddUserToGroup: Change
              user[m]: (none) -> present"#]],
    );
    check(
        "f",
        &[
            event(
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                json!({"functionName": "f", "vpcConfig": {"subnetIds": ["a", "b"]}}),
                json!(null),
            ),
            event(
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                json!({"functionName": "f", "vpcConfig": {"subnetIds": ["c"]}}),
                json!(null),
            ),
        ],
        expect![[r#"
            UpdateFunctionConfiguration20150331v2: Change
              vpcConfig.subnetIds: (not known) -> a, b
            UpdateFunctionConfiguration20150331v2: Change
              vpcConfig.subnetIds: a, b -> c"#]],
    );
}

#[test]
fn deletions_are_deletions() {
    check(
        "sg-1",
        &[event("ec2", "DeleteSecurityGroup", json!({"groupId": "sg-1"}), json!({}))],
        expect!["DeleteSecurityGroup: Delete"],
    );
    check(
        "eipalloc-1",
        &[event("ec2", "ReleaseAddress", json!({"allocationId": "eipalloc-1"}), json!({}))],
        expect!["ReleaseAddress: Delete"],
    );
    check(
        "pl-1",
        &[event(
            "ec2",
            "DeleteManagedPrefixList",
            json!({"DeleteManagedPrefixListRequest": {"PrefixListId": "pl-1"}}),
            json!({}),
        )],
        expect!["DeleteManagedPrefixList: Delete"],
    );
    check(
        "vpce-1",
        &[event(
            "ec2",
            "DeleteVpcEndpoints",
            json!({"DeleteVpcEndpointsRequest": {"VpcEndpointId": {"tag": 1, "content": "vpce-1"}}}),
            json!({}),
        )],
        expect!["DeleteVpcEndpoints: Delete"],
    );
    check(
        "k",
        &[event(
            "kms",
            "ScheduleKeyDeletion",
            json!({"keyId": "k", "pendingWindowInDays": 7}),
            json!({}),
        )],
        expect![[r#"
            ScheduleKeyDeletion: Change
              state: (not known) -> pending deletion"#]],
    );
}

#[test]
fn what_is_not_recorded_is_not_known() {
    let mut hidden = event(
        "ssm",
        "PutParameter",
        json!({"name": "p", "value": "HIDDEN_DUE_TO_SECURITY_REASONS"}),
        json!({}),
    );
    check(
        "p",
        &[hidden.clone()],
        expect![[r#"
        PutParameter: Change
          parameter: (not known) -> (not recorded)"#]],
    );
    hidden =
        event("ec2", "ReplaceRoute", json!({"omitted": true, "reason": "too long"}), json!({}));
    let route = |target: &str| {
        event(
            "ec2",
            "ReplaceRoute",
            json!({"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": target}),
            json!({}),
        )
    };
    check(
        "rtb-1",
        &[route("nat-1"), hidden, route("nat-2")],
        expect![[r#"
        ReplaceRoute: Change
          routes[0.0.0.0/0]: (not known) -> nat-1
        ReplaceRoute: Change
        ReplaceRoute: Change
          routes[0.0.0.0/0]: (not known) -> nat-2"#]],
    );
    let mut failed: Value = json!({"eventSource": "ec2.amazonaws.com", "eventName": "ReplaceRoute", "readOnly": false,
        "errorMessage": "no", "requestParameters": {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-3"}});
    let failed_event = Event::parse(failed.to_string().into_bytes(), 0).unwrap();
    check(
        "rtb-1",
        &[route("nat-1"), failed_event, route("nat-2")],
        expect![[r#"
        ReplaceRoute: Change
          routes[0.0.0.0/0]: (not known) -> nat-1
        ReplaceRoute: Failed
        ReplaceRoute: Change
          routes[0.0.0.0/0]: nat-1 -> nat-2"#]],
    );
    // Two in one second: which came first, nobody knows.
    let at = |target: &str| {
        failed["eventTime"] = json!("2026-01-01T00:00:00Z");
        failed["requestParameters"]["natGatewayId"] = json!(target);
        failed.as_object_mut().unwrap().remove("errorMessage");
        Event::parse(failed.to_string().into_bytes(), 0).unwrap()
    };
    let (one, other) = {
        let mut at = at;
        (at("nat-1"), at("nat-2"))
    };
    check(
        "rtb-1",
        &[one, other],
        expect![[r#"
        ReplaceRoute: Change
          routes[0.0.0.0/0]: (not known) -> nat-1
        ReplaceRoute: Change
          routes[0.0.0.0/0]: (not known) -> nat-2"#]],
    );
}

#[test]
fn other_services_have_properties_too() {
    let role = |name: &str, request: Value| event("iam", name, request, json!(null));
    check(
        "app",
        &[
            role("CreateRole", json!({"roleName": "app", "path": "/"})),
            role(
                "AttachRolePolicy",
                json!({"roleName": "app", "policyArn": "arn:aws:iam::aws:policy/Admin"}),
            ),
            role(
                "PutRolePolicy",
                json!({"roleName": "app", "policyName": "p", "policyDocument": "{}"}),
            ),
            role(
                "DetachRolePolicy",
                json!({"roleName": "app", "policyArn": "arn:aws:iam::aws:policy/Admin"}),
            ),
            role("DeleteRolePolicy", json!({"roleName": "app", "policyName": "p"})),
            role("DeleteRole", json!({"roleName": "app"})),
        ],
        expect![[r#"
            CreateRole: Create
              path: (none) -> /
            AttachRolePolicy: Change
              rolePolicy[arn:aws:iam::aws:policy/Admin]: (none) -> present
            PutRolePolicy: Change
              rolePolicy[p]: (none) -> {}
            DetachRolePolicy: Change
              rolePolicy[arn:aws:iam::aws:policy/Admin]: present -> (none)
            DeleteRolePolicy: Change
              rolePolicy[p]: {} -> (none)
            DeleteRole: Delete"#]],
    );
}

#[test]
fn documents_and_functions_have_properties_too() {
    check(
        "b",
        &[
            event(
                "s3",
                "PutBucketPolicy",
                json!({"bucketName": "b", "bucketPolicy": {"Version": "1"}}),
                json!(null),
            ),
            event("s3", "DeleteBucketPolicy", json!({"bucketName": "b"}), json!(null)),
            event("s3", "DeleteBucket", json!({"bucketName": "b"}), json!(null)),
        ],
        expect![[r#"
            PutBucketPolicy: Change
              bucketPolicy: (not known) -> {"Version":"1"}
            DeleteBucketPolicy: Change
              bucketPolicy: {"Version":"1"} -> (none)
            DeleteBucket: Delete"#]],
    );
    check(
        "f",
        &[
            event(
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                json!({"functionName": "f", "timeout": 30}),
                json!(null),
            ),
            event("lambda", "DeleteFunction20150331", json!({"functionName": "f"}), json!(null)),
        ],
        expect![[r#"
        UpdateFunctionConfiguration20150331v2: Change
          timeout: (not known) -> 30
        DeleteFunction20150331: Delete"#]],
    );
}

proptest! {
    /// Any record gives a step, and a failed call or a read gives none of the properties.
    #[test]
    fn any_record_is_a_step(
        name in prop::sample::select(vec!["CreateRoute", "DeleteRoute", "AuthorizeSecurityGroupIngress",
            "CreateTags", "RunInstances", "PutX", "AttachX", "DeleteX", "ModifySecurityGroupRules", ""]),
        request in ".{0,40}", fails in any::<bool>(),
    ) {
        let mut record = json!({"eventSource": "ec2.amazonaws.com", "eventName": name,
            "requestParameters": serde_json::from_str::<Value>(&request).unwrap_or(json!([request]))});
        if fails {
            record["errorCode"] = json!("Client.DryRunOperation");
        }
        let event = Event::parse(record.to_string().into_bytes(), 0).unwrap();
        let step = History::new(vec!["x".to_owned()]).push(&event);
        prop_assert!(!fails || (step.kind == Kind::Failed && step.changes.is_empty()));
    }
}
