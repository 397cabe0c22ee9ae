//! The audit record of a call that an undo made, in CloudTrail's shape.
//!
//! AWS delivers a record of its own later: two records of one call, with two event ids. Ours has
//! `additionalEventData.trailhound`, by which it can be told apart. Replaying both is replaying one: the
//! second sets what is set.
//!
//! What only AWS knows is left out: the address that it saw, the request's id, the principal's id.

use serde_json::{Map, Value, json};
use trailhound_model::{Operation, Service, Shape, Structure, Type, operation};
use trailhound_record::Timestamp;

use crate::caller::{ApiCall, CallFailure, HIDDEN, Identity, is_secret};

/// What a record is about.
pub(super) struct Made<'a> {
    pub(super) call: &'a ApiCall<'a>,
    pub(super) answer: &'a Result<Value, CallFailure>,
    pub(super) identity: &'a Identity,
    /// When the answer came.
    pub(super) at: Timestamp,
    /// The record's own event id.
    pub(super) event_id: &'a str,
    /// The event that the call takes back.
    pub(super) undoes: &'a str,
    pub(super) step: usize,
}

/// Writes the record.
///
/// # Source
/// CloudTrail user guide, "record contents", eventVersion 1.11; names of events and members observed in
/// public logs.
pub(super) fn record(made: &Made<'_>) -> Value {
    let ApiCall { service, operation: name, region, input, user_agent } = made.call;
    let known = operation(service, name);
    let answer = made.answer.as_ref().ok();
    let seconds = Timestamp::from_seconds(made.at.seconds());
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": user_identity(made.identity),
        "eventTime": seconds.to_string(),
        "eventSource": event_source(service, known),
        "eventName": event_name(service, name),
        "awsRegion": region,
        "userAgent": user_agent,
        "requestParameters": known.map_or_else(|| (*input).clone(), |it| recorded(it, it.input(), input)),
        "responseElements": Value::Null,
        "additionalEventData": {"trailhound": {
            "undoes": made.undoes,
            "step": made.step,
            "recordedBy": crate::caller::USER_AGENT,
        }},
        "eventID": made.event_id,
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": made.identity.account_id,
        "eventCategory": "Management",
    });
    let Some(members) = record.as_object_mut() else { return record };
    if let Some(endpoint) = &made.identity.endpoint_url
        && let Some(ours) = members
            .get_mut("additionalEventData")
            .and_then(|it| it.get_mut("trailhound"))
            .and_then(Value::as_object_mut)
    {
        // What was done there was not done in AWS: whoever reads it later must see that.
        ours.insert("endpointUrl".to_owned(), json!(endpoint));
    }
    let answer = answer.filter(|answer| answer.as_object().is_some_and(|it| !it.is_empty()));
    if let (Some(answer), Some(known)) = (answer, known) {
        members.insert("responseElements".to_owned(), recorded(known, known.output(), answer));
    }
    let error = match made.answer {
        Ok(_) => None,
        Err(CallFailure::Refused { code, message }) => Some((code.as_str(), message.as_str())),
        Err(CallFailure::NotSent { reason }) => Some(("Trailhound.NotSent", reason.as_str())),
        // It may have been carried out: AWS's own record will tell.
        Err(CallFailure::NoAnswer { reason }) => Some(("Trailhound.NoAnswer", reason.as_str())),
    };
    if let Some((code, message)) = error {
        members.insert("errorCode".to_owned(), json!(code));
        members.insert("errorMessage".to_owned(), json!(message));
    }
    record
}

/// Who called, as far as the ARN tells it.
fn user_identity(identity: &Identity) -> Value {
    let Identity { account_id, arn, access_key_id, .. } = identity;
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    let last = rest.rsplit('/').next().unwrap_or(rest);
    let mut out = Map::new();
    let kind = match kind {
        "user" => "IAMUser",
        "assumed-role" => "AssumedRole",
        "federated-user" => "FederatedUser",
        "root" => "Root",
        _ => "Unknown",
    };
    out.insert("type".to_owned(), json!(kind));
    out.insert("arn".to_owned(), json!(arn));
    out.insert("accountId".to_owned(), json!(account_id));
    if let Some(key) = access_key_id {
        out.insert("accessKeyId".to_owned(), json!(key));
    }
    match kind {
        "IAMUser" => {
            out.insert("userName".to_owned(), json!(last));
        }
        "AssumedRole" => {
            // The role's own ARN may have a path, which the session's does not tell.
            let role = rest.split('/').next().unwrap_or_default();
            let issuer = json!({"type": "Role", "accountId": account_id, "userName": role});
            out.insert("sessionContext".to_owned(), json!({ "sessionIssuer": issuer }));
        }
        _ => {}
    }
    Value::Object(out)
}

