//! A union of blocks that do not overlap.

use super::{Block, IntervalSet};

/// A set of headers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct HeaderSet {
    blocks: Vec<Block>,
}

impl From<Block> for HeaderSet {
    fn from(block: Block) -> Self {
        HeaderSet { blocks: if block.is_empty() { Vec::new() } else { vec![block] } }
    }
}

impl HeaderSet {
    /// The blocks; no two overlap.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Whether no header is in it.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// What is in both.
    pub fn intersect(&self, other: &HeaderSet) -> HeaderSet {
        let pairs = self.blocks.iter().flat_map(|a| other.blocks.iter().map(move |b| (a, b)));
        HeaderSet { blocks: pairs.filter_map(|(a, b)| a.intersect(b)).collect() }
    }

    /// What is in this one and in `block`.
    pub fn within(&self, block: &Block) -> HeaderSet {
        HeaderSet { blocks: self.blocks.iter().filter_map(|own| own.intersect(block)).collect() }
    }

    /// What is in this one and not in `block`.
    pub fn without(&self, block: &Block) -> HeaderSet {
        HeaderSet { blocks: self.blocks.iter().flat_map(|own| own.subtract(block)).collect() }
    }

    /// What is in this one and not in `other`.
    pub fn subtract(&self, other: &HeaderSet) -> HeaderSet {
        other.blocks.iter().fold(self.clone(), |rest, block| rest.without(block))
    }

    /// What is in either.
    pub fn union(&self, other: &HeaderSet) -> HeaderSet {
        let mut blocks = other.subtract(self).blocks;
        blocks.extend(self.blocks.iter().cloned());
        HeaderSet { blocks }
    }

    /// Whether every header of this one is in `other`.
    pub fn is_within(&self, other: &HeaderSet) -> bool {
        self.subtract(other).is_empty()
    }

    /// The headers of the answers.
    pub fn reverse(&self) -> HeaderSet {
        let reversed = self.blocks.iter().flat_map(Block::reverse);
        reversed.fold(HeaderSet::default(), |all, block| all.union(&HeaderSet::from(block)))
    }

    /// All destination addresses in it.
    pub fn destinations(&self) -> IntervalSet {
        IntervalSet::of(self.blocks.iter().flat_map(|b| b.destination.intervals().to_vec()))
    }

    /// All source addresses in it.
    pub fn sources(&self) -> IntervalSet {
        IntervalSet::of(self.blocks.iter().flat_map(|b| b.source.intervals().to_vec()))
    }

    /// All protocol numbers in it.
    pub fn protocols(&self) -> IntervalSet {
        IntervalSet::of(self.blocks.iter().flat_map(|b| b.protocol.intervals().to_vec()))
    }

    /// All source ports in it.
    pub fn source_ports(&self) -> IntervalSet {
        IntervalSet::of(self.blocks.iter().flat_map(|b| b.source_port.intervals().to_vec()))
    }

    /// All destination ports in it.
    pub fn destination_ports(&self) -> IntervalSet {
        IntervalSet::of(self.blocks.iter().flat_map(|b| b.destination_port.intervals().to_vec()))
    }

    /// Those whose destination is in `addresses`.
    pub fn to(&self, addresses: &IntervalSet) -> HeaderSet {
        self.narrow(|block| block.destination = block.destination.intersect(addresses))
    }

    /// Those whose source is in `addresses`.
    pub fn from_source(&self, addresses: &IntervalSet) -> HeaderSet {
        self.narrow(|block| block.source = block.source.intersect(addresses))
    }

    /// Those whose protocol is in `protocols` and whose destination port is in `ports`.
    pub fn matching(&self, protocols: &IntervalSet, ports: &IntervalSet) -> HeaderSet {
        self.narrow(|block| {
            block.protocol = block.protocol.intersect(protocols);
            block.destination_port = block.destination_port.intersect(ports);
        })
    }

    /// Shrinks every block; `shrink` must only take headers away.
    pub fn narrow(&self, shrink: impl Fn(&mut Block)) -> HeaderSet {
        let mut blocks = self.blocks.clone();
        blocks.iter_mut().for_each(shrink);
        blocks.retain(|block| !block.is_empty());
        HeaderSet { blocks }
    }

    /// Rewrites every block, as a translation does.
    pub fn rewrite(&self, write: impl Fn(&mut Block)) -> HeaderSet {
        let mut blocks = self.blocks.clone();
        blocks.iter_mut().for_each(write);
        let parts = blocks.into_iter().map(HeaderSet::from);
        parts.fold(HeaderSet::default(), |all, part| all.union(&part))
    }
}
