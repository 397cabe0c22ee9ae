//! The people of the week: alice at the console, bob at the command line, carol by single sign-on,
//! the root user once. They read a lot, change little, and some of it looks like the fatal change.

use super::actor::{
    Actor, OFFICE, SHOP, Session, root, user_at_cli, user_at_sign_in, user_in_console,
};
use super::clock::{MINUTE, at};
use super::made::call_of;
use super::pipeline::{assumed_role_user, credentials};
use super::random::resource_id;
use super::record::{Call, Journal};
use super::world::{
    ASSETS_BUCKET, TRAIL_BUCKET, bucket_request, describe_route_tables, encoded_denial, instances,
    items, lab, look_around, shop,
};
use serde_json::{Value, json};

/// The browser of the office.
pub(crate) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";
const BOBS_CLI: &str = "aws-cli/2.28.21 md/awscrt#0.27.6 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.7 md/pyimpl#CPython exec-env/none cfg/retry-mode#standard md/prompt#off";
const CONSOLE: &str = "https://console.aws.amazon.com/console/home?region=us-east-1";

/// A sign-in of an IAM user at the console, with or without MFA.
pub(crate) fn sign_in(
    journal: &mut Journal,
    name: &str,
    address: &str,
    time: u64,
    mfa: bool,
) -> Actor {
    let known = user_at_sign_in(name, address, BROWSER, true);
    let mut additional = json!({
        "LoginTo": CONSOLE,
        "MobileVersion": "No",
        "MFAUsed": if mfa { "Yes" } else { "No" },
    });
    if mfa {
        let unknown = user_at_sign_in(name, address, BROWSER, false);
        let check = Call::sign_in("CheckMfa", "Success", json!({"MfaType": "Virtual MFA"}));
        journal.add(time - 6, &unknown, &check);
        if let Some(members) = additional.as_object_mut() {
            let device = format!("arn:aws:iam::{SHOP}:mfa/{name}");
            members.insert("MFAIdentifier".to_owned(), json!(device));
        }
    }
    journal.add(time, &known, &Call::sign_in("ConsoleLogin", "Success", additional));
    user_in_console(name, address, time, mfa)
}

/// A sign-in that failed; a user name that does not exist is hidden, it might be a password.
pub(crate) fn failed_sign_in(journal: &mut Journal, name: Option<&str>, address: &str, time: u64) {
    let shown = name.unwrap_or("HIDDEN_DUE_TO_SECURITY_REASONS");
    let message = match name {
        Some(_) => "Failed authentication",
        None => "No username found in supplied account",
    };
    let additional = json!({"LoginTo": CONSOLE, "MobileVersion": "No", "MFAUsed": "No"});
    let call = Call::sign_in("ConsoleLogin", "Failure", additional).failed("", message);
    journal.add(time, &user_at_sign_in(shown, address, BROWSER, false), &call);
}

/// Switches an IAM user's console session to the role `NetworkAdmin`.
pub(crate) fn switch_role(
    journal: &mut Journal,
    user: &Actor,
    name: &str,
    time: u64,
    mfa: bool,
) -> Session {
    let mut session = Session::new("NetworkAdmin", name, time);
    session.mfa = mfa;
    let request = json!({"roleArn": session.role_arn(), "roleSessionName": name});
    let call = Call::read("sts", "AssumeRole", request)
        .answered(json!({
            "credentials": credentials(&session, time),
            "assumedRoleUser": assumed_role_user(&session),
        }))
        .on(SHOP, "AWS::IAM::Role", session.role_arn());
    let sign_in_service = Actor {
        agent: "AWS Signin, aws-internal/3 aws-sdk-java/1.12.788".to_owned(),
        ..user.clone()
    };
    journal.add(time, &sign_in_service, &call);
    let additional = json!({
        "SwitchFrom": format!("arn:aws:iam::{SHOP}:user/{name}"),
        "RedirectTo": CONSOLE,
    });
    let browser = session.sdk(&user.address, BROWSER);
    journal.add(time, &browser, &Call::sign_in("SwitchRole", "Success", additional));
    session
}

/// Opens VPC pages: each look around is a handful of calls in a second or two.
pub(crate) fn browse(
    journal: &mut Journal,
    actor: &Actor,
    vpc: &str,
    start: u64,
    pages: u64,
) -> u64 {
    let mut now = start;
    for _ in 0..pages {
        for call in look_around(vpc) {
            let then = now + journal.rng.below(2);
            journal.add(then, actor, &call);
        }
        now += journal.rng.between(20, 140);
    }
    now
}

