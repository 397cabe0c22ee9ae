//! The application: it decrypts, reads its secret and reports, until its way out is gone.
//!
//! Everything here leaves by the NAT gateway, so its source address is the gateway's.

use super::actor::{NAT_ADDRESS, SHOP, Session};
use super::clock::{HOUR, MINUTE, WEEK_END, at};
use super::night;
use super::pipeline::{assume_role_with_web_identity, workload_caller};
use super::record::{Call, HOME, Journal};
use super::world::{KMS_KEY, SECRET, instances};
use serde_json::{Value, json};

/// What the application calls itself.
pub(crate) const AGENT: &str = "aws-sdk-java/2.33.4 md/io#sync md/http#Apache ua/2.1 os/Linux#6.12 lang/java#21.0.8 md/vendor#Amazon.com_Inc. exec-env/AWS_EKS";

const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
const SUBJECT: &str = "system:serviceaccount:shop:checkout";
const SSM_AGENT: &str = "aws-sdk-go/1.55.8 (go1.24.5; linux; arm64) amazon-ssm-agent/";

/// The application runs from Monday noon until the route change.
const START: (u64, u64) = (7, 12);

/// A week of the application, cut off by the night.
pub(crate) fn week() -> Journal {
    let mut journal = Journal::scene("workload");
    checkout(&mut journal);
    agents(&mut journal);
    // What could not leave the subnet never reached AWS.
    journal.records.retain(|record| record.time < night::FATAL);
    journal
}

fn decrypt(context: &str) -> Call {
    Call::read(
        "kms",
        "Decrypt",
        json!({
            "encryptionContext": {"shop": context},
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }),
    )
    .on(SHOP, "AWS::KMS::Key", KMS_KEY.to_owned())
}

fn checkout(journal: &mut Journal) {
    let mut start = at(START.0, START.1, 0, 0);
    let mut number = 1_u64;
    while start < WEEK_END {
        let name = format!("checkout-{number}");
        let mut session = Session::new("checkout", &name, start);
        session.path = "/workload/";
        session.provider = Some(PROVIDER);
        let caller = workload_caller(SUBJECT, PROVIDER, NAT_ADDRESS);
        let call = assume_role_with_web_identity(&session, start, SUBJECT, PROVIDER);
        journal.add(start, &caller, &call);
        let actor = session.sdk(NAT_ADDRESS, AGENT);
        let mut through_service = session.clone();
        through_service.invoked_by = Some("secretsmanager.amazonaws.com");
        let service = through_service.service();
        let mut now = start;
        while now < start + HOUR {
            now += journal.rng.between(3 * MINUTE, 7 * MINUTE);
            let context = journal.rng.pick(&["orders", "customers", "payments"]);
            journal.add(now, &actor, &decrypt(context));
            if journal.rng.below(4) == 0 {
                let request = json!({"secretId": SECRET});
                journal.add(
                    now + 1,
                    &actor,
                    &Call::read("secretsmanager", "GetSecretValue", request),
                );
                journal.add(now + 1, &service, &decrypt("secret"));
            }
        }
        start += HOUR;
        number += 1;
    }
}

fn agents(journal: &mut Journal) {
    for (place, (instance, address)) in instances().iter().enumerate() {
        let zone = if place == 0 { "a" } else { "b" };
        let mut now = at(START.0, START.1, 3, 0) + 7 * place as u64;
        let mut created = now;
        while now < WEEK_END {
            if now >= created + 6 * HOUR {
                created = now;
            }
            let mut session = Session::new("shop-app", instance, created);
            session.on_instance = true;
            let actor = session.sdk(NAT_ADDRESS, SSM_AGENT);
            let request = json!({
                "instanceId": instance,
                "agentVersion": "3.3.2746.0",
                "agentStatus": "Active",
                "platformType": "Linux",
                "platformName": "Amazon Linux",
                "platformVersion": "2023",
                "iPAddress": address,
                "computerName": format!("ip-{}.ec2.internal", address.replace('.', "-")),
                "agentName": "amazon-ssm-agent",
                "availabilityZone": format!("{HOME}{zone}"),
                "availabilityZoneId": if zone == "a" { "use1-az2" } else { "use1-az4" },
                "sSMConnectionChannel": "ssmmessages",
            });
            journal.add(
                now,
                &actor,
                &Call::write("ssm", "UpdateInstanceInformation", request, Value::Null),
            );
            now += 15 * MINUTE + journal.rng.below(20);
        }
    }
}
