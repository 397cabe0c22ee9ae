//! What the search language requires of an event, in the terms of the store's index.

use trailhound_record::key::key_hash;
use trailhound_search::Requirement;
use trailhound_store::Condition;

/// The condition that every event which meets `requirement` meets (invariant QU-2).
pub fn condition_of(requirement: &Requirement) -> Condition {
    match requirement {
        Requirement::Any => Condition::Any,
        Requirement::Never => Condition::Never,
        Requirement::And(parts) => Condition::And(parts.iter().map(condition_of).collect()),
        Requirement::Or(parts) => Condition::Or(parts.iter().map(condition_of).collect()),
        Requirement::Key(attribute, value) => {
            Condition::Key(key_hash(*attribute, value.as_bytes()))
        }
        Requirement::Present(field) => Condition::Present(*field),
        Requirement::Token(hash) => Condition::Token(*hash),
        Requirement::Time(range) => Condition::Time {
            start_micros: range.start.map(|at| at.0),
            end_micros: range.end.map(|at| at.0),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trailhound_record::Timestamp;
    use trailhound_record::field::Field;
    use trailhound_record::key::Attribute;
    use trailhound_search::Query;

    #[test]
    fn a_requirement_keeps_its_form() {
        let query = Query::parse("is:error (is:write OR until:1970-01-02) -x", Timestamp(0));
        let key = |attribute, value: &[u8]| Condition::Key(key_hash(attribute, value));
        let time = Condition::Time { start_micros: None, end_micros: Some(86_400_000_000) };
        let either = Condition::Or(vec![key(Attribute::ReadOnly, b"false"), time]);
        assert_eq!(
            condition_of(&query.expect("a query").requirement()),
            Condition::And(vec![
                Condition::Or(vec![
                    key(Attribute::Failed, b""),
                    Condition::Present(Field::ErrorMessage)
                ]),
                either
            ])
        );
    }
}