/// Everybody, Monday to Saturday.
pub(crate) fn week() -> Journal {
    let mut journal = Journal::scene("people");
    alice(&mut journal);
    bob(&mut journal);
    carol(&mut journal);
    root_once(&mut journal);
    for minute in [2, 3, 5, 9] {
        failed_sign_in(&mut journal, None, "192.0.2.13", at(11, 3, minute, 40));
    }
    journal
}

fn alice(journal: &mut Journal) {
    for day in 7..=11 {
        let start = at(day, 8, journal.rng.between(40, 59), journal.rng.below(60));
        let user = sign_in(journal, "alice", OFFICE, start, true);
        browse(journal, &user, &shop().vpc, start + 60, 3);
        let later = at(day, 15, journal.rng.between(0, 50), 0);
        let session = switch_role(journal, &user, "alice", later, true);
        let admin = session.console(OFFICE);
        let now = browse(journal, &admin, &shop().vpc, later + 20, 3);
        if day == 8 {
            let tags = json!({"items": [{"key": "owner", "value": "network team"}]});
            journal.add(now, &admin, &tag_edit("CreateTags", &shop().private_table, tags));
        }
        if day == 10 {
            let tags = json!({"items": [{"key": "owner", "value": "network team"}]});
            journal.add(now, &admin, &tag_edit("DeleteTags", &shop().private_table, tags));
        }
    }
    let start = at(12, 11, 14, 3);
    let user = sign_in(journal, "alice", "198.51.100.201", start, true);
    let session = switch_role(journal, &user, "alice", start + 40, true);
    let admin = session.console("198.51.100.201");
    let now = browse(journal, &admin, &shop().vpc, start + 60, 2);
    journal.add(now, &admin, &open_https_to_office());
}

fn tag_edit(name: &'static str, table: &str, tags: Value) -> Call {
    let request = json!({"resourcesSet": items("resourceId", &[table]), "tagSet": tags});
    Call::ec2_done(name, request)
}

fn open_https_to_office() -> Call {
    let group = shop().app_group;
    let cidr = format!("{OFFICE}/32");
    let request = json!({"groupId": group, "ipPermissions": {"items": [{
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "groups": {},
        "ipRanges": {"items": [{"cidrIp": cidr, "description": "office"}]},
        "ipv6Ranges": {},
        "prefixListIds": {},
    }]}});
    let response = json!({"_return": true, "securityGroupRuleSet": {"items": [{
        "groupOwnerId": SHOP,
        "groupId": group,
        "securityGroupRuleId": resource_id("sgr", "app-from-office"),
        "description": "office",
        "isEgress": false,
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "cidrIpv4": cidr,
    }]}});
    Call::ec2("AuthorizeSecurityGroupIngress", request, response)
}

fn bob(journal: &mut Journal) {
    let command =
        |name: &str| user_at_cli("bob", "203.0.113.42", &format!("{BOBS_CLI} md/command#{name}"));
    let reader = command("ec2.describe-instances");
    for day in 7..=11 {
        for _ in 0..9 {
            let now = at(day, journal.rng.between(9, 18), journal.rng.below(60), 0);
            let request = json!({"maxResults": 1000, "instancesSet": {}, "filterSet": {}});
            journal.add(now, &reader, &Call::read("ec2", "DescribeInstances", request));
            let request = json!({"Host": "s3.us-east-1.amazonaws.com"});
            journal.add(now + 30, &command("s3.ls"), &Call::read("s3", "ListBuckets", request));
        }
    }
    let create = call_of("lab-create", 0);
    journal.add(at(8, 10, 21, 7), &command("ec2.create-route"), &create);
    dry_run(journal, &command("ec2.run-instances"));
    let tables = describe_route_tables(&shop().vpc);
    journal.add(at(10, 17, 1, 12), &command("ec2.describe-route-tables"), &tables);
    let denial = encoded_denial(&mut journal.rng);
    let call = call_of("fatal", 0).failed("Client.UnauthorizedOperation", denial);
    journal.add(at(10, 17, 2, 44), &command("ec2.replace-route"), &call);
    journal.add(at(11, 11, 40, 0), &command("ec2.replace-route"), &call_of("lab-replace", 0));
    let message = format!(
        "User: arn:aws:iam::{SHOP}:user/bob is not authorized to perform: iam:ListAccessKeys on resource: user dave because no identity-based policy allows the iam:ListAccessKeys action"
    );
    let call = Call::read("iam", "ListAccessKeys", json!({"userName": "dave"}))
        .failed("AccessDenied", message);
    journal.add(at(11, 11, 58, 31), &command("iam.list-access-keys"), &call);
}

