//! The deployment pipeline: signs in by OpenID Connect, plans, seldom applies.

use super::actor::{Actor, SHOP, Session, Via};
use super::clock::{MINUTE, at, spoken};
use super::made::call_of;
use super::random::principal_id;
use super::record::{Call, Journal};
use super::world::{describe_route_tables, filter, shop};
use serde_json::{Value, json};

/// Where the runners are.
pub(crate) const ADDRESS: &str = "192.0.2.80";
/// What Terraform calls itself.
pub(crate) const AGENT: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.13.1 (+https://www.terraform.io) terraform-provider-aws/6.11.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.38.3 ua/2.1 os/linux lang/go#1.24.6";

const PROVIDER: &str =
    "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
const SUBJECT: &str = "repo:example/infrastructure:ref:refs/heads/main";

/// Assumes the role `deploy` with the runner's token.
pub(crate) fn sign_in(journal: &mut Journal, time: u64, run: u64) -> Session {
    let mut session = Session::new("deploy", &format!("run-{run}"), time);
    session.path = "/ci/";
    session.provider = Some(PROVIDER);
    let caller = Actor {
        account: SHOP,
        identity: json!({
            "type": "WebIdentityUser",
            "principalId": format!("{PROVIDER}:sts.amazonaws.com:{SUBJECT}"),
            "userName": SUBJECT,
            "identityProvider": PROVIDER,
        }),
        address: ADDRESS.to_owned(),
        agent: AGENT.to_owned(),
        via: Via::Sdk,
    };
    let call = assume_role_with_web_identity(&session, time, SUBJECT, PROVIDER);
    journal.add(time, &caller, &call);
    session
}

/// `AssumeRoleWithWebIdentity` for `session`.
pub(crate) fn assume_role_with_web_identity(
    session: &Session,
    time: u64,
    subject: &str,
    provider: &str,
) -> Call {
    let request = json!({"roleArn": session.role_arn(), "roleSessionName": session.name});
    Call::read("sts", "AssumeRoleWithWebIdentity", request)
        .answered(json!({
            "credentials": credentials(session, time),
            "subjectFromWebIdentityToken": subject,
            "assumedRoleUser": assumed_role_user(session),
            "provider": provider,
            "audience": "sts.amazonaws.com",
        }))
        .on(session.account, "AWS::IAM::Role", session.role_arn())
}

/// The credentials in a response of STS, valid for an hour.
pub(crate) fn credentials(session: &Session, time: u64) -> Value {
    json!({
        "accessKeyId": session.access_key_id(),
        "sessionToken": "IQoJb3JpZ2luX2VjEXAMPLETOKEN",
        "expiration": spoken(time + 60 * MINUTE),
    })
}

/// The session in a response of STS.
pub(crate) fn assumed_role_user(session: &Session) -> Value {
    json!({"assumedRoleId": session.principal_id(), "arn": session.arn()})
}

fn plan() -> Vec<Call> {
    let network = shop();
    let mut calls = vec![
        Call::read("sts", "GetCallerIdentity", Value::Null),
        Call::read(
            "ec2",
            "DescribeVpcs",
            json!({"vpcSet": {}, "filterSet": filter("vpc-id", &network.vpc)}),
        ),
        Call::read(
            "ec2",
            "DescribeVpcAttribute",
            json!({"vpcId": network.vpc, "attribute": "enableDnsHostnames"}),
        ),
        Call::read(
            "ec2",
            "DescribeSubnets",
            json!({"subnetSet": {}, "filterSet": filter("vpc-id", &network.vpc)}),
        ),
        describe_route_tables(&network.vpc),
        Call::ec2_wrapped_read(
            "DescribeNatGateways",
            json!({"NatGatewayId": {"tag": 1, "content": network.nat_gateway}}),
        ),
        Call::read("rds", "DescribeDBInstances", json!({"dBInstanceIdentifier": "shop"})),
    ];
    for role in ["shop-app", "NetworkAdmin", "MetricsReader"] {
        calls.push(Call::read("iam", "GetRole", json!({"roleName": role})));
        calls.push(Call::read("iam", "ListAttachedRolePolicies", json!({"roleName": role})));
        calls.push(Call::read("iam", "ListRolePolicies", json!({"roleName": role})));
    }
    calls
}

/// Three plans a working day; on Wednesday one of them writes a route again as it is.
pub(crate) fn week() -> Journal {
    let mut journal = Journal::scene("pipeline");
    let mut run = 1_002;
    for day in 7..=11 {
        for hour in [10, 13, 16] {
            let start = at(day, hour, journal.rng.between(5, 50), 0);
            let session = sign_in(&mut journal, start, run);
            let actor = session.sdk(ADDRESS, AGENT);
            let mut now = start;
            for call in plan() {
                now += journal.rng.between(1, 4);
                journal.add(now, &actor, &call);
            }
            if (day, hour) == (9, 13) {
                // A change in name only: the route had this target before.
                journal.add(now + 12, &actor, &call_of("same-target", now));
            }
            if (day, hour) == (10, 16) {
                journal.add(now + 9, &actor, &denied_user());
            }
            run += 1;
        }
    }
    journal
}

fn denied_user() -> Call {
    let message = format!(
        "User: arn:aws:sts::{SHOP}:assumed-role/deploy/run-1013 is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::{SHOP}:user/report because no identity-based policy allows the iam:CreateUser action"
    );
    let request = json!({"userName": "report", "path": "/"});
    Call::write("iam", "CreateUser", request, Value::Null).failed("AccessDenied", message)
}

/// The workload's sessions carry the cluster's provider.
pub(crate) fn workload_caller(subject: &str, provider: &str, address: &str) -> Actor {
    Actor {
        account: SHOP,
        identity: json!({
            "type": "WebIdentityUser",
            "principalId": format!("{provider}:sts.amazonaws.com:{subject}"),
            "userName": subject,
            "identityProvider": provider,
        }),
        address: address.to_owned(),
        agent: super::workload::AGENT.to_owned(),
        via: Via::Sdk,
    }
}

/// The id that a role's sessions share, as `AWSAccount` copies show it.
pub(crate) fn session_principal(role: &str, session: &str) -> String {
    format!("{}:{session}", principal_id("AROA", role))
}
