//! `element_at` and `contains`, which mean something else in the engine.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, Int64Array, ListArray, MapArray, UInt32Array, new_null_array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// `element_at(map, key)` and `element_at(array, index)`: the value, or null when there is none. An
/// index starts at 1, or at -1 from the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ElementAt {
    signature: Signature,
}

impl ElementAt {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ElementAt {
    fn name(&self) -> &str {
        "element_at"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [map @ DataType::Map(..), _] => Ok(vec![map.clone(), DataType::Utf8]),
            [list @ DataType::List(_), _] => Ok(vec![list.clone(), DataType::Int64]),
            [DataType::Null, key] => Ok(vec![DataType::Null, key.clone()]),
            _ => plan_err!("element_at takes a map and a key, or an array and an index"),
        }
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        match given.first() {
            Some(DataType::Map(entries, _)) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => {
                    Ok(fields.iter().last().map_or(DataType::Null, |f| f.data_type().clone()))
                }
                _ => plan_err!("a map has keys and values"),
            },
            Some(DataType::List(item)) => Ok(item.data_type().clone()),
            _ => Ok(DataType::Null),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        super::invoke(&args, element_at)
    }
}

fn element_at(args: &[ArrayRef]) -> Result<ArrayRef> {
    let [collection, key] = args else { return exec_err!("element_at takes two arguments") };
    if let Some(map) = collection.as_any().downcast_ref::<MapArray>() {
        return of_map(map, key);
    }
    if let Some(list) = collection.as_any().downcast_ref::<ListArray>() {
        return of_list(list, super::arg(args, 1)?);
    }
    Ok(new_null_array(&DataType::Null, collection.len()))
}

fn of_map(map: &MapArray, wanted: &ArrayRef) -> Result<ArrayRef> {
    let keys = super::texts(map.keys())?;
    let wanted = super::texts(wanted)?;
    let ranges = map.value_offsets().windows(2);
    let places = wanted.iter().zip(ranges).enumerate().map(|(row, (wanted, range))| {
        let (wanted, [start, end]) = (wanted?, range) else { return None };
        let mut places = *start as u32..*end as u32;
        map.is_valid(row).then(|| places.find(|at| keys.value(*at as usize) == wanted))?
    });
    Ok(take(map.values(), &places.collect::<UInt32Array>(), None)?)
}

fn of_list(list: &ListArray, wanted: &Int64Array) -> Result<ArrayRef> {
    let ranges = list.value_offsets().windows(2);
    let places = wanted.iter().zip(ranges).enumerate().map(|(row, (wanted, range))| {
        let (wanted, [start, end]) = (wanted?, range) else { return None };
        let (start, end) = (i64::from(*start), i64::from(*end));
        let at = match wanted {
            1.. => start.checked_add(wanted - 1)?,
            _ => end.checked_add(wanted)?,
        };
        let is_there = list.is_valid(row) && wanted != 0 && (start..end).contains(&at);
        is_there.then_some(at as u32)
    });
    Ok(take(list.values(), &places.collect::<UInt32Array>(), None)?)
}

/// `contains(array, value)`, and the engine's `contains(text, part)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Contains {
    signature: Signature,
    of_array: Arc<ScalarUDF>,
    of_text: Arc<ScalarUDF>,
}

impl Contains {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
            of_array: datafusion::functions_nested::array_has::array_has_udf(),
            of_text: datafusion::functions::string::contains(),
        }
    }
}

impl ScalarUDFImpl for Contains {
    fn name(&self) -> &str {
        "contains"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [list @ DataType::List(item), _] => Ok(vec![list.clone(), item.data_type().clone()]),
            [_, _] => Ok(vec![DataType::Utf8, DataType::Utf8]),
            _ => plan_err!("contains takes an array and a value"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.first().map(ColumnarValue::data_type) {
            Some(DataType::List(_)) => self.of_array.invoke_with_args(args),
            _ => self.of_text.invoke_with_args(args),
        }
    }
}