fn dry_run(journal: &mut Journal, actor: &Actor) {
    let network = lab();
    let request = json!({
        "instancesSet": {"items": [
            {"imageId": resource_id("ami", "shop-2026-09"), "minCount": 1, "maxCount": 1},
        ]},
        "instanceType": "t4g.nano",
        "blockDeviceMapping": {},
        "monitoring": {"enabled": false},
        "subnetId": network.subnet("private", "a"),
        "disableApiTermination": false,
        "disableApiStop": false,
    });
    let message = "Request would have succeeded, but DryRun flag is set.";
    let call =
        Call::ec2("RunInstances", request, Value::Null).failed("Client.DryRunOperation", message);
    journal.add(at(9, 14, 12, 9), actor, &call);
}

fn carol(journal: &mut Journal) {
    for day in [7, 8, 10, 11] {
        let start = at(day, 13, journal.rng.between(0, 59), 0);
        let mut session =
            Session::new("AWSReservedSSO_Billing_0123456789abcdef", "carol@example.com", start);
        session.path = "/aws-reserved/sso.amazonaws.com/";
        session.provider = None;
        let saml = Actor {
            account: SHOP,
            identity: json!({
                "type": "SAMLUser",
                "principalId": "AWSSSO_EXAMPLE_DO_NOT_DELETE:carol@example.com",
                "userName": "carol@example.com",
                "identityProvider": "AWSSSO_EXAMPLE_DO_NOT_DELETE",
            }),
            ..session.sdk("203.0.113.58", BROWSER)
        };
        journal.add(start, &saml, &assume_role_with_saml(&session, start));
        let console = session.console("203.0.113.58");
        let mut now = start + 5;
        for bucket in [TRAIL_BUCKET, ASSETS_BUCKET] {
            for part in ["acl", "versioning", "encryption"] {
                now += journal.rng.below(5);
                let name = match part {
                    "acl" => "GetBucketAcl",
                    "versioning" => "GetBucketVersioning",
                    _ => "GetBucketEncryption",
                };
                let call = Call::read("s3", name, bucket_request(bucket, part)).on(
                    SHOP,
                    "AWS::S3::Bucket",
                    format!("arn:aws:s3:::{bucket}"),
                );
                journal.add(now, &console, &call);
            }
        }
        let message = format!(
            "User: {} is not authorized to perform: ec2:StopInstances on resource: arn:aws:ec2:us-east-1:{SHOP}:instance/* because no identity-based policy allows the ec2:StopInstances action",
            session.arn()
        );
        if day == 8 {
            let ids = instances();
            let names: Vec<&str> = ids.iter().map(|(id, _)| id.as_str()).collect();
            let request = json!({"instancesSet": items("instanceId", &names), "force": false});
            let call = Call::ec2("StopInstances", request, Value::Null)
                .failed("Client.UnauthorizedOperation", message);
            journal.add(now + 3 * MINUTE, &console, &call);
        }
    }
}

fn assume_role_with_saml(session: &Session, time: u64) -> Call {
    let provider = format!("arn:aws:iam::{SHOP}:saml-provider/AWSSSO_EXAMPLE_DO_NOT_DELETE");
    let request = json!({
        "sAMLAssertionID": "_00000000-0000-4000-8000-00000000cafe",
        "roleSessionName": session.name,
        "roleArn": session.role_arn(),
        "principalArn": provider,
        "durationSeconds": 3_600,
    });
    Call::read("sts", "AssumeRoleWithSAML", request)
        .answered(json!({
            "subjectType": "persistent",
            "issuer": "https://portal.sso.us-east-1.amazonaws.com/saml/assertion/EXAMPLE",
            "credentials": credentials(session, time),
            "nameQualifier": "EXAMPLENAMEQUALIFIER",
            "assumedRoleUser": assumed_role_user(session),
            "subject": session.name,
            "audience": "https://signin.aws.amazon.com/saml",
        }))
        .on(SHOP, "AWS::IAM::Role", session.role_arn())
        .on(SHOP, "AWS::IAM::SAMLProvider", provider)
}

fn root_once(journal: &mut Journal) {
    let time = at(9, 18, 30, 5);
    let actor = root(OFFICE, BROWSER);
    let additional = json!({
        "LoginTo": CONSOLE,
        "MobileVersion": "No",
        "MFAIdentifier": format!("arn:aws:iam::{SHOP}:mfa/root-account-mfa-device"),
        "MFAUsed": "Yes",
    });
    journal.add(time, &actor, &Call::sign_in("ConsoleLogin", "Success", additional));
    let request = Call::read("iam", "GetAccountSummary", Value::Null);
    journal.add(time + 20, &actor, &request);
}
