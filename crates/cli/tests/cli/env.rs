//! A folder, a store in it, and the binary run with nothing else of this machine's.

use expect_test::Expect;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// One test's folder.
pub(crate) struct TestEnv {
    folder: TempDir,
}

impl TestEnv {
    /// An empty folder; the store is not made yet.
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// A store that holds `tests/logs`.
    pub(crate) fn with_logs() -> Self {
        Self::with("logs")
    }

    /// A store that holds a folder of `tests`.
    pub(crate) fn with(folder: &str) -> Self {
        let env = Self::new();
        let output = env.command(&["import", folder]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        env
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary with `args`, run in `tests/`, on this folder's store.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trailhound"));
        command
            .args(args)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"))
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.folder.path().join("data"))
            .env("TRAILHOUND_DB", self.path("db"));
        command
    }

    /// What `args` print and how they end, with this folder's path as `[ENV]`.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        self.text(&self.command(args).output().unwrap())
    }

    /// What `output` holds, each stream under its name.
    pub(crate) fn text(&self, output: &Output) -> String {
        let mut text = String::from_utf8(output.stdout.clone()).unwrap();
        if !output.stderr.is_empty() {
            text.push_str("--- stderr\n");
            text.push_str(std::str::from_utf8(&output.stderr).unwrap());
        }
        match output.status.code() {
            Some(0) => {}
            Some(code) => text.push_str(&format!("--- exit {code}\n")),
            None => text.push_str("--- killed\n"),
        }
        text.replace(self.folder.path().to_str().unwrap(), "[ENV]")
    }

    /// Compares what `args` print, control and bidi characters written out.
    pub(crate) fn check(&self, args: &[&str], expect: Expect) {
        expect.assert_eq(&escaped(&self.run(args)));
    }
}

fn escaped(text: &str) -> String {
    let is_hidden = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    let each = |c: char| if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(each).collect()
}
