//! Parameters as they were recorded, brought into botocore form.
//!
//! Driven by the service's model: of a record only its shape is guessed, never which member is meant.
//!
//! # Source
//! EC2 records of two shapes observed in public logs: camelCase members with lists as `{"items":[…]}`, and
//! one member `<Event>Request` with PascalCase members, whose lists are objects or arrays with `tag` and
//! `content`; S3 records observed in public logs.

use serde_json::{Map, Value, json};
use trailhound_model::{Operation, Reference, Service, Shape, Structure, Type};

/// Parameters in botocore form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Form {
    /// The members; a value that AWS took out keeps its mark, which [`is_hidden`] knows.
    pub value: Value,
    /// Paths of members that the model does not have: they are kept under their recorded names.
    pub unknown: Vec<String>,
    /// Whether a value was taken out by AWS.
    pub has_hidden: bool,
}

/// Brings `requestParameters` of a call of `operation` into botocore form.
pub fn input_form(operation: &Operation, recorded: &Value) -> Form {
    form(operation, operation.input(), recorded)
}

/// Brings `responseElements` of a call of `operation` into botocore form.
pub fn output_form(operation: &Operation, recorded: &Value) -> Form {
    form(operation, operation.output(), recorded)
}

/// Whether `text` stands for a value that AWS took out of the record.
pub fn is_hidden(text: &str) -> bool {
    matches!(text, "HIDDEN_DUE_TO_SECURITY_REASONS" | "<sensitiveDataRemoved>" | "***")
}

fn form(operation: &Operation, structure: Option<&Structure>, recorded: &Value) -> Form {
    let empty = Structure::default();
    let structure = structure.unwrap_or(&empty);
    let recorded = unwrapped(structure, recorded);
    let service = &operation.service;
    let is_s3 = service.id == "s3";
    let mut reader = Reader { service, is_ec2: service.id == "ec2", is_s3, form: Form::default() };
    let hoisted = (operation.name == "RunInstances").then(|| hoist(recorded));
    let recorded = hoisted.as_ref().unwrap_or(recorded);
    reader.form.value = match recorded.as_object() {
        Some(members) => reader.structure(structure, members, ""),
        None => json!({}),
    };
    reader.form
}

/// `{"CreateNatGatewayRequest": {…}}` is `{…}`.
fn unwrapped<'a>(structure: &Structure, recorded: &'a Value) -> &'a Value {
    let Some(members) = recorded.as_object().filter(|members| members.len() == 1) else {
        return recorded;
    };
    let wrapper = members.iter().find(|(name, value)| {
        let is_wrapper = ["Request", "Req", "Response"].iter().any(|end| name.ends_with(end));
        is_wrapper && value.is_object() && structure.member(name).is_none()
    });
    wrapper.map_or(recorded, |(_, value)| value)
}

/// `RunInstances` records some of its members inside `instancesSet`.
fn hoist(recorded: &Value) -> Value {
    let mut out = recorded.clone();
    let Some(members) = out.as_object_mut() else { return out };
    let is_request = |first: &Value| first.get("instanceId").is_none();
    let first = members.get("instancesSet").and_then(|set| set.pointer("/items/0")).cloned();
    if let Some(Value::Object(first)) = first.filter(is_request) {
        members.remove("instancesSet");
        for (name, value) in first {
            members.entry(name).or_insert(value);
        }
    }
    out
}

struct Reader<'a> {
    service: &'a Service,
    is_ec2: bool,
    is_s3: bool,
    form: Form,
}

/// Members that are no parameters: success, and what XML adds.
fn is_noise(name: &str, value: &Value) -> bool {
    matches!(name, "xmlns" | "xmlns:xsi" | "requestId" | "_return" | "return")
        || (name == "tag" && value.is_number())
}

