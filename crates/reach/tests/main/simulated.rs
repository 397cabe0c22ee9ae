//! The engine against a simulator of single packets, on small random networks.

use crate::brute::{Model, PORTS, Packet, Place, any_model, simulate};
use proptest::prelude::*;
use trailhound_reach::headers::{Block, Family, HeaderSet, IntervalSet, number};
use trailhound_reach::{
    End, ExposureQuery, Network, Ports, Protocol, Query, Verdict, internet_exposure, path,
};

fn end(place: Place, model: &Model) -> End {
    match place {
        Place::Machine(machine) => End::Interface(format!("eni-{machine}").into()),
        Place::Outside { .. } => End::Address(model.outside()),
    }
}

const OUTSIDE: Place = Place::Outside { egress_only: false };

/// Every pair of ends that may be asked about.
fn pairs() -> Vec<(Place, Place)> {
    let mut pairs = Vec::new();
    for from in 0..4 {
        pairs.extend(
            (0..4).filter(|to| *to != from).map(|to| (Place::Machine(from), Place::Machine(to))),
        );
        pairs.push((Place::Machine(from), OUTSIDE));
        pairs.push((OUTSIDE, Place::Machine(from)));
    }
    pairs
}

/// The addresses of a packet from one end to the other, as it is sent; none where there is none.
fn addresses(
    model: &Model,
    from: Place,
    to: Place,
) -> Option<(std::net::IpAddr, std::net::IpAddr)> {
    match (from, to) {
        (Place::Machine(from), Place::Machine(to)) => {
            Some((model.address(from), model.address(to)))
        }
        (Place::Machine(from), Place::Outside { .. }) => {
            Some((model.address(from), model.outside()))
        }
        (Place::Outside { .. }, Place::Machine(to)) => {
            let is_known = model.six || model.machines[to].is_public;
            is_known.then(|| (model.outside(), model.public_address(to)))
        }
        (Place::Outside { .. }, Place::Outside { .. }) => None,
    }
}

fn one(packet: Packet) -> HeaderSet {
    let port = |port: u16| IntervalSet::one(port.into());
    HeaderSet::from(Block {
        source: IntervalSet::one(number(packet.source)),
        destination: IntervalSet::one(number(packet.destination)),
        protocol: IntervalSet::one(packet.protocol.into()),
        source_port: port(packet.source_port),
        destination_port: port(packet.destination_port),
    })
}

fn packets(source: std::net::IpAddr, destination: std::net::IpAddr) -> Vec<Packet> {
    let mut packets = Vec::new();
    for protocol in [6, 17] {
        for source_port in PORTS {
            for destination_port in PORTS {
                packets.push(Packet {
                    source,
                    destination,
                    protocol,
                    source_port,
                    destination_port,
                });
            }
        }
    }
    packets
}

fn asked(model: &Model, from: Place, to: Place) -> Query {
    let family = if model.six { Family::V6 } else { Family::V4 };
    let all = Some(Ports { from: 0, to: 65_535 });
    Query {
        family,
        source_port: all,
        ..Query::new(end(from, model), end(to, model)).protocol(Protocol::Any)
    }
}

/// Compares one pair of ends; returns how many packets were answered.
fn compare(model: &Model, network: &Network, from: Place, to: Place) -> usize {
    let set = path(network, &asked(model, from, to));
    assert_ne!(set.verdict, Verdict::Unknown, "{from:?} {to:?}: {:?}", set.missing);
    let Some((source, destination)) = addresses(model, from, to) else {
        assert_eq!(set.verdict, Verdict::Unreachable);
        return 0;
    };
    let (mut any_there, mut answered) = (false, 0);
    for packet in packets(source, destination) {
        let (there, back) = simulate(model, from, to, packet);
        any_there |= there;
        answered += usize::from(back);
        let is_in = one(packet).is_within(&set.header_set);
        if set.verdict == Verdict::Reachable {
            assert_eq!(is_in, back, "{from:?} {to:?} {packet:?}: {:?}", set.header_set);
        } else {
            assert!(!back, "{from:?} {to:?} {packet:?}: {:?} {:?}", set.verdict, set.explanations);
            let is_there = set.verdict == Verdict::ForwardOnly && is_in;
            assert_eq!(is_there, there, "{from:?} {to:?} {packet:?}: {:?}", set.explanations);
        }
    }
    let expected = match (any_there, answered) {
        (_, 1..) => Verdict::Reachable,
        (true, 0) => Verdict::ForwardOnly,
        (false, 0) => Verdict::Unreachable,
    };
    assert_eq!(set.verdict, expected, "{from:?} {to:?}: {:#?}", set.explanations);
    answered
}

/// What each interface and the internet are to each other, asked one by one and all at once.
fn compare_exposure(model: &Model, network: &Network) {
    let family = if model.six { Family::V6 } else { Family::V4 };
    let ask = ExposureQuery { protocol: Protocol::Tcp, port: Some(443), family };
    let exposures = internet_exposure(network, &ask);
    assert_eq!(exposures.len(), 4);
    for exposure in exposures {
        let own = || End::Interface(exposure.interface.clone());
        let to = Query { family, ..Query::new(own(), End::Internet).port(443) };
        let from = Query { family, ..Query::new(End::Internet, own()).port(443) };
        assert!(path(network, &to).agrees_with(&exposure.to_internet), "{:?}", exposure.interface);
        assert!(
            path(network, &from).agrees_with(&exposure.from_internet),
            "{:?}",
            exposure.interface
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// What the set engine accepts is what a packet at a time gets through.
    #[test]
    fn the_engine_agrees_with_single_packets(model in any_model()) {
        let network = model.lab().complete();
        for (from, to) in pairs() {
            compare(&model, &network, from, to);
        }
        compare_exposure(&model, &network);
    }
}

#[test]
fn the_random_networks_are_not_all_closed() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut open, mut closed) = (0, 0);
    for _ in 0..40 {
        let model = any_model().new_tree(&mut runner).expect("a model").current();
        let network = model.lab().complete();
        for (from, to) in pairs() {
            match compare(&model, &network, from, to) {
                0 => closed += 1,
                _ => open += 1,
            }
        }
    }
    assert!(open > 100 && closed > 100, "{open} open, {closed} closed");
}
