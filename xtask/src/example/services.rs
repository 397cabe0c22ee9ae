//! What runs without people: AWS services, and the monitoring in the other account.

use super::actor::{Actor, MONITORING, SHOP, Session, Via, service};
use super::clock::{HOUR, MINUTE, WEEK_END, WEEK_START, at};
use super::pipeline::{assumed_role_user, credentials, session_principal};
use super::record::{Call, HOME, Journal};
use super::world::{ASSETS_BUCKET, KMS_KEY, TRAIL_BUCKET, bucket_request, instances, poll};
use serde_json::json;

const MONITORING_ADDRESS: &str = "192.0.2.150";
const MONITORING_AGENT: &str =
    "Boto3/1.40.24 md/Botocore#1.40.24 ua/2.1 os/linux#6.12 md/arch#aarch64 lang/python#3.13.7";
/// The region that holds a copy of the backups and nothing else.
const AWAY: &str = "eu-west-1";

/// The monitoring polls every half hour, at home; once an hour abroad.
pub(crate) fn monitoring() -> Journal {
    let mut journal = Journal::scene("monitoring");
    let mut start = WEEK_START + 4 * MINUTE;
    while start < WEEK_END {
        let session = Session::new("MetricsReader", "metrics", start);
        assume_from_other_account(&mut journal, &session, start);
        let actor = session.sdk(MONITORING_ADDRESS, MONITORING_AGENT);
        for half in 0..2 {
            let mut now = start + 30 + half * 30 * MINUTE;
            for call in poll(HOME) {
                now += journal.rng.below(3);
                journal.add(now, &actor, &call);
            }
        }
        if (start / HOUR).is_multiple_of(6) {
            journal.add(start + 35, &actor, &denied_detectors(&session));
        }
        for call in poll(AWAY).iter().take(3) {
            journal.add(start + 40, &actor, call);
        }
        start += HOUR;
    }
    journal.records.retain(|record| record.time < WEEK_END);
    journal
}

/// The monitoring asks for more than its role allows, again and again.
fn denied_detectors(session: &Session) -> Call {
    let message = format!(
        "User: {} is not authorized to perform: guardduty:ListDetectors on resource: arn:aws:guardduty:{HOME}:{SHOP}:detector/* with an explicit deny in a service control policy",
        session.arn()
    );
    Call::read("guardduty", "ListDetectors", json!({"maxResults": 50}))
        .failed("AccessDeniedException", message)
}

/// One call, two records: each account gets its own `eventID`, both the same `sharedEventID`.
fn assume_from_other_account(journal: &mut Journal, session: &Session, time: u64) {
    let shared = journal.rng.uuid();
    let request = json!({
        "roleArn": session.role_arn(),
        "roleSessionName": session.name,
        "durationSeconds": 3_600,
    });
    let call = Call::read("sts", "AssumeRole", request)
        .answered(json!({
            "credentials": credentials(session, time),
            "assumedRoleUser": assumed_role_user(session),
        }))
        .on(SHOP, "AWS::IAM::Role", session.role_arn())
        .shared(&shared);
    let mut collector = Session::new("collector", "i-0c011ec70a1b2c3d4", WEEK_START);
    collector.account = MONITORING;
    collector.on_instance = true;
    journal.add(time, &collector.sdk(MONITORING_ADDRESS, MONITORING_AGENT), &call);
    let seen_from_here = Actor {
        account: SHOP,
        identity: json!({
            "type": "AWSAccount",
            "principalId": session_principal("collector", &collector.name),
            "accountId": MONITORING,
        }),
        address: MONITORING_ADDRESS.to_owned(),
        agent: MONITORING_AGENT.to_owned(),
        via: Via::Sdk,
    };
    journal.add(time, &seen_from_here, &call);
}

/// CloudTrail, Config, EC2 and RDS at their own work.
pub(crate) fn aws() -> Journal {
    let mut journal = Journal::scene("aws");
    let mut hour = WEEK_START;
    while hour < WEEK_END {
        deliveries(&mut journal, hour);
        config(&mut journal, hour);
        instance_roles(&mut journal, hour);
        hour += HOUR;
    }
    backups(&mut journal);
    journal.records.retain(|record| record.time < WEEK_END);
    journal
}

