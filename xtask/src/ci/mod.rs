//! What a change must pass, step by step. The hosted run and a laptop run the same thing.

mod clients;
mod command;
mod rust;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How a step ended, when it did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything ran.
    Passed,
    /// Something could not run here; why.
    Partly(String),
    /// There is nothing to run; why.
    Absent(String),
}

/// Where things are.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The root of the repository.
    root: PathBuf,
    /// Cargo's target folder: built things and the Python environment live there.
    target: PathBuf,
}

struct Step {
    name: &'static str,
    what: &'static str,
    run: fn(&Context) -> Result<Outcome>,
}

const STEPS: [Step; 12] = [
    Step { name: "fmt", what: "cargo fmt --check", run: rust::fmt },
    Step { name: "tidy", what: "rules about the repository", run: rust::tidy },
    Step { name: "example", what: "the bundled example is reproducible", run: rust::example },
    Step { name: "clippy", what: "lints, warnings are errors", run: rust::clippy },
    Step { name: "test", what: "all tests, cargo nextest", run: rust::test },
    Step { name: "doctest", what: "the examples in the documentation", run: rust::doctest },
    Step { name: "doc", what: "the documentation, warnings are errors", run: rust::doc },
    Step { name: "deny", what: "licences, sources, advisories", run: rust::deny },
    Step { name: "fuzz", what: "the fuzz targets type-check", run: rust::fuzz },
    Step { name: "e2e", what: "real clients against the binary", run: clients::end_to_end },
    Step { name: "oracle", what: "replay against a simulator of EC2", run: clients::oracle },
    Step { name: "browser", what: "the pages in Chromium", run: clients::browser },
];

/// The steps, for the help text.
pub(crate) fn help() -> String {
    STEPS.iter().map(|step| format!("    {:<8} {}\n", step.name, step.what)).collect()
}

/// Runs the steps named by `names`, or all of them, and prints a table.
///
/// All steps run even when one fails: one run shows everything there is to mend.
///
/// # Errors
/// When a step failed or a name is unknown.
pub(crate) fn run(root: &Path, names: &[&str]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        bail!("there is no step `{unknown}`; the steps are:\n{}", help());
    }
    let context = Context { root: root.to_path_buf(), target: command::target_folder(root)? };
    let mut rows: Vec<(&str, Duration, String, bool)> = Vec::new();
    for step in STEPS.iter().filter(|step| names.is_empty() || names.contains(&step.name)) {
        println!("\n==== {}: {}", step.name, step.what);
        let started = Instant::now();
        let outcome = (step.run)(&context);
        let took = started.elapsed();
        let (text, failed) = match outcome {
            Ok(Outcome::Passed) => ("ok".to_owned(), false),
            Ok(Outcome::Partly(reason)) => (format!("ok, BUT {reason}"), false),
            Ok(Outcome::Absent(reason)) => (format!("nothing to do: {reason}"), false),
            Err(error) => (format!("FAILED: {error:#}"), true),
        };
        println!("==== {}: {text} ({:.1} s)", step.name, took.as_secs_f64());
        rows.push((step.name, took, text, failed));
    }
    println!("\n{}", table(&rows));
    let failed = rows.iter().filter(|row| row.3).count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", rows.len());
    }
    Ok(())
}

fn table(rows: &[(&str, Duration, String, bool)]) -> String {
    let mut text = format!("{:<8} {:>8}  outcome\n", "step", "seconds");
    for (name, took, outcome, _) in rows {
        let line = outcome.lines().next().unwrap_or_default();
        text.push_str(&format!("{name:<8} {:>8.1}  {line}\n", took.as_secs_f64()));
    }
    let total: Duration = rows.iter().map(|row| row.1).sum();
    text.push_str(&format!("{:<8} {:>8.1}\n", "all", total.as_secs_f64()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_each_step_and_the_sum() {
        let rows = [
            ("fmt", Duration::from_millis(1_500), "ok".to_owned(), false),
            ("test", Duration::from_secs(60), "FAILED: x\nmore".to_owned(), true),
        ];
        assert_eq!(
            table(&rows),
            "step      seconds  outcome\n\
             fmt           1.5  ok\n\
             test         60.0  FAILED: x\n\
             all          61.5\n"
        );
    }

    #[test]
    fn an_unknown_step_is_an_error_that_names_the_known_ones() {
        let error = run(Path::new("."), &["lint"]).unwrap_err().to_string();
        assert!(error.starts_with("there is no step `lint`"), "{error}");
        assert!(error.contains("clippy"), "{error}");
    }
}
