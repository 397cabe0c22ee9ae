//! The file that declares watched paths.
//!
//! ```toml
//! [[path]]
//! name = "web to api"
//! source = "i-0123456789abcdef0"
//! destination = "203.0.113.10"
//! port = 443                # optional; any when left out
//! protocol = "tcp"          # optional: tcp, udp, icmp or any
//! source_ip = "10.0.0.4"    # optional
//! must = "work"             # or "never work"
//! ```

use crate::error::CliError;
use crate::text::is_shell_word;
use serde::Deserialize;
use std::io::Read;
use std::net::IpAddr;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use trailhound_app::path::{End, Protocol, Query};
use trailhound_app::watch::{Must, WATCHED_MAX, WatchedPath};

/// The longest file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
const NAME_LENGTH_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    path: Vec<Spanned<Declared>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    name: Spanned<String>,
    source: Spanned<String>,
    destination: Spanned<String>,
    port: Option<u16>,
    protocol: Option<Spanned<String>>,
    source_ip: Option<Spanned<String>>,
    must: Spanned<String>,
}

/// Reads the file.
///
/// # Errors
/// A usage error that names the file, the line and the reason.
pub(crate) fn read(path: &Path) -> Result<Vec<WatchedPath>, CliError> {
    let shown = path.display().to_string();
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    if let Err(error) = read {
        let hint = "docs/watch.md shows what such a file holds";
        return Err(CliError::usage(format!("cannot read `{shown}`: {error}"), hint));
    }
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(CliError::usage(
            format!("`{shown}` is longer than 1 MiB"),
            format!("at most {WATCHED_MAX} paths are watched"),
        ));
    }
    parse(&text).map_err(|(line, reason)| {
        CliError::usage(
            format!("{shown}:{line}: {reason}"),
            "a path has `name`, `source`, `destination`, `must`, and may have `port`, `protocol` and \
             `source_ip`",
        )
    })
}

/// A line, and what is wrong there.
type Wrong = (usize, String);