fn deliveries(journal: &mut Journal, hour: u64) {
    let actor = service("cloudtrail.amazonaws.com");
    let request = bucket_request(TRAIL_BUCKET, "acl");
    let arn = format!("arn:aws:s3:::{TRAIL_BUCKET}");
    let shared = journal.rng.uuid();
    let call =
        Call::read("s3", "GetBucketAcl", request).on(SHOP, "AWS::S3::Bucket", arn).shared(&shared);
    let time = hour + journal.rng.between(5, 50 * MINUTE);
    journal.add(time, &actor, &call);
}

fn config(journal: &mut Journal, hour: u64) {
    if !(hour / HOUR).is_multiple_of(3) {
        return;
    }
    let mut session = Session::new("AWSServiceRoleForConfig", "configLambdaExecution", hour);
    session.path = "/aws-service-role/config.amazonaws.com/";
    session.invoked_by = Some("config.amazonaws.com");
    let actor = session.service();
    let mut now = hour + journal.rng.between(60, 600);
    for region in [HOME, AWAY] {
        for (source, name) in [
            ("ec2", "DescribeRouteTables"),
            ("ec2", "DescribeSecurityGroups"),
            ("rds", "DescribeDBInstances"),
            ("autoscaling", "DescribeAutoScalingGroups"),
        ] {
            now += journal.rng.below(20);
            let request = match source {
                "ec2" => json!({"filterSet": {}}),
                _ => json!({"maxRecords": 100}),
            };
            journal.add(now, &actor, &Call::read(source, name, request).region(region));
        }
    }
    for bucket in [TRAIL_BUCKET, ASSETS_BUCKET] {
        let request = bucket_request(bucket, "policyStatus");
        let call = Call::read("s3", "GetBucketPolicyStatus", request).on(
            SHOP,
            "AWS::S3::Bucket",
            format!("arn:aws:s3:::{bucket}"),
        );
        journal.add(now + 5, &actor, &call);
    }
}

fn instance_roles(journal: &mut Journal, hour: u64) {
    if !(hour / HOUR).is_multiple_of(6) || hour < at(7, 12, 0, 0) {
        return;
    }
    let actor = service("ec2.amazonaws.com");
    for (instance, _) in instances() {
        let session = Session::new("shop-app", &instance, hour);
        let request = json!({"roleArn": session.role_arn(), "roleSessionName": instance});
        let shared = journal.rng.uuid();
        let call = Call::read("sts", "AssumeRole", request)
            .answered(json!({"credentials": credentials(&session, hour)}))
            .on(SHOP, "AWS::IAM::Role", session.role_arn())
            .shared(&shared);
        journal.add(hour + 120, &actor, &call);
    }
}

/// Every night at 04:00 a snapshot, copied abroad, encrypted with the shop's key.
fn backups(journal: &mut Journal) {
    let mut session = Session::new("AWSBackupDefaultServiceRole", "AWSBackup-nightly", WEEK_START);
    session.path = "/service-role/";
    session.invoked_by = Some("backup.amazonaws.com");
    for day in 8..=13 {
        let now = at(day, 4, 0, journal.rng.below(50));
        session.created = now;
        let actor = session.service();
        let name = format!("awsbackup-shop-2026-09-{day:02}");
        let request = json!({"dBInstanceIdentifier": "shop", "dBSnapshotIdentifier": name});
        let snapshot = json!({
            "dBSnapshotIdentifier": name,
            "dBInstanceIdentifier": "shop",
            "engine": "postgres",
            "status": "creating",
            "encrypted": true,
            "kmsKeyId": KMS_KEY,
            "dBSnapshotArn": format!("arn:aws:rds:{HOME}:{SHOP}:snapshot:{name}"),
        });
        journal.add(now, &actor, &Call::write("rds", "CreateDBSnapshot", request, snapshot));
        let source = format!("arn:aws:rds:{HOME}:{SHOP}:snapshot:{name}");
        let request = json!({
            "sourceDBSnapshotIdentifier": source,
            "targetDBSnapshotIdentifier": name,
            "copyTags": true,
        });
        let copy = json!({
            "dBSnapshotIdentifier": name,
            "status": "creating",
            "sourceRegion": HOME,
            "dBSnapshotArn": format!("arn:aws:rds:{AWAY}:{SHOP}:snapshot:{name}"),
        });
        let call = Call::write("rds", "CopyDBSnapshot", request, copy).region(AWAY);
        journal.add(now + 900, &actor, &call);
    }
}
