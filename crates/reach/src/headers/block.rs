//! A product of five sets: one block of headers.

use super::{ICMP, ICMPV6, IntervalSet, TCP, UDP, all_ports, all_protocols};

/// The headers whose every field lies in the set of that field.
///
/// Protocols without ports have both port fields all the same. ICMP keeps type and code in
/// `destination_port`, as `type * 256 + code`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block {
    /// Source addresses.
    pub source: IntervalSet,
    /// Destination addresses.
    pub destination: IntervalSet,
    /// Protocol numbers.
    pub protocol: IntervalSet,
    /// Source ports.
    pub source_port: IntervalSet,
    /// Destination ports.
    pub destination_port: IntervalSet,
}

impl Block {
    /// All headers from `source` to `destination`.
    pub fn between(source: IntervalSet, destination: IntervalSet) -> Block {
        let (protocol, source_port) = (all_protocols(), all_ports());
        let destination_port = source_port.clone();
        Block { source, destination, protocol, source_port, destination_port }
    }

    /// Whether no header is in it.
    pub fn is_empty(&self) -> bool {
        self.fields().iter().any(|field| field.is_empty())
    }

    fn fields(&self) -> [&IntervalSet; 5] {
        [&self.source, &self.destination, &self.protocol, &self.source_port, &self.destination_port]
    }

    fn fields_mut(&mut self) -> [&mut IntervalSet; 5] {
        [
            &mut self.source,
            &mut self.destination,
            &mut self.protocol,
            &mut self.source_port,
            &mut self.destination_port,
        ]
    }

    /// What is in both; nothing where they have no header in common.
    pub fn intersect(&self, other: &Block) -> Option<Block> {
        let mut both = self.clone();
        for (field, limit) in both.fields_mut().into_iter().zip(other.fields()) {
            *field = field.intersect(limit);
            if field.is_empty() {
                return None;
            }
        }
        Some(both)
    }

    /// What is in this one and not in `other`, as blocks that do not overlap.
    pub fn subtract(&self, other: &Block) -> Vec<Block> {
        let Some(both) = self.intersect(other) else { return vec![self.clone()] };
        let mut rest = Vec::new();
        // Each field in turn: what lies outside in this field is left, the inside is cut further.
        let mut inside = self.clone();
        for place in 0..5 {
            let (Some(own), Some(common)) =
                (inside.fields().get(place).copied().cloned(), both.fields().get(place).copied())
            else {
                continue;
            };
            let outside = own.subtract(common);
            if !outside.is_empty() {
                let mut left = inside.clone();
                if let Some(field) = left.fields_mut().into_iter().nth(place) {
                    *field = outside;
                }
                rest.push(left);
            }
            if let Some(field) = inside.fields_mut().into_iter().nth(place) {
                *field = common.clone();
            }
        }
        rest
    }

    /// The headers of the answers: ends and ports swapped, echo requests turned into replies.
    ///
    /// ICMP that is no echo has no answer of its own; whatever comes back may have any type.
    pub fn reverse(&self) -> Vec<Block> {
        let icmp = IntervalSet::of([ICMP, ICMPV6].map(|number| (number.into(), number.into())));
        let mut reversed = Vec::new();
        let ported = self.protocol.subtract(&icmp);
        if !ported.is_empty() {
            reversed.push(Block {
                source: self.destination.clone(),
                destination: self.source.clone(),
                protocol: ported,
                source_port: self.destination_port.clone(),
                destination_port: self.source_port.clone(),
            });
        }
        for (protocol, request, reply) in [(ICMP, 8, 0), (ICMPV6, 128, 129)] {
            let number = u128::from(protocol);
            if !self.protocol.contains(number) {
                continue;
            }
            let (request, reply) = (u128::from(request * 256_u16), u128::from(reply * 256_u16));
            let types = &self.destination_port;
            let mut answers = Vec::new();
            if types.contains(request) {
                answers.push((reply, reply));
            }
            if types.contains(reply) {
                answers.push((request, request));
            }
            let echo = IntervalSet::of([(request, request), (reply, reply)]);
            let destination_port = if answers.is_empty() {
                all_ports().subtract(&echo)
            } else {
                IntervalSet::of(answers)
            };
            reversed.push(Block {
                source: self.destination.clone(),
                destination: self.source.clone(),
                protocol: IntervalSet::one(number),
                source_port: all_ports(),
                destination_port,
            });
        }
        reversed
    }

    /// Restricts to `protocol` (all of them where absent) and, for TCP and UDP, to `ports`.
    pub fn pattern(protocol: Option<u8>, ports: &IntervalSet) -> (IntervalSet, IntervalSet) {
        let protocols = protocol.map_or_else(all_protocols, |one| IntervalSet::one(one.into()));
        match protocol {
            Some(TCP | UDP | ICMP | ICMPV6) => (protocols, ports.clone()),
            _ => (protocols, all_ports()),
        }
    }
}
