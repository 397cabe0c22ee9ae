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
/// The columns that say as whom, as `role:` understands it.
pub(crate) const ROLE: &[Field] =
    &[Field::UserIdentityArn, Field::SessionIssuerUserName, Field::SessionIssuerArn];
/// The names of what `user:` looks for at a path of the record.
pub(crate) const USER_NAMES: &[&str] = &["userIdentity", "userName"];
/// The names of what `role:` looks for at paths of the record.
pub(crate) const ROLE_NAMES: &[&str] =
    &["userIdentity", "sessionContext", "sessionIssuer", "userName", "arn"];

/// The most columns that an identity is made of.
const COLUMNS: usize = 4;
const NONE: u32 = u32::MAX;

/// Calls `each` with every row of `wanted` and what `derive` makes of its identity, derived once for each
/// different one.
pub(crate) fn for_each_identity<T: Copy>(
    block: &Block<'_>,
    fields: &[Field],
    wanted: &Bits,
    mut derive: impl FnMut(&Identity<'_>) -> T,
    mut each: impl FnMut(usize, T),
) -> Result<(), ReadSegmentError> {
    let mut texts: Vec<(Field, Texts)> = Vec::with_capacity(COLUMNS);
    for field in fields {
        if let Some(column) = block.texts(Column::Field(*field))? {
            texts.push((*field, column));
        }
    }
    let views: Vec<(Field, TextsView<'_>)> =
        texts.iter().filter_map(|(field, texts)| Some((*field, texts.view()?))).collect();
    let mut known: HashMap<[u32; COLUMNS], T, foldhash::fast::RandomState> = HashMap::default();
    for row in wanted.iter() {
        let mut codes = [NONE; COLUMNS];
        for (code, (_, view)) in codes.iter_mut().zip(&views) {
            *code = view.code(row).map_or(NONE, |code| code as u32);
        }
        let value = *known.entry(codes).or_insert_with(|| {
            let value = |field: Field| {
                let at = views.iter().zip(codes).find(|((of, _), _)| *of == field);
                at.and_then(|((_, view), code)| view.value(code as usize))
            };
            derive(&identity_of(value))
        });
        each(row, value);
    }
    Ok(())
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
