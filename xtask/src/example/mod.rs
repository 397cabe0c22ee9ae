//! The bundled example: a made-up account's week, ending in a fatal route change.
//!
//! `cargo xtask example` writes `example/week.tar.gz`; `cargo xtask example --check` compares what it
//! would write with what is there. The calls that make and change the networks were really made, to a
//! simulator (`made.rs`); identities, consoles and all around them are generated. Nothing is copied from anybody's logs; addresses are those that
//! RFC 5737 sets aside, account ids those of the AWS documentation.

mod actor;
mod build;
mod clock;
mod delivery;
mod made;
mod night;
mod people;
mod pipeline;
mod random;
mod record;
mod services;
mod workload;
mod world;

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use record::Record;
use std::io::Read;
use std::path::Path;

/// Where the example is, from the root of the repository.
pub(crate) const PATH: &str = "example/week.tar.gz";

/// Everything that happened, oldest first.
fn records() -> Vec<Record> {
    let mut records: Vec<Record> = [
        build::monday(),
        pipeline::week(),
        services::monitoring(),
        services::aws(),
        workload::week(),
        people::week(),
        night::sunday(),
    ]
    .into_iter()
    .flat_map(|journal| journal.records)
    .collect();
    records.sort_by_key(|record| record.time);
    records
}

/// Writes the example, or with `check` compares it.
///
/// # Errors
/// With `check`, when the file holds something else.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let path = root.join(PATH);
    let records = records();
    let objects = delivery::deliver(&records);
    let bytes = delivery::archive(&objects)?;
    if check {
        let found = std::fs::read(&path).with_context(|| format!("cannot read `{PATH}`"))?;
        // Decompressed, since another version of the compressor may pack the same text tighter.
        if unpack(&found)? != unpack(&bytes)? {
            bail!("`{PATH}` is not what `cargo xtask example` writes: run it and commit the file");
        }
        println!("{PATH}: {} records, reproducible", records.len());
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).context("cannot create the folder `example`")?;
    }
    std::fs::write(&path, &bytes).with_context(|| format!("cannot write `{PATH}`"))?;
    println!("{PATH}: {} records, {} files, {} bytes", records.len(), objects.len(), bytes.len());
    Ok(())
}

fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes));
    let mut members = Vec::new();
    for entry in archive.entries().context("cannot read the archive")? {
        let mut entry = entry.context("cannot read the archive")?;
        let name = entry.path().context("cannot read a name")?.display().to_string();
        let mut packed = Vec::new();
        entry.read_to_end(&mut packed).context("cannot read a member")?;
        let mut text = Vec::new();
        MultiGzDecoder::new(packed.as_slice())
            .read_to_end(&mut text)
            .with_context(|| format!("cannot decompress `{name}`"))?;
        members.push((name, text));
    }
    Ok(members)
}

#[cfg(test)]
mod tests;
