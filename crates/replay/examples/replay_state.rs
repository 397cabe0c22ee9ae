//! Replays records, one a line on standard input, and prints the state as JSON after the last one.
//!
//! With `--each` it prints a line after every record instead: what changed. `tests/oracle` compares both
//! with what a simulator of EC2 describes.

use std::io::{BufRead, Write};

use serde_json::{Value, json};
use trailhound_record::Event;
use trailhound_replay::state::{Changed, Key, Resource, State};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let is_each = std::env::args().any(|argument| argument == "--each");
    let mut out = std::io::stdout().lock();
    let mut state = State::new();
    for line in std::io::stdin().lock().lines() {
        let event = Event::parse(line?.into_bytes(), 0)?;
        let (next, changes) = state.apply(&event);
        state = next;
        if is_each {
            let changes: Value = changes.iter().map(change).collect();
            writeln!(out, "{changes}")?;
            out.flush()?;
        }
    }
    if !is_each {
        let all: Value = state.iter().map(|(key, resource)| one(key, Some(resource))).collect();
        let unread: Vec<Value> =
            state.unread().map(|(operation, count)| json!([operation, count])).collect();
        writeln!(out, "{}", json!({"resources": all, "unread": unread}))?;
    }
    Ok(())
}

fn change(changed: &Changed) -> Value {
    one(&changed.key, changed.after.as_deref())
}

fn one(key: &Key, resource: Option<&Resource>) -> Value {
    json!({"key": key, "body": resource.map(|it| &it.body), "sources": resource.map(|it| &it.sources)})
}
