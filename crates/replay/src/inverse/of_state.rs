//! The replayed state as what a plan asks.

use super::prior::{Existence, Prior};
use crate::state::{Key, Lookup, Resource, Scope, State};

impl Prior for State {
    fn resource(&self, key: &Key) -> Option<&Resource> {
        self.get(key)
    }

    fn resources<'a>(
        &'a self,
        scope: &Scope,
        resource_type: &'static str,
    ) -> Box<dyn Iterator<Item = (&'a Key, &'a Resource)> + 'a> {
        Box::new(self.of_type(scope, resource_type))
    }

    fn exists(&self, key: &Key) -> Existence {
        match self.lookup(key) {
            Lookup::Is(_) => Existence::Yes,
            Lookup::Absent(_) => Existence::No,
            Lookup::Unknown => Existence::Unknown,
        }
    }
}
