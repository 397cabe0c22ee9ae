//! What the columns say about one term: yes, no, or unknown. Rows that are not wanted may be anything.

use trailhound_record::field::{Field, Kind, Level, Member};
use trailhound_record::rebuild::members_of_shape;
use trailhound_search::column::{ColumnTest, Identity, TextTest, service_passes};
use trailhound_search::{Flag, SearchField};
use trailhound_store::{Column, ReadSegmentError};

use crate::columnar::bits::{Bits, RowMask};
use crate::columnar::block::Block;
use crate::columnar::identity::{ROLE, ROLE_NAMES, USER, USER_NAMES, for_each_identity};
use crate::columnar::place::{Place, fields_below};
use crate::columnar::plan::PathPlan;

type Masked = Result<RowMask, ReadSegmentError>;

/// The columns that name resources.
pub(crate) const RESOURCE_FIELDS: [Field; 3] =
    [Field::RequestParameters, Field::ResponseElements, Field::Resources];

/// A short name. Its values are those of the columns, also where the record spells them oddly.
pub(crate) fn of_field(
    block: &Block<'_>,
    wanted: &Bits,
    field: SearchField,
    test: &ColumnTest,
) -> Masked {
    let of = |column: Field| block.passing(column.into_column(), wanted, |it| test.passes(it));
    Ok(match field {
        SearchField::Ip => RowMask::exact(of(Field::SourceIpAddress)?),
        SearchField::Region => RowMask::exact(of(Field::AwsRegion)?),
        SearchField::Error => RowMask::exact(of(Field::ErrorCode)?),
        SearchField::Agent => RowMask::exact(of(Field::UserAgent)?),
        SearchField::Id => RowMask::exact(of(Field::EventId)?),
        SearchField::Key => {
            let key = Field::UserIdentityAccessKeyId.into_column();
            let passes = |key: &str| !key.is_empty() && test.passes(key);
            RowMask::exact(block.passing(key, wanted, passes)?)
        }
        SearchField::Event => with_insight(block, wanted, Field::EventName, of(Field::EventName)?)?,
        SearchField::Service => {
            let passes = |source: &str| service_passes(test, source);
            let yes = block.passing(Field::EventSource.into_column(), wanted, passes)?;
            with_insight(block, wanted, Field::EventSource, yes)?
        }
        SearchField::Account => {
            let mut left = wanted.clone();
            left.drop_all(&block.present(Field::RecipientAccountId.into_column())?);
            let mut yes = of(Field::RecipientAccountId)?;
            let identity = Field::UserIdentityAccountId.into_column();
            yes.add(&block.passing(identity, &left, |it| test.passes(it))?);
            RowMask::exact(yes)
        }
        SearchField::User | SearchField::Role => of_identity(block, wanted, field, test)?,
        SearchField::Resource => {
            let mut scratch = Vec::new();
            of_resources(block, wanted, |json| test.may_be_in_json(json, &mut scratch))?
        }
        // Types are derived: their texts need not stand in the record.
        SearchField::Type => of_resources(block, wanted, |_| true)?,
    })
}

/// An Insights event shows the API that it is about where its own member is absent.
fn with_insight(block: &Block<'_>, wanted: &Bits, field: Field, yes: Bits) -> Masked {
    let mut unknown = block.present(Field::InsightDetails.into_column())?;
    if !unknown.is_empty() {
        unknown.keep(wanted);
        unknown.drop_all(&block.present(field.into_column())?);
    }
    Ok(RowMask::exact(yes).with_maybe(&unknown))
}

fn of_identity(block: &Block<'_>, wanted: &Bits, field: SearchField, test: &ColumnTest) -> Masked {
    let mut yes = Bits::none(block.rows);
    let insert = |row: usize, passes: bool| {
        if passes {
            yes.insert(row);
        }
    };
    let names = if field == SearchField::User {
        let derive = |it: &Identity<'_>| it.any_user(|value| test.passes(value));
        for_each_identity(block, USER, wanted, derive, insert)?;
        USER_NAMES
    } else {
        let derive = |it: &Identity<'_>| it.any_role(|value| test.passes(value));
        for_each_identity(block, ROLE, wanted, derive, insert)?;
        ROLE_NAMES
    };
    Ok(RowMask::exact(yes).with_maybe(&block.extras(names, wanted)?))
}

