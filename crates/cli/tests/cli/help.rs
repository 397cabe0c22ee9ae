//! The help of every command, as it is printed: a change here is a change of the interface.

use crate::env::TestEnv;
use expect_test::expect_file;

/// Every command, in the order of the help.
const COMMANDS: &[&str] = &[
    "up",
    "demo",
    "import",
    "lookup",
    "search",
    "top",
    "histogram",
    "show",
    "who",
    "history",
    "changes",
    "path",
    "blame-path",
    "watch",
    "state",
    "diff",
    "snapshot",
    "drift",
    "undo",
    "report",
    "who-deleted",
    "who-created",
    "key",
    "actor",
    "ip",
    "agents",
    "errors",
    "logins",
    "root",
    "iam-changes",
    "persistence",
    "regions",
    "first-seen",
    "tampering",
    "exposure",
    "reads",
    "bulk-delete",
    "cross-account",
    "clickops",
    "timeline",
    "coverage",
    "sql",
    "serve",
    "verify",
    "stats",
    "compact",
    "completions",
];

#[test]
fn help_of_every_command() {
    let env = TestEnv::new();
    expect_file!["help/trailhound.txt"].assert_eq(&env.run(&["--help"]));
    for name in COMMANDS {
        expect_file![format!("help/{name}.txt")].assert_eq(&env.run(&[name, "--help"]));
    }
}

#[test]
fn every_command_is_in_the_help_test() {
    let env = TestEnv::new();
    let help = env.run(&["--help"]);
    let commands: Vec<_> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // A long description goes on in the next line, further in.
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(commands, COMMANDS);
}

#[test]
fn completions_name_the_commands_for_every_shell() {
    let env = TestEnv::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = env.run(&["completions", shell]);
        assert!(script.contains("lookup") && script.contains("error-code"), "{shell}: {script}");
    }
}
