//! Chains of roles, keys and sessions.

use super::*;

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
