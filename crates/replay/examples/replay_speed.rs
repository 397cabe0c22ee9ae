//! Measures how long the state at a time takes: one VPC with many changes, with checkpoints.
//!
//! `cargo run --release -p trailhound-replay --example replay_speed -- 100000 500`

use std::time::Instant;

use serde_json::{Value, json};
use trailhound_record::{Event, Timestamp};
use trailhound_replay::state::{Checkpoints, State};

const START: i64 = 1_780_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| match arguments.next() {
        Some(text) => text.parse(),
        None => Ok(default),
    };
    let (count, every) = (number(100_000)?, number(500)?);
    let events: Vec<Event> = (0..count).map(event).collect::<Result<_, _>>()?;
    let started = Instant::now();
    let checkpoints = Checkpoints::new(&events, &State::new(), every);
    let took = started.elapsed();
    println!("{count} events replayed in {:.2} s, a state kept each {every}", took.as_secs_f64());
    let mut slowest = 0.0_f64;
    let mut sum = 0.0;
    const ASKED: usize = 200;
    for number in 0..ASKED {
        let at = START + (number * 7_919 % count) as i64;
        let started = Instant::now();
        let state = checkpoints.at(&events, Timestamp::from_seconds(at));
        let ms = started.elapsed().as_secs_f64() * 1_000.0;
        assert!(!state.is_empty());
        slowest = slowest.max(ms);
        sum += ms;
    }
    println!(
        "state at a time: mean {:.2} ms, slowest of {ASKED} {slowest:.2} ms",
        sum / ASKED as f64
    );
    Ok(())
}

/// Changes as a busy network has them: routes, rules, tags, of a few tables and groups.
fn event(number: usize) -> Result<Event, trailhound_record::ParseRecordError> {
    let table = format!("rtb-{:08x}", number % 40);
    let group = format!("sg-{:08x}", number % 60);
    let cidr = format!("10.{}.{}.0/24", number / 40 % 30, number % 7);
    let done = json!({"_return": true});
    let (name, request, answer) = match number {
        0 => (
            "CreateVpc",
            json!({"cidrBlock": "10.0.0.0/16"}),
            json!({"vpc": {"vpcId": "vpc-00000001", "cidrBlock": "10.0.0.0/16"}}),
        ),
        1..=40 => (
            "CreateRouteTable",
            json!({"vpcId": "vpc-00000001"}),
            json!({"routeTable": {"routeTableId": table, "vpcId": "vpc-00000001"}}),
        ),
        41..=100 => (
            "CreateSecurityGroup",
            json!({"groupName": group, "groupDescription": "d", "vpcId": "vpc-00000001"}),
            json!({"groupId": group}),
        ),
        _ => match number % 5 {
            0 | 1 => (
                "CreateRoute",
                json!({"routeTableId": table, "destinationCidrBlock": cidr, "gatewayId": "igw-00000001"}),
                done,
            ),
            2 => {
                ("DeleteRoute", json!({"routeTableId": table, "destinationCidrBlock": cidr}), done)
            }
            3 => ("AuthorizeSecurityGroupIngress", rule(&group, number), done),
            _ => ("RevokeSecurityGroupIngress", rule(&group, number), done),
        },
    };
    let time = Timestamp::from_seconds(START + number as i64).canonical_text().unwrap_or_default();
    let record = json!({"eventSource": "ec2.amazonaws.com", "eventName": name, "eventTime": time,
        "eventID": format!("{number:032x}"), "awsRegion": "us-east-1", "recipientAccountId": "123456789012",
        "readOnly": false, "requestParameters": request, "responseElements": answer});
    Event::parse(record.to_string().into_bytes(), 0)
}

fn rule(group: &str, number: usize) -> Value {
    let port = 1_000 + number / 5 % 50;
    json!({"groupId": group, "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": port,
        "toPort": port, "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}}]}})
}