/// No row matches for sure; those may whose JSON passes.
fn of_resources(
    block: &Block<'_>,
    wanted: &Bits,
    mut may_hold: impl FnMut(&str) -> bool,
) -> Masked {
    let mut may = Bits::none(block.rows);
    let mut left = wanted.clone();
    for field in RESOURCE_FIELDS {
        may.add(&block.passing(field.into_column(), &left, &mut may_hold)?);
        left.drop_all(&may);
    }
    Ok(RowMask { yes: Bits::none(block.rows), may })
}

/// A claim.
pub(crate) fn of_flag(block: &Block<'_>, wanted: &Bits, flag: Flag) -> Masked {
    let equal = |field: Field, text: &str| {
        block.passing(field.into_column(), wanted, |value| value == text)
    };
    let insights = || -> Result<Bits, ReadSegmentError> {
        let mut yes = equal(Field::EventCategory, "Insight")?;
        yes.add(&equal(Field::EventType, "AwsCloudTrailInsight")?);
        Ok(yes)
    };
    Ok(RowMask::exact(match flag {
        Flag::Read => block.bools(Field::ReadOnly, true)?,
        Flag::Write => block.bools(Field::ReadOnly, false)?,
        Flag::Error => {
            let mut yes = block.present(Field::ErrorCode.into_column())?;
            yes.add(&block.present(Field::ErrorMessage.into_column())?);
            yes
        }
        Flag::Root => equal(Field::UserIdentityType, "Root")?,
        Flag::Insight => insights()?,
        Flag::Management => {
            let mut yes = block.present(Field::EventCategory.into_column())?;
            yes.add(&block.bools(Field::ManagementEvent, false)?);
            yes = yes.inverted();
            yes.add(&equal(Field::EventCategory, "Management")?);
            yes.drop_all(&insights()?);
            yes
        }
        Flag::Conflict => block.conflicts()?,
        Flag::Console => {
            let agent = |agent: &str| {
                agent.contains("console.amazonaws.com") || agent.contains("signin.amazonaws.com")
            };
            let mut yes = block.passing(Field::UserAgent.into_column(), wanted, agent)?;
            yes.add(&equal(Field::EventType, "AwsConsoleSignIn")?);
            yes.add(&equal(Field::EventType, "AwsConsoleAction")?);
            let console = Field::SessionCredentialFromConsole;
            let is_true = |value: &str| value.eq_ignore_ascii_case("true");
            yes.add(&block.passing(console.into_column(), wanted, is_true)?);
            let extras = block.extras(&[console.key()], wanted)?;
            return Ok(RowMask::exact(yes).with_maybe(&extras));
        }
    }))
}

/// A bound on the event time.
pub(crate) fn of_times(block: &Block<'_>, wanted: &Bits, passes: impl Fn(i64) -> bool) -> Masked {
    let times = block.times()?;
    let mut yes = Bits::none(block.rows);
    for row in wanted.iter() {
        if times.get(row).is_some_and(|&time| time != i64::MIN && passes(time)) {
            yes.insert(row);
        }
    }
    Ok(RowMask::exact(yes))
}

/// A path.
pub(crate) fn of_path(block: &Block<'_>, wanted: &Bits, plan: &PathPlan) -> Masked {
    let names: Vec<&str> = plan.path.0.iter().map(String::as_str).collect();
    match plan.place {
        Place::Column(field, used) => {
            let below = plan.path.0.get(used..).unwrap_or_default();
            let yes = match plan.is_exists && below.is_empty() {
                true => block.present(field.into_column())?,
                false => values_passing(block, wanted, field, below, &plan.test)?,
            };
            let unknown = block.extras(names.get(..used).unwrap_or_default(), wanted)?;
            Ok(RowMask::exact(yes).with_unknown(&unknown))
        }
        Place::Extra(used) => {
            let may = block.extras(names.get(..used).unwrap_or_default(), wanted)?;
            Ok(RowMask { yes: Bits::none(block.rows), may })
        }
        Place::Object(level) => {
            let mut yes = Bits::none(block.rows);
            if plan.is_exists {
                yes = block.passing(Column::Shape, wanted, |shape| has_object(shape, level))?;
            } else {
                let mut left = wanted.clone();
                for field in fields_below(level) {
                    yes.add(&values_passing(block, &left, field, &[], &plan.test)?);
                    left.drop_all(&yes);
                }
            }
            Ok(RowMask::exact(yes).with_unknown(&block.extras(&[], wanted)?))
        }
    }
}

