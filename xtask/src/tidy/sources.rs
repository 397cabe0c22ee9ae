//! Sources: files stay short, libraries document everything, and nothing of one machine leaks in.

use super::File;

/// Lines of a Rust file before its tests.
const LINES_MAX: usize = 600;
/// Lines of tests that may stay in the file they test.
const TEST_LINES_MAX: usize = 200;

/// One finding a line.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        if file.path.ends_with(".rs") {
            findings.extend(too_long(file));
        }
        if file.path.starts_with("crates/") && file.path.ends_with("/src/lib.rs") {
            findings.extend(undocumented(file));
        }
        findings.extend(forbidden(file));
    }
    findings
}

fn too_long(file: &File) -> Option<String> {
    // Tests in a file of their own may be long: they are read one by one.
    if file.path.ends_with("tests.rs") || file.path.contains("/tests/") {
        return None;
    }
    let (code, tests) = match file.text.find("#[cfg(test)]\nmod ") {
        Some(place) => file.text.split_at(place),
        None => (file.text.as_str(), ""),
    };
    let (code, tests) = (code.lines().count(), tests.lines().count());
    if code > LINES_MAX {
        return Some(format!("{}: {code} lines before its tests, {LINES_MAX} at most", file.path));
    }
    if tests > TEST_LINES_MAX {
        return Some(format!(
            "{}: {tests} lines of tests, more than {TEST_LINES_MAX} go to `tests.rs` beside it",
            file.path
        ));
    }
    None
}

fn undocumented(file: &File) -> Option<String> {
    let documented = file.text.contains("#![deny(missing_docs)]");
    (!documented).then(|| format!("{}: no `#![deny(missing_docs)]`", file.path))
}

/// Paths of somebody's machine, put together here so that this file does not hold them.
fn forbidden_words() -> [String; 4] {
    [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/ho", "me/"].concat(),
        ["/Us", "ers/"].concat(),
    ]
}

fn forbidden(file: &File) -> Vec<String> {
    if file.path == "Cargo.lock" {
        return Vec::new();
    }
    let words = forbidden_words();
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for word in &words {
            if line.contains(word.as_str()) {
                findings.push(format!(
                    "{}:{}: `{word}` is a path of one machine",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_that(path: &str, text: &str, expected: &[&str]) {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        assert_eq!(check(&[file]), expected);
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let code = "fn f() {}\n".repeat(600);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "// test\n".repeat(100));
        check_that("xtask/src/a.rs", &format!("{code}{tests}"), &[]);
        check_that(
            "xtask/src/a.rs",
            &format!("{code}fn g() {{}}\n{tests}"),
            &["xtask/src/a.rs: 601 lines before its tests, 600 at most"],
        );
        check_that("crates/store/tests/history.rs", &code.repeat(2), &[]);
    }

    #[test]
    fn long_tests_go_to_a_file_of_their_own() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "// test\n".repeat(200));
        check_that(
            "xtask/src/a.rs",
            &tests,
            &["xtask/src/a.rs: 203 lines of tests, more than 200 go to `tests.rs` beside it"],
        );
    }

    #[test]
    fn a_library_denies_missing_docs() {
        check_that("crates/store/src/lib.rs", "//! Keeps.\n#![deny(missing_docs)]\n", &[]);
        check_that(
            "crates/store/src/lib.rs",
            "//! Keeps.\n",
            &["crates/store/src/lib.rs: no `#![deny(missing_docs)]`"],
        );
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        let path = ["/ho", "me/"].concat();
        check_that(
            "README.md",
            &format!("fine\nsee {path}me\n"),
            &[&format!("README.md:2: `{path}` is a path of one machine")],
        );
    }
}
