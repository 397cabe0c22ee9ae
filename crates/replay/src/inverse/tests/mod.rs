//! Plans made from events and states written as JSON.

mod hostile;
mod model;
mod roundtrip;
mod rows;
mod support;
mod worked;
