//! Chains of every kind, in any order of arrival; names that were forged.

use std::sync::Arc;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use trailhound_record::RowBatch;
use trailhound_record::batch::RecordRule;
use trailhound_store::{Snapshot, Store};

use crate::{Actor, Attribution, Strength, Subject, Tracer, Who};

mod chains;
mod column;
mod forged;
mod properties;
mod workloads;

const ACCOUNT: &str = "111122223333";

/// A store that received `shares` one after the other.
struct Stored {
    _folder: tempfile::TempDir,
    snapshot: Arc<Snapshot>,
}

impl Stored {
    fn new(shares: &[Vec<Value>]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for share in shares.iter().filter(|share| !share.is_empty()) {
            let mut batch = RowBatch::default();
            for record in share {
                batch.try_push(record.to_string().as_bytes(), 0, RecordRule::Stored).unwrap();
            }
            store.writer().unwrap().append(&[Arc::new(batch)]).unwrap();
        }
        let snapshot = store.snapshot().unwrap();
        Self { _folder: folder, snapshot }
    }

    fn who(&self, subject: &str) -> Vec<Who> {
        Tracer::new(Arc::clone(&self.snapshot)).who(&Subject::of(subject)).0
    }
}

fn at(second: i64) -> String {
    trailhound_record::Timestamp::from_seconds(1_767_225_600 + second).to_string()
}

fn event(id: &str, second: i64, source: &str, name: &str, identity: Value) -> Value {
    json!({
        "eventVersion": "1.11", "userIdentity": identity, "eventTime": at(second),
        "eventSource": format!("{source}.amazonaws.com"), "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.1", "userAgent": "aws-cli/2", "requestParameters": null,
        "responseElements": null, "eventID": id, "readOnly": false, "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT
    })
}

fn user(name: &str) -> Value {
    json!({"type": "IAMUser", "principalId": "AIDAEXAMPLEEXAMPLE000",
        "arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "accountId": ACCOUNT,
        "accessKeyId": "AKIAEXAMPLEEXAMPLE00", "userName": name})
}

fn service(name: &str) -> Value {
    json!({"type": "AWSService", "invokedBy": format!("{name}.amazonaws.com")})
}

fn session(role: &str, name: &str, key: &str, second: i64) -> Value {
    json!({"type": "AssumedRole", "principalId": format!("AROAEXAMPLEEXAMPLE000:{name}"),
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"), "accountId": ACCOUNT,
        "accessKeyId": key, "sessionContext": {
            "sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLEEXAMPLE000",
                "arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "accountId": ACCOUNT,
                "userName": role},
            "attributes": {"creationDate": at(second), "mfaAuthenticated": "false"}}})
}

/// A call that gives `caller` a session `name` of `role`.
fn assume(id: &str, second: i64, caller: Value, role: &str, name: &str, key: &str) -> Value {
    let mut event = event(id, second, "sts", "AssumeRole", caller);
    event["requestParameters"] = json!({
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "roleSessionName": name});
    event["responseElements"] = json!({
        "credentials": {"accessKeyId": key, "expiration": at(second + 3600)},
        "assumedRoleUser": {"assumedRoleId": format!("AROAEXAMPLEEXAMPLE000:{name}"),
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}")}});
    event["readOnly"] = json!(true);
    event
}

const KEY_1: &str = "ASIAEXAMPLEEXAMPLE01";
const KEY_2: &str = "ASIAEXAMPLEEXAMPLE02";

fn lines(found: &Attribution, indent: &str, out: &mut Vec<String>) {
    let weak = if found.strength == Strength::Weak { "weak" } else { "strong" };
    out.push(format!("{indent}{} [{weak}]", found.actor));
    for link in &found.links {
        let ids: Vec<_> =
            link.evidence.iter().map(|it| it.event_id.as_deref().unwrap_or("-")).collect();
        out.push(format!(
            "{indent}  {:?} {:?} <- {} ({})",
            link.strength,
            link.how,
            link.to,
            ids.join(" ")
        ));
    }
    out.extend(found.notes.iter().map(|note| format!("{indent}  note: {note}")));
    if let Some(behind) = &found.behind {
        lines(behind, &format!("{indent}  "), out);
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
fn check(records: Vec<Value>, subject: &str, expect: Expect) {
    let mut out = Vec::new();
    for who in Stored::new(&[records]).who(subject) {
        lines(&who.attribution, "", &mut out);
    }
    expect.assert_eq(&out.join("\n"));
}
