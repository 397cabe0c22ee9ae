//! The page about the language says what the language does.

use super::{NOW, query};
use crate::{Query, fields};

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/search.md");
    std::fs::read_to_string(path).expect("docs/search.md")
}

/// The queries of the page: the first column of its tables but that of fields, the examples there, and
/// the code in its texts that has a term in it.
fn examples(page: &str) -> Vec<String> {
    let mut examples = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let is_field = cells.len() == 4;
        let cell = if is_field { cells[3].trim_end_matches(" |") } else { cells[0] };
        examples.extend(code(cell));
    }
    let is_query = |text: &String| text.contains([':', '*', '=']) && text.len() > 2;
    let prose = page.lines().filter(|line| !line.starts_with(['|', '#']));
    let prose = prose.flat_map(code).filter(is_query);
    examples.extend(prose.filter(|text| !text.ends_with(':')));
    examples
}

fn code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_example_of_the_page_is_a_query() {
    let examples = examples(&page());
    assert!(examples.len() > 40, "{examples:?}");
    for example in examples {
        let query = query(&example);
        assert_eq!(Query::parse(&query.to_string(), NOW).as_ref(), Ok(&query), "{example}");
    }
    query("event:Delete* is:error -user:alice since:2d");
}

#[test]
fn the_page_lists_every_field() {
    let page = page();
    for field in fields() {
        let aliases: Vec<_> = field.aliases.iter().map(|alias| format!("`{alias}` ")).collect();
        let row = format!(
            "| `{}` | {}| {} | `{}` |",
            field.name,
            aliases.join(", "),
            field.description,
            field.example
        );
        assert!(page.contains(&row), "{row}");
        query(field.example);
    }
}

#[test]
fn the_error_on_the_page_is_the_error() {
    let error = Query::parse("usr:alice", NOW).expect_err("an error");
    assert!(page().contains(&error.render("usr:alice")));
}