impl Reader<'_> {
    fn structure(
        &mut self,
        structure: &Structure,
        members: &Map<String, Value>,
        path: &str,
    ) -> Value {
        let mut out = Map::new();
        for (recorded, value) in members {
            if is_noise(recorded, value)
                || (self.is_s3 && path.is_empty() && is_flag(recorded, value))
            {
                continue;
            }
            let at = if path.is_empty() { recorded.clone() } else { format!("{path}.{recorded}") };
            let member = irregular(self.is_ec2, self.is_s3, structure, recorded)
                .or_else(|| structure.member(recorded));
            let Some(member) = member else {
                self.form.unknown.push(at);
                out.insert(recorded.clone(), value.clone());
                continue;
            };
            if let Some(value) = self.value(&member.reference, &member.name, value, &at) {
                out.insert(member.name.clone(), value);
            }
        }
        Value::Object(out)
    }

    /// The value in botocore form; nothing when it is not given.
    fn value(
        &mut self,
        reference: &Reference,
        name: &str,
        recorded: &Value,
        path: &str,
    ) -> Option<Value> {
        if recorded.is_null() {
            return None;
        }
        if recorded.as_str().is_some_and(is_hidden) {
            self.form.has_hidden = true;
            return Some(recorded.clone());
        }
        let service = self.service;
        let Type::Shape(id) = reference.of else {
            return self.scalar(reference.of, name, recorded, path);
        };
        let is_empty = match recorded {
            Value::String(text) => text.is_empty(),
            Value::Object(members) => members.is_empty() && self.is_ec2,
            _ => false,
        };
        if is_empty {
            return None;
        }
        match (service.shape(id)?, recorded) {
            (Shape::Structure(structure), Value::Object(members)) => {
                Some(self.structure(structure, members, path))
            }
            (Shape::Structure(structure), Value::Array(values)) => match values.as_slice() {
                [Value::Object(members)] => Some(self.structure(structure, members, path)),
                _ => self.odd(recorded, path),
            },
            (Shape::Structure(structure), scalar) => match structure.members.as_slice() {
                // `{"value": x}` around an attribute was left out.
                [only] if only.name == "Value" => {
                    let value = self.value(&only.reference, name, scalar, path)?;
                    Some(json!({ "Value": value }))
                }
                _ => self.odd(recorded, path),
            },
            (Shape::List { element, .. }, _) => {
                let elements = elements(element, recorded);
                let values = elements.into_iter();
                let is_scalar = !matches!(element.of, Type::Shape(_));
                let values = values.map(|value| match value.as_object().filter(|_| is_scalar) {
                    // `{"instanceId": "i-1"}` where ids are wanted.
                    Some(members) => only_part(members, &[]).unwrap_or(value),
                    None => value,
                });
                let values = values.filter_map(|value| self.value(element, name, value, path));
                Some(Value::Array(values.collect()))
            }
            (Shape::Map { value: of, .. }, Value::Object(entries)) => {
                let mut out = Map::new();
                for (key, value) in entries {
                    if let Some(value) = self.value(of, key, value, path) {
                        out.insert(key.clone(), value);
                    }
                }
                Some(Value::Object(out))
            }
            (Shape::Map { .. }, _) => self.odd(recorded, path),
        }
    }

    /// Kept as it is, and counted.
    fn odd(&mut self, recorded: &Value, path: &str) -> Option<Value> {
        self.form.unknown.push(path.to_owned());
        Some(recorded.clone())
    }

    fn scalar(&mut self, of: Type, name: &str, recorded: &Value, path: &str) -> Option<Value> {
        if let Value::Object(members) = recorded {
            return match only_part(members, &["content", "value"]) {
                Some(inner) => self.value(&scalar_reference(of), name, inner, path),
                None if members.is_empty() => None,
                // A policy that was recorded as what its text says.
                None if of == Type::String => Some(Value::String(recorded.to_string())),
                None => self.odd(recorded, path),
            };
        }
        Some(match (of, recorded) {
            (Type::String, Value::Number(number)) => {
                Value::String(digits(name, &number.to_string()))
            }
            (Type::String, Value::Bool(truth)) => Value::String(truth.to_string()),
            (Type::Integer, Value::String(text)) => match text.parse::<i64>() {
                Ok(number) => json!(number),
                Err(_) if text.is_empty() => return None,
                Err(_) => recorded.clone(),
            },
            (Type::Boolean, Value::String(text)) => match text.as_str() {
                "true" | "True" => json!(true),
                "false" | "False" => json!(false),
                _ => recorded.clone(),
            },
            (Type::Timestamp, Value::Number(number)) => {
                number.as_i64().and_then(time).map_or_else(|| recorded.clone(), Value::String)
            }
            _ => recorded.clone(),
        })
    }
}

