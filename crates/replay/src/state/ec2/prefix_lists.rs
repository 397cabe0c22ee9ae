//! Managed prefix lists.

use serde_json::{Value, json};

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::{PREFIX_LIST, canonical, described, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateManagedPrefixList", create),
    code("ec2:ModifyManagedPrefixList", modify),
    code("ec2:RestoreManagedPrefixListVersion", restore),
    rule("ec2:DeleteManagedPrefixList", PREFIX_LIST, "in.PrefixListId", Do::Delete),
];

fn entry(given: &Value) -> Value {
    let mut entry = given.clone();
    if let Some(Value::String(cidr)) = entry.get_mut("Cidr") {
        *cidr = canonical(cidr);
    }
    entry
}

fn entries(fold: &Fold<'_>, name: &str) -> Vec<Value> {
    let list = fold.call.input.get(name).and_then(Value::as_array);
    list.into_iter().flatten().map(entry).collect()
}

fn create(fold: &mut Fold<'_>) {
    let mut body = described(fold, "PrefixList");
    let Some(id) = text(&body, "PrefixListId").map(str::to_owned) else { return };
    let entries = entries(fold, "Entries");
    if let Some(members) = body.as_object_mut() {
        for name in ["PrefixListName", "MaxEntries", "AddressFamily"] {
            if let Some(value) = fold.call.input.get(name) {
                members.entry(name).or_insert_with(|| value.clone());
            }
        }
        members.entry("Version").or_insert(json!(1));
        members.insert("Entries".to_owned(), Value::Array(entries));
        members.insert("State".to_owned(), json!("create-complete"));
    }
    let known = fold.is_whole(PREFIX_LIST, &id);
    fold.create(PREFIX_LIST, &id, body);
    if !known {
        let inferred = fold.inferred();
        fold.edit(PREFIX_LIST, &id, |draft| draft.mark("State", inferred));
    }
}

/// The list's version after the call: as the answer says, which may still be the one before.
fn version(fold: &Fold<'_>, changes_entries: bool) -> Option<i64> {
    let told = fold.call.answer("PrefixList.Version").and_then(Value::as_i64);
    let before = fold.call.input.get("CurrentVersion").and_then(Value::as_i64);
    match (told, before) {
        (Some(told), Some(before)) if changes_entries => Some(told.max(before + 1)),
        (None, Some(before)) if changes_entries => Some(before + 1),
        (told, before) => told.or(before),
    }
}

fn modify(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("PrefixListId").map(str::to_owned) else { return };
    let (added, removed) = (entries(fold, "AddEntries"), entries(fold, "RemoveEntries"));
    let input = fold.call.input.clone();
    let version = version(fold, !added.is_empty() || !removed.is_empty());
    let inferred = fold.inferred();
    fold.edit(PREFIX_LIST, &id, |draft| {
        for entry in &removed {
            text(entry, "Cidr").map(|cidr| draft.remove("Entries", cidr));
        }
        added.into_iter().for_each(|entry| draft.put("Entries", entry));
        for name in ["PrefixListName", "MaxEntries"] {
            draft.set_some(name, input.get(name));
        }
        match version {
            Some(version) => draft.set("Version", version),
            None => draft.forget("Version"),
        }
        draft.known_from(&inferred, |draft| draft.set("State", "modify-complete"));
    });
}

/// The entries of an older version: AWS keeps them, no event repeats them.
fn restore(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("PrefixListId").map(str::to_owned) else { return };
    let version = version(fold, true);
    let inferred = fold.inferred();
    fold.edit(PREFIX_LIST, &id, |draft| {
        draft.forget("Entries");
        match version {
            Some(version) => draft.set("Version", version),
            None => draft.forget("Version"),
        }
        draft.known_from(&inferred, |draft| draft.set("State", "restore-complete"));
    });
}
