//! Whether a packet gets from A to B in a network as it was recorded, with evidence.
//!
//! A [`net::Network`] is immutable: a change makes a new version that shares what stayed. [`path()`]
//! walks sets of headers through it and answers with a verdict, every hop, and the facts that it
//! rests on. It refuses to know where states come from, and to read a file or a clock. Rejected
//! alternative: a logic solver over the whole network, which answers more questions and explains none.
#![deny(missing_docs)]

mod blame;
pub mod explain;
mod exposure;
pub mod headers;

mod hops;
pub mod limits;
pub mod net;
mod path;
mod query;
mod read;
pub mod snapshot;
mod start;
mod timeline;

pub use blame::{Blame, Flip, blame, blame_every_change};
pub use exposure::{Exposure, ExposureQuery, internet_exposure};
pub use net::{Body, Kind, Network, Scope};
pub use path::{Answer, Verdict, path};
pub use query::{EPHEMERAL, End, Ports, Protocol, Query};
pub use read::{Missing, Read, ReadSet, Token, tokens};
pub use timeline::{Timeline, Versions, Write};
