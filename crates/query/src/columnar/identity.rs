//! Who acted, by the columns of `userIdentity`: worked out once for each different identity.

use std::collections::HashMap;

use trailhound_record::field::Field;
use trailhound_record::resources::username_of;
use trailhound_search::column::Identity;
use trailhound_store::{Column, ReadSegmentError};

use crate::columnar::bits::Bits;
use crate::columnar::block::{Block, Texts, TextsView};

/// The columns that say who acted as `user:` understands it.
pub(crate) const USER: &[Field] = &[
    Field::UserIdentityType,
    Field::UserIdentityPrincipalId,
    Field::UserIdentityArn,
    Field::UserIdentityUserName,
];
/// The columns that tell the user name of most: where they tell one, no other column changes it.
pub(crate) const PRINCIPAL: &[Field] = &[Field::UserIdentityType, Field::UserIdentityPrincipalId];
/// The columns that say as whom, as `role:` understands it.
pub(crate) const ROLE: &[Field] =
    &[Field::UserIdentityArn, Field::SessionIssuerUserName, Field::SessionIssuerArn];
/// The names of what `user:` looks for at a path of the record.
pub(crate) const USER_NAMES: &[&str] = &["userIdentity", "userName"];
/// The names of what `role:` looks for at paths of the record.
pub(crate) const ROLE_NAMES: &[&str] =
    &["userIdentity", "sessionContext", "sessionIssuer", "userName", "arn"];

/// From so many pairs on, a table of them costs more than looking each up.
const PAIRS_MAX: usize = 1 << 18;

/// Calls `each` with every row of `wanted` and what `derive` makes of its identity, derived once for each
/// different one.
pub(crate) fn for_each_identity<T: Copy>(
    block: &Block<'_>,
    fields: &[Field],
    wanted: &Bits,
    mut derive: impl FnMut(&Identity<'_>) -> T,
    mut each: impl FnMut(usize, T),
) -> Result<(), ReadSegmentError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut texts: Vec<(Field, Texts)> = Vec::with_capacity(fields.len());
    for field in fields {
        if let Some(column) = block.texts(Column::Field(*field))? {
            texts.push((*field, column));
        }
    }
    let views: Vec<(Field, TextsView<'_>)> =
        texts.iter().filter_map(|(field, texts)| Some((*field, texts.view()?))).collect();
    let rows: Vec<usize> = wanted.iter().collect();
    let mut groups = Groups { of_row: vec![0; rows.len()], firsts: vec![0] };
    for (_, view) in &views {
        groups.divide(&rows, view);
    }
    let derived: Vec<T> = groups
        .firsts
        .iter()
        .map(|at| {
            let row = rows.get(*at).copied().unwrap_or_default();
            let value = |field: Field| views.iter().find(|it| it.0 == field)?.1.of_row(row);
            derive(&identity_of(value))
        })
        .collect();
    for (row, group) in rows.iter().zip(groups.of_row) {
        if let Some(value) = derived.get(group as usize) {
            each(*row, *value);
        }
    }
    Ok(())
}

/// Rows with equal values, numbered from 0.
struct Groups {
    of_row: Vec<u32>,
    /// The place of a row of each group.
    firsts: Vec<usize>,
}

impl Groups {
    /// Divides each group by the values of a column.
    fn divide(&mut self, rows: &[usize], view: &TextsView<'_>) {
        const NEW: u32 = u32::MAX;
        let width = view.len() + 1;
        let pairs = width * self.firsts.len();
        let mut table = vec![NEW; if pairs <= PAIRS_MAX { pairs } else { 0 }];
        let mut map: HashMap<usize, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut firsts = Vec::new();
        for (at, (row, group)) in rows.iter().zip(&mut self.of_row).enumerate() {
            let code = view.code(*row).map_or(0, |code| code + 1);
            let pair = *group as usize * width + code;
            let slot = match table.get_mut(pair) {
                Some(slot) => slot,
                None => map.entry(pair).or_insert(NEW),
            };
            if *slot == NEW {
                *slot = firsts.len() as u32;
                firsts.push(at);
            }
            *group = *slot;
        }
        self.firsts = firsts;
    }
}

fn identity_of<'v>(value: impl Fn(Field) -> Option<&'v str>) -> Identity<'v> {
    let username = username_of(|field| value(field).map(str::as_bytes));
    Identity {
        username: username.and_then(|name| std::str::from_utf8(name).ok()),
        arn: value(Field::UserIdentityArn),
        user_name: value(Field::UserIdentityUserName),
        issuer_user_name: value(Field::SessionIssuerUserName),
        issuer_arn: value(Field::SessionIssuerArn),
    }
}
