//! Import, store and look-up together, on real files: what goes in comes out, whatever happens.

mod bounds;
mod child;
mod faults;
mod kill;
mod order;
mod rows;
mod shared_data;
mod synthetic;
