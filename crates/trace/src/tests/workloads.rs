//! Programs with credentials of their own, and what a record says itself.

use super::*;

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
fn a_task_leads_to_the_call_that_ran_it() {
    let id = "0123456789abcdef0123456789abcdef";
    let issue = assume("a", 100, service("ecs-tasks"), "Task", id, KEY_1);
    let used = event("c", 200, "s3", "PutObject", session("Task", id, KEY_1, 100));
    let mut run = event("r", 90, "ecs", "RunTask", user("alice"));
    run["responseElements"] =
        json!({"tasks": [{"taskArn": format!("arn:aws:ecs:us-east-1:{ACCOUNT}:task/c/{id}")}]});
    check(
        vec![issue.clone(), used.clone(), run.clone()],
        "c",
        expect![[r#"
            ECS task 0123456789abcdef0123456789abcdef [strong]
              Strong AccessKey <- ecs-tasks.amazonaws.com (a)
              IAM user arn:aws:iam::111122223333:user/alice [strong]
                Strong Launch <- arn:aws:iam::111122223333:user/alice (r)"#]],
    );
    // A name of its own choosing in a parameter runs nothing.
    run["responseElements"] = json!(null);
    run["requestParameters"] = json!({"startedBy": id});
    check(
        vec![issue, used, run],
        "c",
        expect![[r#"
            ECS task 0123456789abcdef0123456789abcdef [strong]
              Strong AccessKey <- ecs-tasks.amazonaws.com (a)
              note: no call that ran task 0123456789abcdef0123456789abcdef is in the store: its service may have"#]],
    );
}

#[test]
fn a_trial_deploys_nothing() {
    let issue = assume("a", 100, service("lambda"), "Fn", "orders", KEY_1);
    let used = event("c", 200, "s3", "PutObject", session("Fn", "orders", KEY_1, 100));
    let deploy = |id: &str, second, who: &str, is_trial: bool| {
        let mut call = event(id, second, "lambda", "UpdateFunctionCode20150331v2", user(who));
        call["requestParameters"] = json!({"functionName": "orders", "dryRun": is_trial});
        call["resources"] = json!([{"ARN": "orders"}]);
        call
    };
    let records =
        vec![issue, used, deploy("d", 50, "alice", false), deploy("t", 60, "mallory", true)];
    let stored = Stored::new(&[records]);
    let mut found = Vec::new();
    lines(&stored.who("c").remove(0).attribution, "", &mut found);
    let text = found.join("\n");
    assert!(text.contains("user/alice") && !text.contains("mallory"), "{text}");
}