fn event_source(service: &str, known: Option<&Operation>) -> String {
    let name = match service {
        "ecr" => "ecr",
        _ => known.map_or(service, |it| it.service.endpoint_prefix.as_str()),
    };
    format!("{name}.amazonaws.com")
}

/// The name that CloudTrail has for an operation.
///
/// # Source
/// Names observed in public logs.
fn event_name(service: &str, operation: &str) -> String {
    const RECORDED_AS: &[(&str, &str, &str)] = &[
        ("s3", "PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
        ("s3", "DeletePublicAccessBlock", "DeleteBucketPublicAccessBlock"),
        ("s3", "PutBucketLifecycleConfiguration", "PutBucketLifecycle"),
        ("s3", "PutBucketNotificationConfiguration", "PutBucketNotification"),
        ("lambda", "AddPermission", "AddPermission20150331v2"),
        ("lambda", "CreateEventSourceMapping", "CreateEventSourceMapping20150331"),
        ("lambda", "DeleteFunctionConcurrency", "DeleteFunctionConcurrency20171031"),
        ("lambda", "PutFunctionConcurrency", "PutFunctionConcurrency20171031"),
        ("lambda", "RemovePermission", "RemovePermission20150331v2"),
        ("lambda", "UpdateAlias", "UpdateAlias20150331"),
        ("lambda", "UpdateEventSourceMapping", "UpdateEventSourceMapping20150331"),
        ("lambda", "UpdateFunctionCode", "UpdateFunctionCode20150331v2"),
        ("lambda", "UpdateFunctionConfiguration", "UpdateFunctionConfiguration20150331v2"),
    ];
    let found = RECORDED_AS.iter().find(|(of, name, _)| *of == service && *name == operation);
    found.map_or(operation, |(_, _, recorded)| recorded).to_owned()
}

/// Parameters as records have them: members begin in lower case, and secrets are taken out.
fn recorded(operation: &Operation, structure: Option<&Structure>, value: &Value) -> Value {
    let service = &operation.service;
    let mut out = match structure {
        Some(structure) => of_structure(service, structure, value),
        None => value.clone(),
    };
    let is_value = service.id == "ssm" && operation.name == "PutParameter";
    if let Some(members) = out.as_object_mut() {
        if is_value && members.contains_key("value") {
            members.insert("value".to_owned(), json!(HIDDEN));
        }
        let policy = members.get("policy").and_then(Value::as_str);
        if service.id == "s3"
            && let Some(policy) = policy
        {
            let policy = serde_json::from_str(policy).unwrap_or_else(|_| json!(policy));
            members.insert("bucketPolicy".to_owned(), policy);
            members.shift_remove("policy");
        }
    }
    out
}

fn of_structure(service: &Service, structure: &Structure, value: &Value) -> Value {
    let Some(members) = value.as_object() else { return value.clone() };
    let written = members.iter().map(|(name, value)| {
        let member = structure.members.iter().find(|member| member.name == *name);
        let value = match member {
            _ if is_secret(name) => json!(HIDDEN),
            Some(member) => of_type(service, member.reference.of, value),
            None => value.clone(),
        };
        (lower(service, name), value)
    });
    Value::Object(written.collect())
}

fn of_type(service: &Service, of: Type, value: &Value) -> Value {
    let Type::Shape(id) = of else { return value.clone() };
    match (service.shape(id), value) {
        (Some(Shape::Structure(structure)), _) => of_structure(service, structure, value),
        (Some(Shape::List { element, .. }), Value::Array(values)) => {
            values.iter().map(|value| of_type(service, element.of, value)).collect()
        }
        (Some(Shape::Map { value: of, .. }), Value::Object(entries)) => {
            // What is called so is said by users: it stays.
            let written =
                entries.iter().map(|(name, value)| (name.clone(), of_type(service, of.of, value)));
            Value::Object(written.collect())
        }
        _ => value.clone(),
    }
}

/// A member's name as records have it; S3 keeps those of its XML.
fn lower(service: &Service, name: &str) -> String {
    if service.id == "s3" {
        return match name {
            "Bucket" => "bucketName".to_owned(),
            "Policy" => "policy".to_owned(),
            name => name.to_owned(),
        };
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
    fn check(call: &str, input: Value, answer: Result<Value, CallFailure>, expect: Expect) {
        let (service, operation) = call.split_once(':').unwrap();
        let arn = "arn:aws:sts::123456789012:assumed-role/Admin/alice".to_owned();
        let made = Made {
            call: &ApiCall {
                service,
                operation,
                region: "eu-west-1",
                input: &input,
                user_agent: "trailhound/1 undo of e1",
            },
            answer: &answer,
            identity: &Identity {
                account_id: "123456789012".to_owned(),
                arn,
                access_key_id: None,
                endpoint_url: None,
            },
            at: Timestamp(1_700_000_000_700_000),
            event_id: "00000000-0000-4000-8000-000000000000",
            undoes: "e1",
            step: 1,
        };
        let record = record(&made);
        let part = |name: &str| record.get(name).cloned().unwrap_or_default();
        let told = json!([
            part("eventTime"),
            part("eventSource"),
            part("eventName"),
            part("userIdentity"),
            part("requestParameters"),
            part("responseElements"),
            part("errorCode"),
        ]);
        expect.assert_eq(&told.to_string());
        let raw = serde_json::to_vec(&record).unwrap();
        assert_eq!(
            trailhound_record::Event::parse(raw, 0).unwrap().event_id.as_deref(),
            Some(made.event_id)
        );
    }

    #[test]
    fn a_call_is_written_as_it_would_be_recorded() {
        check(
            "ec2:CreateRoute",
            json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0"}),
            Ok(json!({"Return": true})),
            expect![[
                r#"["2023-11-14T22:13:20Z","ec2.amazonaws.com","CreateRoute",{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/Admin/alice","accountId":"123456789012","sessionContext":{"sessionIssuer":{"type":"Role","accountId":"123456789012","userName":"Admin"}}},{"routeTableId":"rtb-1","destinationCidrBlock":"0.0.0.0/0"},{"return":true},null]"#
            ]],
        );
        check(
            "lambda:UpdateFunctionConfiguration",
            json!({"FunctionName": "f", "Environment": {"Variables": {"A": "secret"}}}),
            Err(CallFailure::Refused { code: "AccessDenied".to_owned(), message: String::new() }),
            expect![[
                r#"["2023-11-14T22:13:20Z","lambda.amazonaws.com","UpdateFunctionConfiguration20150331v2",{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/Admin/alice","accountId":"123456789012","sessionContext":{"sessionIssuer":{"type":"Role","accountId":"123456789012","userName":"Admin"}}},{"functionName":"f","environment":"HIDDEN_DUE_TO_SECURITY_REASONS"},null,"AccessDenied"]"#
            ]],
        );
        check(
            "s3:PutPublicAccessBlock",
            json!({"Bucket": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}),
            Ok(json!({})),
            expect![[
                r#"["2023-11-14T22:13:20Z","s3.amazonaws.com","PutBucketPublicAccessBlock",{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/Admin/alice","accountId":"123456789012","sessionContext":{"sessionIssuer":{"type":"Role","accountId":"123456789012","userName":"Admin"}}},{"bucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":true}},null,null]"#
            ]],
        );
    }

    #[test]
    fn a_secret_is_in_no_record() {
        check(
            "ssm:PutParameter",
            json!({"Name": "n", "Value": "secret", "Overwrite": true}),
            Err(CallFailure::NoAnswer { reason: "timeout".to_owned() }),
            expect![[
                r#"["2023-11-14T22:13:20Z","ssm.amazonaws.com","PutParameter",{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/Admin/alice","accountId":"123456789012","sessionContext":{"sessionIssuer":{"type":"Role","accountId":"123456789012","userName":"Admin"}}},{"name":"n","value":"HIDDEN_DUE_TO_SECURITY_REASONS","overwrite":true},null,"Trailhound.NoAnswer"]"#
            ]],
        );
    }
}
