//! Writes calls, one JSON object `{"service", "operation", "input"}` a line, as HTTP requests, one a line.
//!
//! `tests/oracle` compares them with what botocore writes.

use std::io::{BufRead, Write};

use serde_json::{Value, json};
use trailhound_model::{operation, request};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let call: Value = serde_json::from_str(&line?)?;
        let text = |name: &str| call.get(name).and_then(Value::as_str).unwrap_or_default();
        let input = call.get("input").cloned().unwrap_or_default();
        let answer = match operation(text("service"), text("operation")) {
            None => json!({"error": "no such operation"}),
            Some(operation) => match request(operation, &input) {
                Err(error) => json!({"error": error.to_string()}),
                Ok(request) => json!({
                    "method": request.method,
                    "path": request.path,
                    "query": request.query,
                    "headers": request.headers,
                    "body": String::from_utf8_lossy(&request.body),
                }),
            },
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
