//! How long questions take: `cargo run --release -p trailhound-reach --example speed`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement"
)]

#[allow(dead_code, reason = "tests use more of it")]
#[path = "../tests/main/common.rs"]
mod common;

use std::time::{Duration, Instant};

use common::*;
use serde_json::Value;
use trailhound_reach::headers::Family;
use trailhound_reach::{
    Body, End, ExposureQuery, Kind, Network, Protocol, Query, Timeline, Verdict, Versions, Write,
    blame, internet_exposure, path,
};

/// A VPC with as many machines, twenty to a subnet, and a route table for every subnet.
fn network(machines: usize) -> Network {
    let mut network = story().network();
    let mut put = |kind: Kind, body: Value| {
        let id = body[kind.id_name()].as_str().expect("an id").to_owned();
        let body = Body { json: &body, unknown: &[] };
        network = network.with(&scope(), kind, &id, Some(body));
    };
    for number in 0..machines.div_ceil(20) {
        // Blocks of 32 addresses from 10.0.16.0 on.
        let first = 0x0a00_1000 + u32::try_from(number).expect("few") * 32;
        let id = format!("subnet-{number}");
        let cidr = format!("{}/27", std::net::Ipv4Addr::from(first));
        put(Kind::Subnet, subnet(&id, "vpc-1", &cidr));
        let target = if number % 3 == 0 { "igw-1" } else { "nat-1" };
        let routes = [route("10.0.0.0/16", "local"), route("0.0.0.0/0", target)];
        put(Kind::RouteTable, table(&format!("rtb-{number}"), "vpc-1", &routes, &[&id]));
        for place in 0..20.min(machines - number * 20) {
            let address = std::net::Ipv4Addr::from(first + 4 + u32::try_from(place).expect("few"));
            let name = format!("{number}-{place}");
            let own = interface(&name, &id, "vpc-1", &address.to_string(), &["sg-web"]);
            let outside = format!("198.18.{}.{}", number % 256, (number / 256) * 20 + place);
            let own = if place % 2 == 0 { public(own, &outside) } else { own };
            put(Kind::Interface, own);
            put(Kind::Instance, instance(&name));
        }
    }
    network.complete(&scope())
}

fn question() -> Query {
    let outside = End::Address("203.0.113.10".parse().expect("an address"));
    Query::new(End::Instance("i-app".into()), outside).port(443)
}

/// The quickest of a few runs, and the last result.
fn timed<T>(runs: usize, mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut best = Duration::MAX;
    let mut last = None;
    for _ in 0..runs {
        let start = Instant::now();
        last = Some(run());
        best = best.min(start.elapsed());
    }
    (best, last.expect("a run"))
}

/// The same with the one group of the machine written over and over: every change is a suspect.
fn suspicious(start: Network, count: usize, suspects: usize) -> Timeline<usize> {
    let mut timeline = timeline(start, count - suspects);
    let scope = scope();
    for number in 0..suspects {
        let port = i64::try_from(number % 60_000).expect("few");
        let rules = [all(), permit("udp", Some((port, port)), "10.0.0.0/8")];
        let body = group("sg-app", "vpc-1", &[], &rules);
        let write = Write {
            scope: &scope,
            kind: Kind::SecurityGroup,
            id: "sg-app",
            body: Some((&body, &[])),
        };
        timeline.push(number, [write]);
    }
    timeline
}

/// A timeline of `count` changes: every hundredth in the VPC, the story's in the middle.
fn timeline(start: Network, count: usize) -> Timeline<usize> {
    let mut timeline = Timeline::new(start);
    let scope = scope();
    let lab = story();
    let private = &lab.bodies[&(Kind::RouteTable, "rtb-private".to_owned())];
    let mut broken = private.clone();
    broken["Routes"][1] = route("0.0.0.0/0", "igw-1");
    for number in 0..count {
        let (kind, id, body) = if number == count / 2 {
            (Kind::RouteTable, "rtb-private".to_owned(), broken.clone())
        } else if number % 100 == 0 {
            let mut body = if number < count / 2 { private.clone() } else { broken.clone() };
            let other = route(&format!("192.0.2.{}/32", number / 100 % 256), "nat-1");
            body["Routes"].as_array_mut().expect("routes").push(other);
            (Kind::RouteTable, "rtb-private".to_owned(), body)
        } else {
            let id = format!("sg-{}", number % 5_000);
            let port = i64::try_from(number % 60_000).expect("few");
            let body =
                group(&id, "vpc-other", &[permit("tcp", Some((port, port)), "10.0.0.0/8")], &[]);
            (Kind::SecurityGroup, id, body)
        };
        let write = Write { scope: &scope, kind, id: &id, body: Some((&body, &[])) };
        timeline.push(number, [write]);
    }
    timeline
}

fn main() {
    println!("one path, and every interface against the internet, by size of the VPC");
    for machines in [100, 1_000, 10_000] {
        let (built, network) = timed(1, || network(machines));
        let (one, answer) = timed(20, || path(&network, &question()));
        assert_eq!(answer.verdict, Verdict::Reachable);
        let ask = ExposureQuery { protocol: Protocol::Tcp, port: Some(443), family: Family::V4 };
        let (all, exposures) = timed(3, || internet_exposure(&network, &ask));
        let count = |verdict: Verdict| {
            exposures.iter().filter(|exposure| exposure.from_internet.verdict == verdict).count()
        };
        println!(
            "{machines:>6} interfaces: built {built:>10.1?}  path {one:>9.1?} ({} facts)  all {all:>9.1?} ({} reachable from the internet, {} only forward)",
            answer.read_set.len(),
            count(Verdict::Reachable),
            count(Verdict::ForwardOnly),
        );
    }
    println!("who is to blame, among changes of which one in a hundred touches the private table");
    for count in [1_000, 10_000, 100_000] {
        let (pushed, timeline) = timed(1, || timeline(network(1_000), count));
        let (took, found) = timed(3, || blame(&timeline, &question(), 0, timeline.len()));
        let culprit = found.culprit().map(|flip| flip.change);
        assert_eq!(culprit, Some(count / 2));
        println!(
            "{count:>6} changes: appended {pushed:>10.1?}  blame {took:>9.1?} ({} evaluations)",
            found.evaluations
        );
    }
    println!("the same, and 1,000 more changes that touch what the answer rests on");
    let timeline = suspicious(network(1_000), 100_000, 1_000);
    let (took, found) = timed(3, || blame(&timeline, &question(), 0, timeline.len()));
    assert_eq!(found.culprit().map(|flip| flip.change), Some(49_500));
    println!("100000 changes: blame {took:>9.1?} ({} evaluations)", found.evaluations);
}
