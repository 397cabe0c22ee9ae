//! Statements in, text tables out, over small stores of generated records.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use futures::StreamExt;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;
use trailhound_query::LookupQuery;
use trailhound_query::search::Query;
use trailhound_record::batch::RecordRule;
use trailhound_record::{Event, RowBatch, Timestamp};
use trailhound_store::Store;

use crate::{Answer, EventDataStoreNames, Limits, QueryError, Snapshots, SqlEngine};

mod bounds;
mod columns;
mod functions;
mod properties;
mod tables;

const ID: &str = "0f1e2d3c-1111-2222-3333-444455556666";
const ARN: &str =
    "arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/0f1e2d3c-1111-2222-3333-444455556666";

struct TestStore {
    _folder: TempDir,
    snapshots: Snapshots,
}

impl TestStore {
    fn of(records: &[Value]) -> Self {
        let texts: Vec<_> = records.iter().map(Value::to_string).collect();
        Self::of_texts(&texts)
    }

    fn of_texts(records: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        for part in records.chunks(records.len().div_ceil(3).max(1)) {
            append(&store, part);
        }
        let store = Arc::new(store);
        Self { _folder: folder, snapshots: Arc::new(move || store.snapshot()) }
    }

    fn engine_with(&self, limits: Limits) -> SqlEngine {
        let names = EventDataStoreNames { id: ID.to_owned(), arn: ARN.to_owned() };
        SqlEngine::new(Arc::clone(&self.snapshots), names, limits).expect("starts")
    }

    fn engine(&self) -> SqlEngine {
        self.engine_with(Limits { threads: 2, ..Limits::default() })
    }
}

fn append(store: &Store, records: &[String]) {
    let mut batch = RowBatch::default();
    for text in records {
        batch.try_push(text.as_bytes(), 0, RecordRule::Listed).expect("a record");
    }
    store.writer().expect("free").append(&[Arc::new(batch)]).expect("appended");
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn run(engine: &SqlEngine, statement: &str) -> Result<Answer, QueryError> {
    block_on(engine.run(statement))
}

/// The answer as lines: the names of the columns, then the rows.
fn text_of(answer: &Answer) -> String {
    let mut lines = vec![answer.columns.join(" | ")];
    lines.extend(answer.page(0, usize::MAX).iter().map(|row| row.join(" | ")));
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// Three events of two people, and one of a service.
fn records() -> Vec<Value> {
    vec![
        json!({
            "eventVersion": "1.08", "eventTime": "2024-05-01T10:00:00Z", "eventID": "id-1",
            "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "us-east-1",
            "sourceIPAddress": "192.0.2.1", "userAgent": "cli", "readOnly": true,
            "recipientAccountId": "123456789012", "eventCategory": "Data", "managementEvent": false,
            "userIdentity": {
                "type": "AssumedRole", "principalId": "AROA:alice", "accessKeyId": "ASIA1",
                "arn": "arn:aws:sts::123456789012:assumed-role/r/alice", "accountId": "123456789012",
                "sessionContext": {
                    "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::123456789012:role/r"},
                    "attributes": {"creationDate": "2024-05-01T09:00:00Z", "mfaAuthenticated": "false"},
                    "webIdFederationData": {"federatedProvider": "example.com", "attributes": {"a": "b"}}
                },
                "onBehalfOf": {"userId": "u-1", "identityStoreArn": "arn:aws:identitystore::1:x"}
            },
            "requestParameters": {
                "bucketName": "b1", "key": "k\n1", "n": 7, "flag": true, "none": null,
                "nested": {"list": [1, "two", {"three": 3}], "a:b": "c"}
            },
            "resources": [
                {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b1/k"},
                {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b1", "accountId": "123456789012"}
            ],
            "tlsDetails": {"tlsVersion": "TLSv1.2", "cipherSuite": "X"},
            "sessionCredentialFromConsole": "true", "annotation": "late"
        }),
        json!({
            "eventVersion": "1.08", "eventTime": "2024-05-01T11:30:00Z", "eventID": "id-2",
            "eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "awsRegion": "us-east-1",
            "sourceIPAddress": "192.0.2.2", "readOnly": false, "errorCode": "AccessDenied",
            "errorMessage": "no", "recipientAccountId": "123456789012",
            "userIdentity": {"type": "IAMUser", "userName": "bob", "principalId": "AIDA2"},
            "requestParameters": {"userName": "carol"}, "sessionCredentialFromConsole": true
        }),
        json!({
            "eventVersion": "1.08", "eventTime": "2024-05-05T12:00:00Z", "eventID": "id-3",
            "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "awsRegion": "eu-west-1",
            "sourceIPAddress": "lambda.amazonaws.com", "readOnly": true,
            "recipientAccountId": "210987654321",
            "userIdentity": {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"},
            "requestParameters": "odd", "resources": "odd"
        }),
    ]
}

fn check(statement: &str, expect: Expect) {
    let store = TestStore::of(&records());
    let found = match run(&store.engine(), statement) {
        Ok(answer) => text_of(&answer),
        Err(error) => format!("error: {error}"),
    };
    expect.assert_eq(&found);
}
