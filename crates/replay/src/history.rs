//! The properties of one resource, event after event.

use std::collections::BTreeMap;

use serde::Serialize;
use trailhound_record::{Event, Timestamp};

use crate::effects::{Kind, Write, effects, set};
use crate::network::RULE_IDS;

/// What a property was before an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// This, as an earlier event said.
    Value(String),
    /// There was none: an earlier event removed it, or made the resource without it.
    Absent,
    /// No earlier event said.
    NotKnown,
}

/// One property that an event changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The property, `routes[0.0.0.0/0]`.
    pub path: String,
    /// What it was.
    pub before: Before,
    /// What it is from then on; nothing when it was removed.
    pub after: Option<String>,
}

/// What one event did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What kind of thing.
    pub kind: Kind,
    /// The properties that it wrote.
    pub changes: Vec<Change>,
}

/// Folds the events of one resource, oldest first.
#[derive(Debug)]
pub struct History {
    resource: Vec<String>,
    properties: BTreeMap<String, Property>,
    /// Whether its creation was seen: then a member that no event put in one of [`WHOLE_LISTS`] is absent.
    is_whole: bool,
}

/// What is known of a property.
#[derive(Debug)]
struct Property {
    value: Option<String>,
    written_at: Option<Timestamp>,
}

/// The lists that are known whole once the creation of their resource was seen: its event tells what they
/// start with.
const WHOLE_LISTS: &[&str] = &[
    "routes[",
    "ingress[",
    "egress[",
    "associations[",
    "tags[",
    "rolePolicy[",
    "userPolicy[",
    "groupPolicy[",
    "user[",
];

impl History {
    /// Of the resource that has the names `resource`: its id, its ARN.
    pub fn new(resource: Vec<String>) -> Self {
        Self { resource, properties: BTreeMap::new(), is_whole: false }
    }

    /// Takes the next event.
    pub fn push(&mut self, event: &Event) -> Step {
        let done = effects(event, &self.resource);
        if done.is_partial {
            self.forget();
        }
        if done.kind == Kind::Create {
            self.properties.clear();
            self.is_whole = true;
        }
        let writes: Vec<Write> =
            done.writes.into_iter().flat_map(|write| self.parts_of(write)).collect();
        let mut changes = Vec::new();
        for write in writes {
            let before = self.before(&write, done.kind, event.event_time);
            let property = Property { value: write.after.clone(), written_at: event.event_time };
            let is_own = write.path.starts_with(RULE_IDS);
            self.properties.insert(write.path.clone(), property);
            if !is_own {
                changes.push(Change { path: write.path, before, after: write.after });
            }
        }
        if done.kind == Kind::Delete {
            self.forget();
        }
        Step { kind: done.kind, changes }
    }

    fn forget(&mut self) {
        self.properties.clear();
        self.is_whole = false;
    }

    fn before(&self, write: &Write, kind: Kind, at: Option<Timestamp>) -> Before {
        let is_whole_list = WHOLE_LISTS.iter().any(|list| write.path.starts_with(list));
        match self.properties.get(&write.path) {
            // Times have whole seconds: of two calls in one, nobody knows which came first.
            Some(known) if at.is_some() && known.written_at == at && kind != Kind::Create => {
                Before::NotKnown
            }
            Some(Property { value: Some(value), .. }) => Before::Value(value.clone()),
            Some(Property { value: None, .. }) => Before::Absent,
            None if write.is_new || kind == Kind::Create => Before::Absent,
            // A member that is removed was there, whoever put it there.
            None if self.is_whole && is_whole_list && write.after.is_some() => Before::Absent,
            None => Before::NotKnown,
        }
    }

    /// What is removed with its parts is removed part by part; a rule that is named by its id is the rule.
    fn parts_of(&mut self, write: Write) -> Vec<Write> {
        if write.after.is_some() {
            return vec![write];
        }
        if write.path.starts_with(RULE_IDS) {
            let rule = self.properties.get(&write.path).and_then(|known| known.value.clone());
            return match rule {
                Some(rule) => vec![set(rule, None), write],
                None => {
                    // Some rule went: which, nobody said. What is known of the rules is not known any more.
                    self.properties.retain(|path, _| !path.contains("gress["));
                    self.is_whole = false;
                    let id = write.path.trim_start_matches(RULE_IDS).trim_end_matches(']');
                    vec![set(format!("rule {id}"), None)]
                }
            };
        }
        if self.properties.contains_key(&write.path) {
            return vec![write];
        }
        let inside = format!("{}.", write.path);
        let below = self.properties.range(inside.clone()..);
        let parts: Vec<Write> = below
            .take_while(|(path, _)| path.starts_with(&inside))
            .filter(|(_, known)| known.value.is_some())
            .map(|(path, _)| set(path, None))
            .collect();
        if parts.is_empty() { vec![write] } else { parts }
    }
}

impl Change {
    /// What it was, for people.
    pub fn before_text(&self) -> String {
        match &self.before {
            Before::Value(value) => value.clone(),
            Before::Absent => "(none)".to_owned(),
            Before::NotKnown => "(not known)".to_owned(),
        }
    }

    /// What it is from then on, for people.
    pub fn after_text(&self) -> String {
        self.after.clone().unwrap_or_else(|| "(none)".to_owned())
    }

    /// Whether the property is another than before, or may be.
    pub fn is_real(&self) -> bool {
        match &self.before {
            Before::Value(value) => self.after.as_ref() != Some(value),
            Before::Absent => self.after.is_some(),
            Before::NotKnown => true,
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} -> {}", self.path, self.before_text(), self.after_text())
    }
}

#[cfg(test)]
mod tests {
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
            event(
                "ec2",
                "DisassociateRouteTable",
                json!({"associationId": "rtbassoc-2"}),
                json!({}),
            ),
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
        check(
            "g",
            &[
                event(
                    "iam",
                    "AddUserToGroup",
                    json!({"groupName": "g", "userName": "m"}),
                    json!(null),
                ),
                event(
                    "iam",
                    "RemoveUserFromGroup",
                    json!({"groupName": "g", "userName": "m"}),
                    json!(null),
                ),
                event(
                    "iam",
                    "AddUserToGroup",
                    json!({"groupName": "g", "userName": "m"}),
                    json!(null),
                ),
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
                event(
                    "lambda",
                    "DeleteFunction20150331",
                    json!({"functionName": "f"}),
                    json!(null),
                ),
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
}
