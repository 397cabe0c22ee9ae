//! Sets against plain lists of their members.

use proptest::prelude::*;

use super::{Block, Family, HeaderSet, ICMP, IntervalSet, TCP};

/// Numbers of a small universe.
const SMALL: u128 = 12;

fn any_set() -> impl Strategy<Value = IntervalSet> {
    prop::collection::vec((0..SMALL, 0..SMALL), 0..4).prop_map(IntervalSet::of)
}

fn members(set: &IntervalSet) -> Vec<u128> {
    (0..SMALL).filter(|number| set.contains(*number)).collect()
}

/// Blocks in which two fields vary, which is enough for every case of cutting.
fn any_block() -> impl Strategy<Value = Block> {
    (any_set(), any_set(), any_set()).prop_map(|(source, destination, ports)| Block {
        protocol: IntervalSet::one(TCP.into()),
        source_port: ports,
        ..Block::between(source, destination)
    })
}

fn any_headers() -> impl Strategy<Value = HeaderSet> {
    prop::collection::vec(any_block(), 0..4).prop_map(|blocks| {
        let parts = blocks.into_iter().map(HeaderSet::from);
        parts.fold(HeaderSet::default(), |all, part| all.union(&part))
    })
}

fn holds(set: &HeaderSet, source: u128, destination: u128, port: u128) -> usize {
    let is_in = |block: &&Block| {
        block.source.contains(source)
            && block.destination.contains(destination)
            && block.source_port.contains(port)
    };
    set.blocks().iter().filter(is_in).count()
}

proptest! {
    #[test]
    fn intervals_are_sets(a in any_set(), b in any_set()) {
        let both = |keep: fn(bool, bool) -> bool| -> Vec<u128> {
            (0..SMALL).filter(|n| keep(a.contains(*n), b.contains(*n))).collect()
        };
        prop_assert_eq!(members(&a.intersect(&b)), both(|a, b| a && b));
        prop_assert_eq!(members(&a.subtract(&b)), both(|a, b| a && !b));
        prop_assert_eq!(members(&a.union(&b)), both(|a, b| a || b));
        prop_assert_eq!(a.is_within(&b), members(&a).iter().all(|n| b.contains(*n)));
        prop_assert_eq!(a.numbers(SMALL), Some(members(&a)));
        // Equal sets are equal values: no two intervals touch.
        prop_assert_eq!(a.subtract(&b).union(&a.intersect(&b)), a);
    }

    #[test]
    fn header_sets_are_sets(a in any_headers(), b in any_headers()) {
        let (both, rest, either) = (a.intersect(&b), a.subtract(&b), a.union(&b));
        for source in 0..SMALL {
            for destination in 0..SMALL {
                for port in [0, 3, 7, 11] {
                    let of = |set: &HeaderSet| holds(set, source, destination, port);
                    let (in_a, in_b) = (of(&a) > 0, of(&b) > 0);
                    prop_assert_eq!(of(&both) > 0, in_a && in_b);
                    prop_assert_eq!(of(&rest) > 0, in_a && !in_b);
                    prop_assert_eq!(of(&either) > 0, in_a || in_b);
                    // No header is in two blocks.
                    prop_assert!(of(&either) <= 1 && of(&rest) <= 1);
                }
            }
        }
        prop_assert_eq!(a.is_within(&b), rest.is_empty());
    }
}

#[test]
fn an_echo_request_is_answered_by_a_reply() {
    let echo = |kind: u128| {
        HeaderSet::from(Block {
            protocol: IntervalSet::one(ICMP.into()),
            destination_port: IntervalSet::one(kind * 256),
            ..Block::between(IntervalSet::one(1), IntervalSet::one(2))
        })
    };
    let reply = echo(8).reverse();
    assert_eq!(reply.destination_ports(), IntervalSet::one(0));
    assert_eq!(reply.sources(), IntervalSet::one(2));
    assert_eq!(reply.reverse(), echo(8));
}

#[test]
fn a_block_of_addresses_is_of_one_family() {
    let net = "10.0.0.0/30".parse().expect("a block");
    assert_eq!(Family::V4.addresses(&net).numbers(9).map(|all| all.len()), Some(4));
    assert!(Family::V6.addresses(&net).is_empty());
    assert_eq!(Family::V6.all().intervals(), [(0, u128::MAX)]);
    assert_eq!(Family::V4.address(0x0a00_0001).to_string(), "10.0.0.1");
}
