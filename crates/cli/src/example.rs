//! The bundled example: one account's week, as CloudTrail would have delivered it.

use crate::error::CliError;
use anyhow::Context;
use std::io::Write;
use std::path::Path;
use tempfile::NamedTempFile;

/// Made by `cargo xtask example`.
const WEEK: &[u8] = include_bytes!("../../../example/week.tar.gz");

/// The folder of the example's own store, so that it never mixes with real events.
pub(crate) const DB_NAME: &str = "trailhound-example";

/// The path that its last night breaks: from, to, and the TCP port.
pub(crate) const BROKEN_PATH: (&str, &str, u16) = ("i-06b03129ac85513bd", "203.0.113.10", 443);

/// Writes the example into a temporary file in `folder`, gone when the value is dropped.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_into(folder: &Path) -> Result<NamedTempFile, CliError> {
    let mut file = tempfile::Builder::new()
        .prefix(".example-")
        .suffix(".tar.gz")
        .tempfile_in(folder)
        .with_context(|| format!("cannot write the example into `{}`", folder.display()))?;
    file.write_all(WEEK).context("cannot write the example")?;
    file.flush().context("cannot write the example")?;
    Ok(file)
}
