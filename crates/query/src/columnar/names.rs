//! Texts by number.

use std::collections::HashMap;

/// A map with a quick hash, seeded anew in each process.
pub(crate) type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Texts, each with its number, from 0 on.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ids: Map<String, u32>,
}

impl Names {
    /// The number of `text`.
    pub(crate) fn id(&mut self, text: String) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry(text).or_insert(next)
    }

    /// Takes in the texts of `other`; returns the new number for each old one.
    pub(crate) fn absorb(&mut self, other: Self) -> Vec<u32> {
        let mut new = vec![0; other.ids.len()];
        for (text, id) in other.ids {
            if let Some(slot) = new.get_mut(id as usize) {
                *slot = self.id(text);
            }
        }
        new
    }

    /// The texts with their numbers, in no order.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (String, u32)> {
        self.ids.into_iter()
    }
}
