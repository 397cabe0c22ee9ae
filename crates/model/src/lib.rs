//! What AWS's operations take and give, and how a call goes over the wire.
//!
//! Tables for the operations that change what replay follows, their inverses, and the reads that check
//! them, generated from botocore's service models by `cargo xtask model`. They name members as botocore
//! and the command line do (*botocore form*), and hold what each protocol needs to say the same.
//!
//! It refuses to know credentials, signatures, endpoints and sockets: [`request`] makes the parts of an
//! HTTP request, and whoever sends it signs it. Rejected: AWS's SDK crates, one for each service, which
//! hide the names of members that records are read by.
#![deny(missing_docs)]

mod lookup;
mod request;
mod response;
pub mod serve;
mod shape;
mod table;

pub use lookup::{operation, operations};
pub use request::{HttpRequest, SerializeRequestError, request};
pub use response::{ParseResponseError, ServiceError, response};
pub use shape::{Location, Member, Reference, Shape, ShapeId, Structure, Type};
pub use table::{Operation, Protocol, Service};
