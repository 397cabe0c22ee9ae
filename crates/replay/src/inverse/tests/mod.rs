//! Plans made from events and states written as JSON.

mod docs;
mod events;
mod hostile;
mod model;
mod roundtrip;
mod rows;
mod support;
mod worked;