fn parse(text: &str) -> Result<Vec<WatchedPath>, Wrong> {
    let line = |span: Range<usize>| {
        let before = text.get(..span.start).unwrap_or(text);
        before.matches('\n').count() + 1
    };
    let config: Config = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(1, line);
        (place, error.message().to_owned())
    })?;
    if config.path.is_empty() {
        return Err((1, "no path is declared".to_owned()));
    }
    let mut paths: Vec<WatchedPath> = Vec::new();
    for declared in config.path {
        let place = line(declared.span());
        if paths.len() == WATCHED_MAX {
            return Err((place, format!("more than {WATCHED_MAX} paths")));
        }
        let declared = declared.into_inner();
        let name = declared.name.get_ref();
        let wrong = |of: &Spanned<String>, reason: String| (line(of.span()), reason);
        let length = name.chars().count();
        if length == 0 || length > NAME_LENGTH_MAX {
            let reason = format!("a name has 1 to {NAME_LENGTH_MAX} characters");
            return Err(wrong(&declared.name, reason));
        }
        if paths.iter().any(|other| other.name == *name) {
            return Err(wrong(&declared.name, format!("the name `{name}` is declared twice")));
        }
        let end = |of: &Spanned<String>| {
            let found = End::parse(of.get_ref()).filter(|_| is_shell_word(of.get_ref()));
            found.ok_or_else(|| {
                let text = of.get_ref();
                let ends = "an id (i-…, eni-…, igw-…, vgw-…, tgw-attach-…, vpce-…, pcx-…), an address \
                            or `internet`";
                wrong(of, format!("`{text}` is no end of a path; give {ends}"))
            })
        };
        let mut query = Query::new(end(&declared.source)?, end(&declared.destination)?);
        query.port = declared.port.map(Into::into);
        if let Some(protocol) = &declared.protocol {
            query.protocol = match protocol.get_ref().as_str() {
                "tcp" => Protocol::Tcp,
                "udp" => Protocol::Udp,
                "icmp" => Protocol::Icmp,
                "any" => Protocol::Any,
                other => {
                    let reason = format!("`{other}` is no protocol; give tcp, udp, icmp or any");
                    return Err(wrong(protocol, reason));
                }
            };
        }
        if let Some(address) = &declared.source_ip {
            let parsed: Result<IpAddr, _> = address.get_ref().parse();
            let reason = || format!("`{}` is no IP address", address.get_ref());
            query.source_ip = Some(parsed.map_err(|_| wrong(address, reason()))?.into());
        }
        let must = match declared.must.get_ref().as_str() {
            "work" => Must::Work,
            "never work" => Must::NeverWork,
            other => {
                let reason = format!("`{other}`: a path must \"work\" or must \"never work\"");
                return Err(wrong(&declared.must, reason));
            }
        };
        paths.push(WatchedPath { name: name.clone(), query, must });
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const ONE: &str = "name = \"a\"\nsource = \"i-1\"\ndestination = \"203.0.113.10\"\n";

    #[track_caller]
    fn check(text: &str, expect: Expect) {
        let shown = match parse(text) {
            Ok(paths) => paths
                .iter()
                .map(|path| {
                    let query = &path.query;
                    let (from, to) = (query.source.text(), query.destination.text());
                    let port = query.port.map(|ports| ports.from);
                    format!(
                        "{}: {from} {to} {:?} {port:?} {:?}",
                        path.name, query.protocol, path.must
                    )
                })
                .collect::<Vec<_>>()
                .join("\n"),
            Err((line, reason)) => format!("{line}: {reason}"),
        };
        expect.assert_eq(&shown);
    }

    #[test]
    fn paths_are_read() {
        let text = format!(
            "# ours\n[[path]]\n{ONE}must = \"work\"\nport = 443\n\n[[path]]\nname = \"b\"\n\
             source = \"internet\"\ndestination = \"eni-2\"\nprotocol = \"any\"\nmust = \"never work\"\n"
        );
        check(
            &text,
            expect![[r#"
            a: i-1 203.0.113.10 Tcp Some(443) Work
            b: internet eni-2 Any None NeverWork"#]],
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        check("", expect!["1: missing field `path`"]);
        check("path = []", expect!["1: no path is declared"]);
        check(
            &format!("[[path]]\n{ONE}must = \"work\"\nprot = 1\n"),
            expect![
                "6: unknown field `prot`, expected one of `name`, `source`, `destination`, `port`, `protocol`, `source_ip`, `must`"
            ],
        );
        check(&format!("[[path]]\n{ONE}"), expect!["1: missing field `must`"]);
        check(
            &format!("[[path]]\n{ONE}must = \"break\"\n"),
            expect![[r#"5: `break`: a path must "work" or must "never work""#]],
        );
        check(
            &format!("[[path]]\n{ONE}must = \"work\"\nport = 70000\n"),
            expect!["6: invalid value: integer `70000`, expected u16"],
        );
        check(
            &format!("[[path]]\n{ONE}must = \"work\"\n[[path]]\n{ONE}must = \"work\"\n"),
            expect!["7: the name `a` is declared twice"],
        );
        check(
            &format!("[[path]]\n{}must = \"work\"\n", ONE.replace("i-1", "i-1; rm -rf")),
            expect![
                "3: `i-1; rm -rf` is no end of a path; give an id (i-…, eni-…, igw-…, vgw-…, tgw-attach-…, vpce-…, pcx-…), an address or `internet`"
            ],
        );
        check("[[path]\n", expect!["1: unclosed array table, expected `]`"]);
    }

    proptest! {
        /// Any text is read, or refused with a line that it has.
        #[test]
        fn any_text_has_an_answer(text in "[\\[\\]a-z\"= \n_0-9-]{0,120}") {
            if let Err((line, _)) = parse(&text) {
                prop_assert!(line >= 1 && line <= text.matches('\n').count() + 1);
            }
        }
    }
}