/// A time that was recorded as milliseconds or seconds, as text.
fn time(number: i64) -> Option<String> {
    const MILLIS: i64 = 100_000_000_000;
    let seconds = if number.abs() < MILLIS { number } else { number.div_euclid(1000) };
    trailhound_record::Timestamp::from_seconds(seconds).canonical_text()
}

/// The only member but noise, when it is a scalar and is called one of `names`, or anything.
fn only_part<'a>(members: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    let mut parts = members.iter().filter(|(name, value)| !is_noise(name, value));
    let (name, value) = parts.next().filter(|_| parts.next().is_none())?;
    let is_named = names.is_empty() || names.contains(&name.as_str());
    (is_named && !value.is_object() && !value.is_array()).then_some(value)
}

fn scalar_reference(of: Type) -> Reference {
    Reference {
        of,
        wire_name: None,
        query_name: None,
        location: None,
        is_flat: false,
        is_attribute: false,
        namespace: None,
        namespace_prefix: None,
    }
}

/// S3 records the query's flags beside the parameters: `"policy": ""`.
fn is_flag(name: &str, value: &Value) -> bool {
    let is_empty = |value: &Value| value.as_str().is_some_and(str::is_empty);
    name == "Host" || is_empty(value) || value.as_array().is_some_and(|it| it.iter().all(is_empty))
}

/// Names that no rule leads to their member.
fn irregular<'a>(
    is_ec2: bool,
    is_s3: bool,
    structure: &'a Structure,
    recorded: &str,
) -> Option<&'a trailhound_model::Member> {
    let names: &[&str] = match recorded {
        "instancesSet" if is_ec2 => &["InstanceIds"],
        "groupSet" if is_ec2 => &["Groups", "SecurityGroupIds"],
        "aclProtocol" if is_ec2 => &["Protocol"],
        "bucketName" if is_s3 => &["Bucket"],
        "bucketPolicy" if is_s3 => &["Policy"],
        _ => return None,
    };
    // An answer has the very name on the wire.
    let is_exact = structure.members.iter().any(|it| it.wire_name() == recorded);
    let by_name = |name: &&str| structure.members.iter().find(|member| member.name == **name);
    names.iter().find_map(by_name).filter(|_| !is_exact)
}

/// The elements of a list, whatever is around them.
fn elements<'a>(element: &Reference, recorded: &'a Value) -> Vec<&'a Value> {
    match recorded {
        Value::Array(values) => values.iter().collect(),
        Value::Object(members) => {
            let wire = element.wire_name.as_deref();
            let is_around = |name: &str| {
                matches!(name, "items" | "item" | "member" | "entry") || Some(name) == wire
            };
            let is_list = !members.is_empty()
                && members.iter().all(|(name, value)| is_noise(name, value) || is_around(name))
                // A scalar in an object of its own, `{"instanceId": "i-1"}`, is one element.
                && (wire.is_none_or(|wire| !members.contains_key(wire))
                    || members.values().any(|value| value.is_array() || value.is_object()));
            if !is_list {
                return vec![recorded];
            }
            let inner = members.iter().filter(|(name, _)| is_around(name));
            inner.flat_map(|(_, value)| elements(element, value)).collect()
        }
        other => vec![other],
    }
}

