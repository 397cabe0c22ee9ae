//! The night of Saturday to Sunday: dave sends the private subnets to the internet gateway.
//!
//! ```text
//! 02:40:22  a wrong password            203.0.113.77
//! 02:41:05  dave signs in, without MFA
//! 02:43:37  dave becomes NetworkAdmin
//! 02:47:11  ReplaceRoute                NAT gateway -> internet gateway
//! 02:47:11  the last call from the NAT gateway's address was before this
//! 02:58     Auto Scaling replaces an instance; the new one never reports
//! 03:31     alice signs in and looks for the reason
//! ```
//!
//! An instance without a public address cannot use an internet gateway, so nothing leaves any more.
//! The call succeeds, and no record says that anything is broken.

use super::actor::{DAVES_ADDRESS, SHOP, Session};
use super::clock::at;
use super::made::call_of;
use super::people::{browse, failed_sign_in, sign_in, switch_role};
use super::random::resource_id;
use super::record::{Call, Journal};
use super::world::{describe_route_tables, instances, items, look_around, shop};
use serde_json::{Value, json};

/// When the route changes: 2026-09-13T02:47:11Z.
pub(crate) const FATAL: u64 = super::clock::WEEK_START + 6 * super::clock::DAY + 10_031;

/// What happened that night.
pub(crate) fn sunday() -> Journal {
    let mut journal = Journal::scene("night");
    change(&mut journal);
    replacement(&mut journal);
    hunt(&mut journal);
    journal
}

fn change(journal: &mut Journal) {
    failed_sign_in(journal, Some("dave"), DAVES_ADDRESS, at(13, 2, 40, 22));
    let user = sign_in(journal, "dave", DAVES_ADDRESS, at(13, 2, 41, 5), false);
    browse(journal, &user, &shop().vpc, at(13, 2, 41, 50), 1);
    let session = switch_role(journal, &user, "dave", at(13, 2, 43, 37), false);
    let admin = session.console(DAVES_ADDRESS);
    browse(journal, &admin, &shop().vpc, at(13, 2, 44, 2), 1);
    let tables = describe_route_tables(&shop().vpc);
    journal.add(at(13, 2, 45, 48), &admin, &tables);
    journal.add(at(13, 2, 46, 31), &admin, &tables);
    journal.add(FATAL, &admin, &call_of("fatal", FATAL));
    journal.add(FATAL + 1, &admin, &tables);
    let additional = json!({
        "SwitchFrom": session.arn(),
        "RedirectTo": "https://console.aws.amazon.com/console/home?region=us-east-1",
    });
    let browser = session.sdk(DAVES_ADDRESS, super::people::BROWSER);
    journal.add(at(13, 2, 51, 16), &browser, &Call::sign_in("ExitRole", "Success", additional));
}

/// Auto Scaling finds an instance unhealthy and starts another, which is no better off.
fn replacement(journal: &mut Journal) {
    let now = at(13, 2, 58, 3);
    let mut session = Session::new("AWSServiceRoleForAutoScaling", "AutoScaling", now);
    session.path = "/aws-service-role/autoscaling.amazonaws.com/";
    session.invoked_by = Some("autoscaling.amazonaws.com");
    let actor = session.service();
    journal.add(now, &actor, &call_of("replacement-end", now));
    let fresh = resource_id("i", "shop-app-a2");
    journal.add(now + 41, &actor, &call_of("replacement-start", now + 41));
    let request = json!({"instancesSet": items("instanceId", &[&fresh]), "filterSet": {}});
    journal.add(now + 60, &actor, &Call::read("ec2", "DescribeInstances", request));
}

fn hunt(journal: &mut Journal) {
    let user = sign_in(journal, "alice", "198.51.100.201", at(13, 3, 31, 20), true);
    browse(journal, &user, &shop().vpc, at(13, 3, 32, 0), 4);
    for (step, (instance, _)) in instances().iter().enumerate() {
        let now = at(13, 3, 44 + step as u64, 10);
        let message = format!("{instance} is not connected.");
        let request = json!({"target": instance});
        let call = Call::write("ssm", "StartSession", request, Value::Null)
            .failed("TargetNotConnected", message);
        journal.add(now, &user, &call);
    }
    let request = json!({
        "documentName": "AWS-RunShellScript",
        "instanceIds": instances().map(|(id, _)| id),
        "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "interactive": false,
    });
    let message = "Instances not in a valid state for account";
    let call = Call::write("ssm", "SendCommand", request, Value::Null)
        .failed("InvalidInstanceId", format!("{message} {SHOP}"));
    journal.add(at(13, 3, 52, 44), &user, &call);
    let session = switch_role(journal, &user, "alice", at(13, 4, 5, 0), true);
    let admin = session.console("198.51.100.201");
    let mut now = at(13, 4, 5, 30);
    for _ in 0..3 {
        for call in look_around(&shop().vpc) {
            now += journal.rng.below(9);
            journal.add(now, &admin, &call);
        }
        now += 300;
    }
    let request = json!({
        "maxResults": 50,
        "lookupAttributes": [
            {"attributeKey": "ResourceName", "attributeValue": shop().nat_gateway},
        ],
    });
    journal.add(now, &admin, &Call::read("cloudtrail", "LookupEvents", request));
    journal.add(now + 90, &admin, &describe_route_tables(&shop().vpc));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::clock::iso;

    #[test]
    fn the_fatal_change_is_where_the_story_says() {
        assert_eq!(iso(FATAL), "2026-09-13T02:47:11Z");
    }
}
