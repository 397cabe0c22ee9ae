//! Plans made from events and states written as JSON.

mod support;
mod worked;
