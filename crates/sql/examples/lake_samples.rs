//! Runs every statement of a folder against a store and prints a table in Markdown of which run.
//!
//! How `docs/lake-samples.md` is made:
//! `cargo run --release -p trailhound-sql --example lake_samples -- STORE FOLDER`. The placeholders
//! `${date_filter}` and `$EVENT_ID` get values; names of the event data store are left as they are.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trailhound_sql::{EventDataStoreNames, Limits, SqlEngine};
use trailhound_store::Store;

const ID: &str = "0f1e2d3c-1111-2222-3333-444455556666";

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(store), Some(folder)) = (args.next(), args.next()) else {
        return Err("usage: lake_samples STORE FOLDER".into());
    };
    let store = Store::open(Path::new(&store))?;
    let arn = format!("arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/{ID}");
    let names = EventDataStoreNames { id: ID.to_owned(), arn };
    let engine = SqlEngine::new(Arc::new(move || store.snapshot()), names, Limits::default())?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    println!("| file | runs | rows | ms | why not |\n|---|---|--:|--:|---|");
    for file in files {
        let statement = std::fs::read_to_string(&file)?
            .replace("${date_filter}", "2023-07-06 00:00:00")
            .replace("$EVENT_ID", "'id'");
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match runtime.block_on(engine.run(&statement)) {
            Ok(answer) => {
                let elapsed = answer.statistics.elapsed.as_millis();
                println!("| `{name}` | yes | {} | {elapsed} | |", answer.rows());
            }
            Err(error) => {
                let reason = error.to_string().replace(['\n', '|'], " ");
                println!("| `{name}` | no | | | {reason} |");
            }
        }
    }
    Ok(())
}