fn has_object(shape: &str, level: Level) -> bool {
    members_of_shape(shape).any(|it| it == (Member::Object(level), true))
}

/// The rows of `wanted` where a value of the column, at `below` in it, passes.
fn values_passing(
    block: &Block<'_>,
    wanted: &Bits,
    field: Field,
    below: &[String],
    test: &ColumnTest,
) -> Result<Bits, ReadSegmentError> {
    let mut scratch = Vec::new();
    match field.kind() {
        Kind::Json => block.passing(field.into_column(), wanted, |json| {
            test.passes_in_json(json, below, &mut scratch)
        }),
        _ if !below.is_empty() => Ok(Bits::none(block.rows)),
        Kind::Text => block.passing(field.into_column(), wanted, |value| test.passes(value)),
        Kind::Time => block.times_passing(wanted, |time| test.passes(time)),
        Kind::Bool => bools_passing(block, field, |value| test.passes(value)),
    }
}

fn bools_passing(
    block: &Block<'_>,
    field: Field,
    mut passes: impl FnMut(&str) -> bool,
) -> Result<Bits, ReadSegmentError> {
    let mut found = Bits::none(block.rows);
    for value in [true, false] {
        if passes(if value { "true" } else { "false" }) {
            found.add(&block.bools(field, value)?);
        }
    }
    Ok(found)
}

/// A text anywhere in the record: in a value, or in a name of a member.
pub(crate) fn of_text(block: &Block<'_>, wanted: &Bits, test: &TextTest) -> Masked {
    let mut scratch = Vec::new();
    let is_name = |member: Member| match member {
        Member::Field(field) => field.key(),
        Member::Object(level) => level.key(),
    };
    let mut yes = block.passing(Column::Shape, wanted, |shape| {
        members_of_shape(shape).any(|(member, _)| test.is_in(is_name(member), &mut scratch))
    })?;
    let mut left = wanted.clone();
    left.drop_all(&yes);
    // What has no column stands here as in the record.
    yes.add(
        &block
            .passing(Column::ExtraFields, &left, |extras| test.is_in_json(extras, &mut scratch))?,
    );
    let mut unknown = Bits::none(block.rows);
    // The long columns last: fewer rows of them are read then.
    let mut fields: Vec<Field> = Field::ALL.to_vec();
    fields.sort_by_key(|field| field.kind() == Kind::Json);
    for field in fields {
        left.drop_all(&yes);
        if left.is_empty() {
            break;
        }
        let column = field.into_column();
        yes.add(&match field.kind() {
            Kind::Text => block.passing(column, &left, |it| test.is_in(it, &mut scratch))?,
            Kind::Json => block.passing(column, &left, |it| test.is_in_json(it, &mut scratch))?,
            Kind::Bool => bools_passing(block, field, |it| test.is_in(it, &mut scratch))?,
            Kind::Time if test.may_be_time() => {
                // A time that is written otherwise stands in `extra_fields` only.
                let odd = block.extras(&[field.key()], &left)?;
                let mut plain = left.clone();
                plain.drop_all(&odd);
                unknown.add(&odd);
                block.times_passing(&plain, |it| test.is_in(it, &mut scratch))?
            }
            Kind::Time => Bits::none(block.rows),
        });
    }
    Ok(RowMask::exact(yes).with_maybe(&unknown))
}

/// The column of a field.
pub(crate) trait IntoColumn {
    fn into_column(self) -> Column;
}

impl IntoColumn for Field {
    fn into_column(self) -> Column {
        Column::Field(self)
    }
}