/// Account ids that were recorded as numbers lost their leading zeros.
fn digits(name: &str, number: &str) -> String {
    let is_account = ["OwnerId", "AccountId", "UserId", "Account", "PrincipalId", "RequesterId"]
        .iter()
        .any(|end| name.ends_with(end));
    let is_whole = number.bytes().all(|byte| byte.is_ascii_digit());
    if is_account && is_whole { format!("{number:0>12}") } else { number.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use trailhound_model::operation;

    #[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
    fn check(event: &str, recorded: &str, expect: Expect) {
        let (service, name) = event.split_once(':').unwrap();
        let (name, is_output) = match name.strip_suffix(" answer") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let operation = operation(service, name).unwrap();
        let recorded = serde_json::from_str(recorded).unwrap();
        let form = if is_output {
            output_form(operation, &recorded)
        } else {
            input_form(operation, &recorded)
        };
        let mut text = form.value.to_string();
        if !form.unknown.is_empty() {
            text += &format!("\nunknown: {}", form.unknown.join(", "));
        }
        if form.has_hidden {
            text += "\nhidden";
        }
        expect.assert_eq(&text);
    }

    #[test]
    fn both_shapes_of_ec2_become_one() {
        check(
            "ec2:AuthorizeSecurityGroupIngress",
            r#"{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,
                "groups":{},"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}"#,
            expect![[
                r#"{"GroupId":"sg-1","IpPermissions":[{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]}"#
            ]],
        );
        check(
            "ec2:CreateNatGateway",
            r#"{"CreateNatGatewayRequest":{"SubnetId":"subnet-1","AllocationId":"eipalloc-1",
                "TagSpecification":{"tag":1,"ResourceType":"natgateway","Tag":{"tag":1,"Key":"a","Value":true}}}}"#,
            expect![[
                r#"{"SubnetId":"subnet-1","AllocationId":"eipalloc-1","TagSpecifications":[{"ResourceType":"natgateway","Tags":[{"Key":"a","Value":"true"}]}]}"#
            ]],
        );
        check(
            "ec2:DeleteVpcEndpoints",
            r#"{"DeleteVpcEndpointsRequest":{"VpcEndpointId":{"tag":1,"content":"vpce-1"}}}"#,
            expect![[r#"{"VpcEndpointIds":["vpce-1"]}"#]],
        );
        check(
            "ec2:DeleteVpcEndpoints",
            r#"{"DeleteVpcEndpointsRequest":{"VpcEndpointId":[{"tag":1,"content":"vpce-1"},{"tag":2,"content":"vpce-2"}]}}"#,
            expect![[r#"{"VpcEndpointIds":["vpce-1","vpce-2"]}"#]],
        );
        check(
            "ec2:CreateNatGateway answer",
            r#"{"CreateNatGatewayResponse":{"xmlns":"http://ec2","requestId":"r","natGateway":{"natGatewayId":"nat-1",
                "natGatewayAddressSet":{"item":{"allocationId":"eipalloc-1"}},"tagSet":""}}}"#,
            expect![[
                r#"{"NatGateway":{"NatGatewayId":"nat-1","NatGatewayAddresses":[{"AllocationId":"eipalloc-1"}]}}"#
            ]],
        );
        check(
            "ec2:ModifySecurityGroupRules",
            r#"{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-1","SecurityGroupRule":{"SecurityGroupRuleId":"sgr-1",
                "tag":1,"SecurityGroupRule":{"IpProtocol":"tcp","FromPort":1,"ToPort":2,"CidrIpv4":"10.0.0.0/8"}}}}"#,
            expect![[
                r#"{"GroupId":"sg-1","SecurityGroupRules":[{"SecurityGroupRuleId":"sgr-1","SecurityGroupRule":{"IpProtocol":"tcp","FromPort":1,"ToPort":2,"CidrIpv4":"10.0.0.0/8"}}]}"#
            ]],
        );
        check(
            "ec2:DeleteTransitGatewayVpcAttachment",
            r#"{"DelTGwVpcAttachReq":{"TransitGatewayAttachmentId":"tgw-attach-1"}}"#,
            expect![[r#"{"TransitGatewayAttachmentId":"tgw-attach-1"}"#]],
        );
    }

    #[test]
    fn irregular_names_lead_to_their_members() {
        check(
            "ec2:RunInstances",
            r#"{"instancesSet":{"items":[{"imageId":"ami-1","minCount":1,"maxCount":2}]},"groupSet":{"items":[{"groupId":"sg-1"}]},
                "subnetId":"subnet-1","networkInterfaceSet":{"items":[{"deviceIndex":0,"groupSet":{"items":[{"groupId":"sg-2"}]}}]}}"#,
            expect![[
                r#"{"NetworkInterfaces":[{"DeviceIndex":0,"Groups":["sg-2"]}],"SecurityGroupIds":["sg-1"],"SubnetId":"subnet-1","ImageId":"ami-1","MinCount":1,"MaxCount":2}"#
            ]],
        );
        check(
            "ec2:StopInstances",
            r#"{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]},"force":false}"#,
            expect![[r#"{"InstanceIds":["i-1","i-2"],"Force":false}"#]],
        );
        check(
            "ec2:CreateNetworkAclEntry",
            r#"{"networkAclId":"acl-1","ruleNumber":100,"egress":false,"ruleAction":"allow","aclProtocol":"6",
                "cidrBlock":"0.0.0.0/0","portRange":{"from":1,"to":2},"icmpTypeCode":{}}"#,
            expect![[
                r#"{"NetworkAclId":"acl-1","RuleNumber":100,"Egress":false,"RuleAction":"allow","Protocol":"6","CidrBlock":"0.0.0.0/0","PortRange":{"From":1,"To":2}}"#
            ]],
        );
        check(
            "ec2:ModifyNetworkInterfaceAttribute",
            r#"{"networkInterfaceId":"eni-1","groupSet":{"items":[{"groupId":"sg-1"}]}}"#,
            expect![[r#"{"NetworkInterfaceId":"eni-1","Groups":["sg-1"]}"#]],
        );
        check(
            "ec2:ModifyInstanceAttribute",
            r#"{"instanceId":"i-1","sourceDestCheck":false}"#,
            expect![[r#"{"InstanceId":"i-1","SourceDestCheck":{"Value":false}}"#]],
        );
        check(
            "ec2:CreateTags",
            r#"{"resourcesSet":{"items":[{"resourceId":"vpc-1"}]},"tagSet":{"items":[{"key":"a","value":"b"}]}}"#,
            expect![[r#"{"Resources":["vpc-1"],"Tags":[{"Key":"a","Value":"b"}]}"#]],
        );
        check(
            "ec2:CreateDhcpOptions",
            r#"{"dhcpConfigurationSet":{"items":[{"key":"domain-name-servers","valueSet":{"items":[{"value":"10.0.0.2"}]}}]}}"#,
            expect![[
                r#"{"DhcpConfigurations":[{"Key":"domain-name-servers","Values":["10.0.0.2"]}]}"#
            ]],
        );
    }

    #[test]
    fn numbers_are_texts_again() {
        check(
            "ec2:CreateVpcPeeringConnection",
            r#"{"vpcId":"vpc-1","peerOwnerId":1234567890}"#,
            expect![[r#"{"VpcId":"vpc-1","PeerOwnerId":"001234567890"}"#]],
        );
        check(
            "ec2:DeleteVpc",
            r#"{"vpcId":"vpc-1","extra":{"a":1}}"#,
            expect![[r#"
            {"VpcId":"vpc-1","extra":{"a":1}}
            unknown: extra"#]],
        );
    }

    #[test]
    fn other_services_speak_their_own_way() {
        check(
            "lambda:UpdateFunctionConfiguration20150331v2",
            r#"{"functionName":"f","timeout":3,
            "environment":"HIDDEN_DUE_TO_SECURITY_REASONS","vpcConfig":{"subnetIds":["subnet-1"]}}"#,
            expect![[r#"
                {"FunctionName":"f","Timeout":3,"Environment":"HIDDEN_DUE_TO_SECURITY_REASONS","VpcConfig":{"SubnetIds":["subnet-1"]}}
                hidden"#]],
        );
        check(
            "s3:PutBucketPolicy",
            r#"{"bucketName":"b","Host":"h","policy":"","bucketPolicy":{"Version":"2012-10-17"}}"#,
            expect![[r#"{"Bucket":"b","Policy":"{\"Version\":\"2012-10-17\"}"}"#]],
        );
        check(
            "s3:PutBucketAcl",
            r#"{"bucketName":"b","acl":"","AccessControlPolicy":{"AccessControlList":{"Grant":
            {"Grantee":{"xsi:type":"CanonicalUser","ID":"1"},"Permission":"READ"}}}}"#,
            expect![[
                r#"{"Bucket":"b","AccessControlPolicy":{"Grants":[{"Grantee":{"Type":"CanonicalUser","ID":"1"},"Permission":"READ"}]}}"#
            ]],
        );
        check(
            "rds:ModifyDBInstance",
            r#"{"dBInstanceIdentifier":"db","vpcSecurityGroupIds":["sg-1"]}"#,
            expect![[r#"{"DBInstanceIdentifier":"db","VpcSecurityGroupIds":["sg-1"]}"#]],
        );
        check(
            "route53:ChangeResourceRecordSets",
            r#"{"hostedZoneId":"Z","changeBatch":{"changes":[{"action":"UPSERT",
            "resourceRecordSet":{"name":"a","type":"A","tTL":60,"resourceRecords":[{"value":"192.0.2.1"}]}}]}}"#,
            expect![[
                r#"{"HostedZoneId":"Z","ChangeBatch":{"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"a","Type":"A","TTL":60,"ResourceRecords":[{"Value":"192.0.2.1"}]}}]}}"#
            ]],
        );
    }
}
