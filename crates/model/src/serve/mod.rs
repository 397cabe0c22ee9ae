//! The other side of the wire: reads a call of EC2's query protocol and writes its answer.
//!
//! # Source
//! The EC2 protocol as botocore 1.44 writes its calls (`botocore/serialize.py`) and reads its answers
//! (`botocore/parsers.py`); API reference, "Query requests".

mod answer;
mod call;

pub use answer::{answer, error_answer};
pub use call::{ReadCallError, read_call};

#[cfg(test)]
mod tests;
