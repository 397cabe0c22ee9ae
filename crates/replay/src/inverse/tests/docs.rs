//! The documentation's table is the table.

use super::super::reference;

#[test]
fn the_documentation_lists_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/undo.md");
    let written = std::fs::read_to_string(path).unwrap();
    let (text, table) = written.split_once("\n### ").unwrap_or((&written, ""));
    let table = format!("\n### {table}");
    if table != reference() {
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, format!("{text}{}", reference())).unwrap();
            return;
        }
        panic!("docs/undo.md is not of this table: run the test with UPDATE_EXPECT=1");
    }
}
