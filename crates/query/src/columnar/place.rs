//! Where the columns keep what stands at a path.

use trailhound_record::field::{Field, Level};

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// To the value of a column, or into it: so many names lead to the column.
    Column(Field, usize),
    /// To an object whose members have columns.
    Object(Level),
    /// To what has no column: so many names lead there.
    Extra(usize),
}

impl Place {
    pub(crate) fn of(names: &[String]) -> Self {
        let mut level = Level::Top;
        for (at, name) in names.iter().enumerate() {
            let is_it = |key: &str| name.eq_ignore_ascii_case(key);
            if let Some(inner) = objects_in(level).iter().find(|inner| is_it(inner.key())) {
                level = *inner;
                continue;
            }
            let mut fields = Field::ALL.iter().filter(|field| field.level() == level);
            return match fields.find(|field| is_it(field.key())) {
                Some(field) => Self::Column(*field, at + 1),
                None => Self::Extra(at + 1),
            };
        }
        Self::Object(level)
    }
}

/// The objects with columns that stand in `level`.
fn objects_in(level: Level) -> &'static [Level] {
    match level {
        Level::Top => &[Level::UserIdentity, Level::TlsDetails],
        Level::UserIdentity => &[Level::SessionContext],
        Level::SessionContext => &[Level::SessionIssuer, Level::Attributes],
        Level::SessionIssuer | Level::Attributes | Level::TlsDetails => &[],
    }
}

/// The fields in `level` and in the objects in it.
pub(crate) fn fields_below(level: Level) -> Vec<Field> {
    let own = Field::ALL.iter().copied().filter(|field| field.level() == level);
    let inner = objects_in(level).iter().flat_map(|inner| fields_below(*inner));
    own.chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trailhound_record::field::Member;

    #[test]
    fn every_member_with_a_column_has_its_place() {
        let place = |path: &str| Place::of(&path.split('.').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(place("EVENTNAME"), Place::Column(Field::EventName, 1));
        assert_eq!(place("requestParameters.a.b"), Place::Column(Field::RequestParameters, 1));
        let arn = "userIdentity.sessionContext.sessionIssuer.arn";
        assert_eq!(place(arn), Place::Column(Field::SessionIssuerArn, 4));
        assert_eq!(place("userIdentity"), Place::Object(Level::UserIdentity));
        assert_eq!(place("userIdentity.odd.x"), Place::Extra(2));
        assert_eq!(fields_below(Level::Top).len(), Field::ALL.len());
        for level in Level::NESTED {
            let above = [Level::Top, Level::UserIdentity, Level::SessionContext];
            let holds = |above: &&Level| objects_in(**above).contains(level);
            let above = above.iter().find(holds).expect("an object above");
            assert_eq!(above.member(level.key().as_bytes()), Some(Member::Object(*level)));
        }
    }
}
