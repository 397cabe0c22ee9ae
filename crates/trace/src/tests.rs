//! Chains of every kind, in any order of arrival; names that were forged.

use std::sync::Arc;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};
use trailhound_record::RowBatch;
use trailhound_record::batch::RecordRule;
use trailhound_store::{Snapshot, Store};

use crate::{Actor, Attribution, Strength, Subject, Tracer, Who};

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

#[test]
fn a_chain_of_roles_ends_at_the_user() {
    check(
        vec![
            assume("a1", 0, user("alice"), "Jump", "alice", KEY_1),
            assume("a2", 60, session("Jump", "alice", KEY_1, 0), "Admin", "x", KEY_2),
            event("c", 90, "ec2", "ReplaceRoute", session("Admin", "x", KEY_2, 60)),
        ],
        "c",
        expect![[r#"
            IAM user arn:aws:iam::111122223333:user/alice [strong]
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/Jump/alice (a2)
              Strong AccessKey <- arn:aws:iam::111122223333:user/alice (a1)"#]],
    );
}

#[test]
fn a_forged_name_is_weak_and_says_so() {
    // Mallory calls her session `bob`; the key of the session that acted was never seen being issued.
    check(
        vec![
            assume("a", 0, user("mallory"), "Admin", "bob", KEY_1),
            event(
                "c",
                90,
                "ec2",
                "ReplaceRoute",
                session("Admin", "bob", "AKIA****************", 0),
            ),
            event("d", 95, "ec2", "ReplaceRoute", session("Admin", "bob", KEY_2, 0)),
        ],
        "c",
        expect![[r#"
            IAM user arn:aws:iam::111122223333:user/mallory [weak]
              Weak SessionName <- arn:aws:iam::111122223333:user/mallory (a)"#]],
    );
    check(
        vec![
            assume("a", 0, user("mallory"), "Admin", "bob", KEY_1),
            event("d", 95, "ec2", "ReplaceRoute", session("Admin", "bob", KEY_2, 0)),
        ],
        "d",
        expect![
            "unknown: the event that issued the session `bob` of arn:aws:iam::111122223333:role/Admin is not in the store (account 111122223333, about 2026-01-01T00:00:00Z; its events are in segments from 2026-01-01T00:00:00Z to 2026-01-01T00:01:35Z) [weak]"
        ],
    );
}

#[test]
fn a_failed_sign_in_is_nobodys() {
    let mut login = event(
        "l",
        0,
        "signin",
        "ConsoleLogin",
        json!({"type": "IAMUser", "userName": "alice", "accountId": ACCOUNT}),
    );
    login["eventType"] = json!("AwsConsoleSignIn");
    login["errorMessage"] = json!("Failed authentication");
    login["responseElements"] = json!({"ConsoleLogin": "Failure"});
    check(
        vec![login],
        "l",
        expect![
            "unknown: the sign-in failed: somebody tried as IAMUser alice of account 111122223333 [weak]"
        ],
    );
}

#[test]
fn a_tag_that_names_an_instance_launched_nothing() {
    let instance = "i-0123456789abcdef0";
    let mut launch = event("run", 0, "ec2", "RunInstances", user("alice"));
    launch["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
    let mut other = event("other", 5, "ec2", "RunInstances", user("mallory"));
    other["requestParameters"] =
        json!({"tagSpecificationSet": {"items": [{"tags": [{"key": "peer", "value": instance}]}]}});
    other["responseElements"] =
        json!({"instancesSet": {"items": [{"instanceId": "i-0aaaaaaaaaaaaaaa0"}]}});
    let mut used = session("Web", instance, KEY_1, 60);
    used["sessionContext"]["ec2RoleDelivery"] = json!("2.0");
    check(
        vec![launch, other, event("c", 90, "s3", "PutBucketPolicy", used)],
        "c",
        expect![[r#"
        instance i-0123456789abcdef0 [strong]
          Strong InstanceRole <- i-0123456789abcdef0 ()
          IAM user arn:aws:iam::111122223333:user/alice [strong]
            Strong Launch <- arn:aws:iam::111122223333:user/alice (run)"#]],
    );
}

#[test]
fn events_that_name_a_key_do_not_push_its_issue_away() {
    let mut used = session("Admin", "s", KEY_1, 0);
    used["sessionContext"]["sourceIdentity"] = json!("ceo");
    let mut records = vec![
        assume("a", 0, user("mallory"), "Admin", "s", KEY_1),
        event("c", 90, "ec2", "StopInstances", used),
    ];
    for n in 0..80 {
        let mut noise = event(&format!("n{n}"), 1, "iam", "GetAccessKeyLastUsed", user("mallory"));
        noise["requestParameters"] = json!({"accessKeyId": KEY_1});
        noise["errorCode"] = json!("AccessDenied");
        records.push(noise);
    }
    check(
        records,
        "c",
        expect![[r#"
        IAM user arn:aws:iam::111122223333:user/mallory [strong]
          Strong AccessKey <- arn:aws:iam::111122223333:user/mallory (a)
          note: the session carries the source identity `ceo`"#]],
    );
}

#[test]
fn two_sessions_of_one_name_are_two_callers() {
    check(
        vec![
            assume("a1", 0, user("alice"), "Jump", "session", KEY_1),
            assume("m1", 1, user("mallory"), "Jump", "session", "ASIAEXAMPLEEXAMPLE09"),
            assume("a2", 30, session("Jump", "session", KEY_1, 0), "Prod", "session", KEY_2),
            assume(
                "m2",
                31,
                session("Jump", "session", "ASIAEXAMPLEEXAMPLE09", 1),
                "Prod",
                "session",
                "ASIAEXAMPLEEXAMPLE10",
            ),
            event(
                "c",
                90,
                "ec2",
                "StopInstances",
                session("Prod", "session", "AKIA****************", 30),
            ),
        ],
        "c",
        expect![
            "unknown: 2 events could have issued the session: m2 by arn:aws:sts::111122223333:assumed-role/Jump/session, a2 by arn:aws:sts::111122223333:assumed-role/Jump/session [weak]"
        ],
    );
}

#[test]
fn root_that_was_assumed_leads_to_who_assumed_it() {
    let mut assumed = event("a", 0, "sts", "AssumeRoot", user("carol"));
    assumed["requestParameters"] = json!({"targetPrincipal": ACCOUNT});
    assumed["responseElements"] =
        json!({"credentials": {"accessKeyId": KEY_1, "expiration": at(900)}});
    let root = json!({"type": "Root", "accountId": ACCOUNT, "arn": "arn:aws:iam::111122223333:root", "accessKeyId": KEY_1,
        "sessionContext": {"assumedRoot": "true", "attributes": {"creationDate": at(0)}}});
    check(
        vec![assumed, event("c", 90, "s3", "DeleteBucketPolicy", root)],
        "c",
        expect![[r#"
        IAM user arn:aws:iam::111122223333:user/carol [strong]
          Strong AccessKey <- arn:aws:iam::111122223333:user/carol (a)"#]],
    );
}

#[test]
fn two_callers_that_could_be_it_are_both_named() {
    check(
        vec![
            assume("a", 0, user("alice"), "Admin", "s", KEY_1),
            assume("b", 1, user("bob"), "Admin", "s", KEY_1),
            event("c", 90, "ec2", "ReplaceRoute", session("Admin", "s", KEY_1, 0)),
        ],
        "c",
        expect![
            "unknown: 2 events could have issued the session: b by arn:aws:iam::111122223333:user/bob, a by arn:aws:iam::111122223333:user/alice [weak]"
        ],
    );
}

#[test]
fn a_key_that_was_used_again_belongs_to_the_session_of_its_time() {
    check(
        vec![
            assume("old", 0, user("alice"), "Admin", "s", KEY_1),
            event("old-use", 10, "ec2", "StopInstances", session("Admin", "s", KEY_1, 0)),
            assume("new", 90_000, user("bob"), "Admin", "s", KEY_1),
            event("new-use", 90_010, "ec2", "StopInstances", session("Admin", "s", KEY_1, 90_000)),
        ],
        KEY_1,
        expect![[r#"
            IAM user arn:aws:iam::111122223333:user/bob [strong]
              Strong AccessKey <- arn:aws:iam::111122223333:user/bob (new)
            IAM user arn:aws:iam::111122223333:user/alice [strong]
              Strong AccessKey <- arn:aws:iam::111122223333:user/alice (old)"#]],
    );
}

#[test]
fn an_instance_leads_to_who_launched_it() {
    let instance = "i-0123456789abcdef0";
    let mut launch = event("run", 0, "ec2", "RunInstances", user("dana"));
    launch["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
    let mut used = session("Web", instance, KEY_1, 60);
    used["sessionContext"]["ec2RoleDelivery"] = json!("2.0");
    check(
        vec![
            launch.clone(),
            assume("a", 60, service("ec2"), "Web", instance, KEY_1),
            event("c", 90, "s3", "PutBucketPolicy", used.clone()),
        ],
        "c",
        expect![[r#"
            instance i-0123456789abcdef0 [strong]
              Strong AccessKey <- ec2.amazonaws.com (a)
              IAM user arn:aws:iam::111122223333:user/dana [strong]
                Strong Launch <- arn:aws:iam::111122223333:user/dana (run)"#]],
    );
    // Without the event that issued the key, EC2's own mark is enough; a name alone is not.
    check(
        vec![launch.clone(), event("c", 90, "s3", "PutBucketPolicy", used)],
        "c",
        expect![[r#"
            instance i-0123456789abcdef0 [strong]
              Strong InstanceRole <- i-0123456789abcdef0 ()
              IAM user arn:aws:iam::111122223333:user/dana [strong]
                Strong Launch <- arn:aws:iam::111122223333:user/dana (run)"#]],
    );
    check(
        vec![launch, event("c", 90, "s3", "PutBucketPolicy", session("Web", instance, KEY_1, 60))],
        "c",
        expect![
            "unknown: the event that issued the session `i-0123456789abcdef0` of arn:aws:iam::111122223333:role/Web is not in the store (account 111122223333, about 2026-01-01T00:01:00Z; its events are in segments from 2026-01-01T00:00:00Z to 2026-01-01T00:01:30Z) [weak]"
        ],
    );
}

#[test]
fn another_account_is_known_by_its_own_copy_of_the_call() {
    let reduced = json!({"type": "AWSAccount", "principalId": "AIDAEXAMPLEEXAMPLE009", "accountId": "444455556666"});
    let mut theirs = assume("a", 0, reduced, "Admin", "s", KEY_1);
    theirs["sharedEventID"] = json!("shared-1");
    let used = event("c", 90, "ec2", "StopInstances", session("Admin", "s", KEY_1, 0));
    check(
        vec![theirs.clone(), used.clone()],
        "c",
        expect![[r#"
            unknown: the caller `AIDAEXAMPLEEXAMPLE009` is of another account, whose copy of the call is not in the store (account 444455556666, about 2026-01-01T00:00:00Z; the store holds no event of that account) [weak]
              Strong AccessKey <- AWSAccount AIDAEXAMPLEEXAMPLE009 of account 444455556666 (a)"#]],
    );
    let mut caller = user("eve");
    caller["arn"] = json!("arn:aws:iam::444455556666:user/eve");
    caller["accountId"] = json!("444455556666");
    let mut own = assume("b", 0, caller, "Admin", "s", KEY_1);
    own["sharedEventID"] = json!("shared-1");
    own["recipientAccountId"] = json!("444455556666");
    own["responseElements"] = json!(null);
    check(
        vec![theirs, own, used],
        "c",
        expect![[r#"
        IAM user arn:aws:iam::444455556666:user/eve [strong]
          Strong AccessKey <- AWSAccount AIDAEXAMPLEEXAMPLE009 of account 444455556666 (a)
          Strong SharedEvent <- arn:aws:iam::444455556666:user/eve (b)"#]],
    );
}

#[test]
fn the_record_itself_may_say_who() {
    let mut source = session("Admin", "s", KEY_1, 0);
    source["sessionContext"]["sourceIdentity"] = json!("alice@example.com");
    check(
        vec![event("c", 90, "ec2", "StopInstances", source)],
        "c",
        expect![[r#"
        source identity alice@example.com [strong]
          Strong SourceIdentity <- alice@example.com ()"#]],
    );
    let mut federated = json!({"type": "FederatedUser", "principalId": "111122223333:visitor",
        "arn": "arn:aws:sts::111122223333:federated-user/visitor", "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": {"type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/broker"}, "attributes": {"creationDate": at(0)}}});
    federated["accessKeyId"] = json!(KEY_1);
    check(
        vec![event("c", 90, "ec2", "StopInstances", federated)],
        "c",
        expect![[r#"
        IAM user arn:aws:iam::111122223333:user/broker [strong]
          Strong SessionIssuer <- arn:aws:iam::111122223333:user/broker ()"#]],
    );
    let root =
        json!({"type": "Root", "accountId": ACCOUNT, "arn": "arn:aws:iam::111122223333:root"});
    check(
        vec![event("c", 90, "iam", "CreateUser", root)],
        "c",
        expect!["root user of account 111122223333 [strong]"],
    );
    let centre = json!({"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf":
        {"userId": "544894e8-80c1-707f-60e3-3ba6510dfac1", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-1"}});
    check(
        vec![event("c", 90, "sso", "Authenticate", centre)],
        "c",
        expect!["Identity Center user 544894e8-80c1-707f-60e3-3ba6510dfac1 [strong]"],
    );
    check(
        vec![event(
            "c",
            90,
            "ec2",
            "StopInstances",
            json!({"accountId": ACCOUNT, "invokedBy": "AWS Internal"}),
        )],
        "c",
        expect!["AWS service AWS Internal [strong]"],
    );
    let mut reserved = session("AWSReservedSSO_Admin_0123", "frank@example.com", KEY_1, 0);
    reserved["sessionContext"]["sessionIssuer"]["arn"] = json!(
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123"
    );
    check(
        vec![event("c", 90, "ec2", "StopInstances", reserved)],
        "c",
        expect![[r#"
            Identity Center user frank@example.com [weak]
              Weak IdentityCenterName <- frank@example.com ()"#]],
    );
}

#[test]
fn only_the_service_itself_can_be_in_its_service_linked_role() {
    let mut linked = session("AWSServiceRoleForConfig", "anything", KEY_1, 0);
    linked["sessionContext"]["sessionIssuer"]["arn"] = json!(
        "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    );
    check(
        vec![event("c", 90, "s3", "PutObject", linked)],
        "c",
        expect![[r#"
        AWS service config.amazonaws.com [strong]
          Strong ServiceLinkedRole <- config.amazonaws.com ()"#]],
    );
}

#[test]
fn programs_with_web_identities_are_workloads() {
    let mut github = assume(
        "a",
        0,
        json!({"type": "WebIdentityUser",
        "principalId": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:o/r:ref:refs/heads/main",
        "userName": "repo:o/r:ref:refs/heads/main",
        "identityProvider": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}),
        "Deploy",
        "run-1",
        KEY_1,
    );
    github["eventName"] = json!("AssumeRoleWithWebIdentity");
    github["responseElements"]["subjectFromWebIdentityToken"] =
        json!("repo:o/r:ref:refs/heads/main");
    check(
        vec![github, event("c", 90, "ec2", "StopInstances", session("Deploy", "run-1", KEY_1, 0))],
        KEY_1,
        expect![[r#"
            GitHub Actions repo:o/r:ref:refs/heads/main [strong]
              Strong AccessKey <- WebIdentityUser repo:o/r:ref:refs/heads/main (a)"#]],
    );
}

#[test]
fn a_role_switched_to_in_the_console_leads_back() {
    let mut switch = event("s", 0, "signin", "SwitchRole", session("Admin", "gina", "", 0));
    switch["additionalEventData"] = json!({"SwitchFrom": "arn:aws:iam::111122223333:user/gina"});
    check(
        vec![switch, event("c", 90, "ec2", "StopInstances", session("Admin", "gina", KEY_1, 0))],
        "arn:aws:sts::111122223333:assumed-role/Admin/gina",
        expect![[r#"
            IAM user arn:aws:iam::111122223333:user/gina [weak]
              Weak SwitchRole <- arn:aws:iam::111122223333:user/gina (s)
            IAM user arn:aws:iam::111122223333:user/gina [weak]
              Weak SwitchRole <- arn:aws:iam::111122223333:user/gina (s)"#]],
    );
}

#[test]
fn sessions_and_keys_that_nobody_used_are_known_from_their_issue() {
    let mut made = event("k", 0, "iam", "CreateAccessKey", user("alice"));
    made["requestParameters"] = json!({"userName": "mallory"});
    made["responseElements"] = json!({"accessKey": {"accessKeyId": "AKIAEXAMPLEEXAMPLE77",
        "status": "Active", "userName": "mallory"}});
    check(
        vec![made],
        "AKIAEXAMPLEEXAMPLE77",
        expect![[r#"
        IAM user arn:aws:iam::111122223333:user/mallory [strong]
          Strong KeyMade <- arn:aws:iam::111122223333:user/mallory (k)
          note: AKIAEXAMPLEEXAMPLE77 was made by IAM user arn:aws:iam::111122223333:user/alice
          note: no event of the store uses this key"#]],
    );
    check(
        vec![assume("a", 0, user("alice"), "Admin", "s", KEY_1)],
        KEY_1,
        expect![[r#"
        IAM user arn:aws:iam::111122223333:user/alice [strong]
          Strong AccessKey <- arn:aws:iam::111122223333:user/alice (a)
          note: no event of the store uses this session"#]],
    );
    check(
        vec![assume("a", 0, user("alice"), "Admin", "s", KEY_1)],
        "ASIAEXAMPLEEXAMPLE99",
        expect![""],
    );
}

#[test]
fn a_chain_that_goes_round_ends() {
    check(
        vec![
            assume("a", 0, session("B", "s", KEY_2, 0), "A", "s", KEY_1),
            assume("b", 0, session("A", "s", KEY_1, 0), "B", "s", KEY_2),
            event("c", 1, "ec2", "StopInstances", session("A", "s", KEY_1, 0)),
        ],
        "c",
        expect![[r#"
            unknown: the chain has more than 16 links [weak]
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/B/s (a)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/A/s (b)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/B/s (a)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/A/s (b)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/B/s (a)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/A/s (b)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/B/s (a)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/A/s (b)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/B/s (a)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/A/s (b)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/B/s (a)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/A/s (b)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/B/s (a)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/A/s (b)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/B/s (a)
              Strong AccessKey <- arn:aws:sts::111122223333:assumed-role/A/s (b)"#]],
    );
}

/// Events whose chains meet in every way that the tests above have one by one.
fn world() -> Vec<Value> {
    let instance = "i-0123456789abcdef0";
    let mut launch = event("run", 5, "ec2", "RunInstances", session("Admin", "x", KEY_2, 2));
    launch["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
    vec![
        assume("a1", 0, user("alice"), "Jump", "alice", KEY_1),
        assume("a2", 2, session("Jump", "alice", KEY_1, 0), "Admin", "x", KEY_2),
        launch,
        assume("a3", 60, service("ec2"), "Web", instance, "ASIAEXAMPLEEXAMPLE03"),
        event("c1", 90, "ec2", "ReplaceRoute", session("Admin", "x", KEY_2, 2)),
        event(
            "c2",
            95,
            "s3",
            "PutBucketPolicy",
            session("Web", instance, "ASIAEXAMPLEEXAMPLE03", 60),
        ),
        event(
            "c3",
            99,
            "s3",
            "PutBucketPolicy",
            session("Web", "nobody", "ASIAEXAMPLEEXAMPLE04", 60),
        ),
        assume("a4", 90_000, user("bob"), "Jump", "alice", KEY_1),
        event("c4", 90_001, "s3", "PutBucketPolicy", session("Jump", "alice", KEY_1, 90_000)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whenever an event arrives, the answers are those of a store that got all at once.
    #[test]
    fn any_order_of_arrival_gives_the_same_answers(
        order in Just((0..world().len()).collect::<Vec<_>>()).prop_shuffle(),
        cuts in prop::collection::vec(0..world().len(), 0..4),
    ) {
        let world = world();
        let mut shares: Vec<Vec<Value>> = vec![Vec::new()];
        for (place, index) in order.into_iter().enumerate() {
            if cuts.contains(&place) {
                shares.push(Vec::new());
            }
            shares.last_mut().unwrap().push(world[index].clone());
        }
        let (whole, parts) = (Stored::new(&[world]), Stored::new(&shares));
        for subject in ["c1", "c2", "c3", "c4", KEY_1, KEY_2] {
            let strip = |mut found: Vec<Who>| {
                // What the store holds of an account is told by the segment, which differ.
                for who in &mut found {
                    if let Actor::Unknown { gap } = &mut who.attribution.actor {
                        gap.stored = None;
                    }
                }
                found
            };
            prop_assert_eq!(strip(whole.who(subject)), strip(parts.who(subject)));
        }
    }

    /// No name that a caller chose proves anything.
    #[test]
    fn a_session_name_never_yields_strong(
        name in prop_oneof![
            Just("i-0123456789abcdef0".to_owned()),
            Just("alice@example.com".to_owned()),
            Just("AWSCloudFormation".to_owned()),
            "[a-zA-Z0-9=,.@_-]{2,20}",
        ],
        role in prop::sample::select(vec!["Admin", "AWSReservedSSO_Admin_0123", "Web"]),
        has_issue in any::<bool>(),
    ) {
        let mut records = world();
        if has_issue {
            records.push(assume("forged", 200, user("mallory"), role, &name, "ASIAEXAMPLEEXAMPLE08"));
        }
        let key = "AKIA****************";
        records.push(event("use", 210, "ec2", "StopInstances", session(role, &name, key, 200)));
        for who in Stored::new(&[records]).who("use") {
            prop_assert_eq!(who.attribution.strength, Strength::Weak);
        }
    }
}

#[test]
fn the_access_portals_call_stands_behind_a_reserved_roles_session() {
    let role = "AWSReservedSSO_Admin_0123456789abcdef";
    let mut reserved = session(role, "frank@example.com", KEY_1, 0);
    reserved["sessionContext"]["sessionIssuer"]["arn"] =
        json!(format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{role}"));
    let portal = |id: &str, second, user: &str, role: &str| {
        let identity = json!({"type": "IdentityCenterUser", "accountId": "999988887777",
            "onBehalfOf": {"userId": user}});
        let mut call = event(id, second, "sso", "GetRoleCredentials", identity);
        call["recipientAccountId"] = json!("999988887777");
        call["serviceEventDetails"] = json!({"role_name": role, "account_id": ACCOUNT});
        call
    };
    let used = event("c", 90, "ec2", "StopInstances", reserved);
    check(
        vec![portal("p", 1, "user-1", "Admin"), portal("q", 1, "user-2", "View"), used.clone()],
        "c",
        expect![[r#"
            Identity Center user frank@example.com [weak]
              Weak RoleCredentials <- frank@example.com (p)
              note: the access portal knows the user as `user-1`"#]],
    );
    check(
        vec![portal("p", 1, "user-1", "Admin"), portal("q", 2, "user-2", "Admin"), used],
        "c",
        expect![[r#"
            Identity Center user frank@example.com [weak]
              Weak IdentityCenterName <- frank@example.com ()
              note: 2 users asked for this role at that time"#]],
    );
}

#[test]
fn a_task_leads_to_the_call_that_ran_it() {
    let id = "0123456789abcdef0123456789abcdef";
    let issue = assume("a", 100, service("ecs-tasks"), "Task", id, KEY_1);
    let used = event("c", 200, "s3", "PutObject", session("Task", id, KEY_1, 100));
    let mut run = event("r", 90, "ecs", "RunTask", user("alice"));
    run["responseElements"] =
        json!({"tasks": [{"taskArn": format!("arn:aws:ecs:us-east-1:{ACCOUNT}:task/c/{id}")}]});
    check(vec![issue.clone(), used.clone(), run.clone()], "c", expect![[]]);
    run["responseElements"] = json!(null);
    run["requestParameters"] = json!({"startedBy": id});
    check(vec![issue, used, run], "c", expect![[]]);
}
