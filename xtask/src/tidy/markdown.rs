//! Markdown: what is named exists. Stale pointers are worse than none.

use super::File;
use std::path::Path;

/// What a document may name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The root of the repository.
    pub(crate) root: &'a Path,
    /// Every file, from the root.
    pub(crate) paths: &'a [String],
}

impl Known<'_> {
    /// Whether `path` is a file or a folder that holds one.
    fn has_path(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.paths.iter().any(|known| known == path || known.starts_with(&folder))
    }

    /// The first parts of all paths: what begins so must be a path of ours.
    fn is_like_ours(&self, text: &str) -> bool {
        let first = text.split('/').next().unwrap_or_default();
        self.paths.iter().any(|known| known.split('/').next() == Some(first))
    }
}

/// One finding a line.
pub(crate) fn check(files: &[File], known: &Known<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    for name in ["README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CHANGELOG.md", "LICENSE"] {
        if !known.has_path(name) {
            findings.push(format!("{name} is missing"));
        }
    }
    let flags = flags(files);
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let mut fenced = false;
        for (number, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
                continue;
            }
            let place = format!("{}:{}", file.path, number + 1);
            if fenced {
                continue;
            }
            for span in code_spans(line) {
                findings
                    .extend(check_span(span, known, &flags).map(|text| format!("{place}: {text}")));
            }
            for target in link_targets(line) {
                findings.extend(
                    check_link(&file.path, target, known).map(|text| format!("{place}: {text}")),
                );
            }
        }
        if file.path == "CHANGELOG.md" && !file.text.contains("\n## [Unreleased]") {
            findings.push("CHANGELOG.md: no `## [Unreleased]` section".to_owned());
        }
    }
    findings
}

/// Every text in backticks.
fn code_spans(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Every `target` of `[text](target)` outside backticks.
fn link_targets(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    for outside in line.split('`').step_by(2) {
        for part in outside.split("](").skip(1) {
            targets.extend(part.split(')').next());
        }
    }
    targets
}

fn check_span(span: &str, known: &Known<'_>, flags: &[String]) -> Option<String> {
    let first = span.split(' ').next().unwrap_or_default();
    // `cargo …` and `trailhound …`: the flags are checked where they are ours.
    for word in span.split([' ', '=', '[', ']', '|', '…']) {
        if let Some(flag) = word.strip_prefix("--")
            && span.starts_with("trailhound ")
            && !flag.is_empty()
            && !flags.iter().any(|known| known == flag)
        {
            return Some(format!("no command takes `--{flag}`"));
        }
    }
    if first.starts_with("trailhound-") && !first.contains('.') {
        let folder = format!("crates/{}", first.trim_start_matches("trailhound-"));
        return (!known.has_path(&folder)).then(|| format!("there is no crate `{first}`"));
    }
    let is_path = span.contains('/') && !span.contains([' ', '*', '<', '{', '$', '…', ':', '(']);
    if is_path && known.is_like_ours(span) && !known.has_path(span.trim_end_matches('/')) {
        return Some(format!("there is no `{span}`"));
    }
    None
}

fn check_link(from: &str, target: &str, known: &Known<'_>) -> Option<String> {
    if target.contains("://") || target.starts_with('#') || target.starts_with("mailto:") {
        return None;
    }
    let path = target.split('#').next().unwrap_or_default();
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    let mut parts: Vec<String> = Vec::new();
    for part in folder.join(path).components() {
        match part.as_os_str().to_str() {
            Some("..") => {
                parts.pop();
            }
            Some(".") | None => {}
            Some(name) => parts.push(name.to_owned()),
        }
    }
    let path = parts.join("/");
    let found = known.has_path(&path) || known.root.join(&path).is_dir();
    (!found).then(|| format!("the link to `{target}` leads nowhere"))
}

/// The long flags of the command line: `long` names and fields of its argument structs.
fn flags(files: &[File]) -> Vec<String> {
    let mut flags: Vec<String> = ["help", "version"].map(str::to_owned).to_vec();
    for file in files.iter().filter(|file| file.path.starts_with("crates/cli/src/")) {
        for line in file.text.lines().map(str::trim) {
            if let Some(named) = line.split("long = \"").nth(1) {
                flags.extend(named.split('"').next().map(str::to_owned));
            }
            let field = line.strip_prefix("pub(crate) ").unwrap_or(line);
            let field = field.strip_prefix("pub ").unwrap_or(field);
            if let Some((name, _)) = field.split_once(": ")
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            {
                flags.push(name.replace('_', "-"));
            }
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_that(markdown: &str, expected: &[&str]) {
        let paths: Vec<String> = [
            "README.md",
            "ARCHITECTURE.md",
            "GLOSSARY.md",
            "CHANGELOG.md",
            "LICENSE",
            "crates/store/src/lib.rs",
            "docs/adr/0001.md",
        ]
        .map(str::to_owned)
        .to_vec();
        let files = [
            File { path: "docs/a.md".to_owned(), text: markdown.to_owned() },
            File {
                path: "crates/cli/src/args.rs".to_owned(),
                text: "#[arg(long)]\npub(crate) since: Option<String>,\n".to_owned(),
            },
        ];
        let known = Known { root: Path::new("nowhere"), paths: &paths };
        assert_eq!(check(&files, &known), expected);
    }

    #[test]
    fn paths_that_exist_pass() {
        check_that("See `crates/store`, `crates/store/src/lib.rs` and `docs/adr/`.", &[]);
    }

    #[test]
    fn paths_that_do_not_exist_are_found_outside_code_blocks() {
        check_that("a\nSee `crates/stone`.", &["docs/a.md:2: there is no `crates/stone`"]);
        check_that("```\n`crates/stone`\n```\n", &[]);
    }

    #[test]
    fn what_is_not_ours_is_let_alone() {
        check_that("`AWSLogs/account/x` `application/json` `a/b`", &[]);
    }

    #[test]
    fn crates_and_flags_must_exist() {
        check_that("`trailhound-store`", &[]);
        check_that("`trailhound-stone`", &["docs/a.md:1: there is no crate `trailhound-stone`"]);
        check_that("`trailhound lookup --since 2h`", &[]);
        check_that("`trailhound lookup --sinse 2h`", &["docs/a.md:1: no command takes `--sinse`"]);
    }

    #[test]
    fn links_lead_somewhere() {
        check_that("[x](adr/0001.md) [y](../README.md#z) [z](https://example.com/q)", &[]);
        check_that("[x](adr/0002.md)", &["docs/a.md:1: the link to `adr/0002.md` leads nowhere"]);
    }
}
