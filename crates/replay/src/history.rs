//! The properties of one resource, event after event.

use std::collections::BTreeMap;

use serde::Serialize;
use trailhound_record::Event;

use crate::effects::{Kind, Write, effects, set};

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
    properties: BTreeMap<String, Option<String>>,
    /// Whether its creation was seen: then a property that no event wrote is absent.
    is_whole: bool,
}

impl History {
    /// Of the resource that has the names `resource`: its id, its ARN.
    pub fn new(resource: Vec<String>) -> Self {
        Self { resource, properties: BTreeMap::new(), is_whole: false }
    }

    /// Takes the next event.
    pub fn push(&mut self, event: &Event) -> Step {
        let done = effects(event, &self.resource);
        if done.kind == Kind::Create {
            self.properties.clear();
            self.is_whole = true;
        }
        let mut changes = Vec::new();
        let writes: Vec<Write> =
            done.writes.into_iter().flat_map(|write| self.parts_of(write)).collect();
        for write in writes {
            let before = match self.properties.get(&write.path) {
                Some(Some(value)) => Before::Value(value.clone()),
                Some(None) => Before::Absent,
                None if write.is_new || done.kind == Kind::Create => Before::Absent,
                // What a creation leaves out may have a default: only members of lists are absent then,
                // and a member that is removed was there, whoever put it there.
                None if self.is_whole && write.after.is_some() && write.path.ends_with(']') => {
                    Before::Absent
                }
                None => Before::NotKnown,
            };
            self.properties.insert(write.path.clone(), write.after.clone());
            changes.push(Change { path: write.path, before, after: write.after });
        }
        if done.kind == Kind::Delete {
            self.properties.clear();
            self.is_whole = false;
        }
        Step { kind: done.kind, changes }
    }

    /// What is removed with its parts is removed part by part.
    fn parts_of(&self, write: Write) -> Vec<Write> {
        if write.after.is_some() || self.properties.contains_key(&write.path) {
            return vec![write];
        }
        let inside = format!("{}.", write.path);
        let below = self.properties.range(inside.clone()..);
        let parts: Vec<Write> = below
            .take_while(|(path, _)| path.starts_with(&inside))
            .filter(|(_, value)| value.is_some())
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
              ingress[tcp 22 0.0.0.0/0]: (not known) -> allow
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
            expect![""],
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
        check("rtb-1", &events[..2], expect![""]);
        check("rtb-2", &events[1..], expect![""]);
        check("subnet-1", &events, expect![""]);
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
              rolePolicy.policyDocument: (not known) -> {}
              rolePolicy.policyName: (not known) -> p
            DetachRolePolicy: Change
              rolePolicy[arn:aws:iam::aws:policy/Admin]: present -> (none)
            DeleteRolePolicy: Change
              rolePolicy[p]: (none) -> (none)
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
              bucketPolicy.bucketPolicy.version: (not known) -> 1
            DeleteBucketPolicy: Change
              bucketPolicy: (not known) -> (none)
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
