//! Trino's functions that the engine lacks, or has under the same name with another meaning.

mod element_at;
mod json;
pub(crate) mod matches;
mod time;

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The engine's functions that make texts and lists of any length from a number: they ask no one for
/// memory, and running out of it ends the whole process.
pub(crate) const MADE_OF_NOTHING: [&str; 12] = [
    "repeat",
    "lpad",
    "rpad",
    "range",
    "gen_series",
    "generate_series",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "space",
    "array_fill",
];

/// All of them. Registered last, they take the place of the engine's own.
pub(crate) fn all() -> Vec<Arc<ScalarUDF>> {
    let mut functions: Vec<ScalarUDF> =
        vec![element_at::ElementAt::new().into(), element_at::Contains::new().into()];
    functions.extend(json::all());
    functions.extend(matches::all());
    functions.extend(time::all());
    functions.into_iter().map(Arc::new).collect()
}

/// A function of arrays: its name, the types its arguments are cast to, its type, and itself.
#[derive(Debug, Clone)]
struct Plain {
    name: &'static str,
    arguments: Vec<DataType>,
    output: DataType,
    run: fn(&[ArrayRef]) -> Result<ArrayRef>,
    signature: Signature,
}

// A name stands for one function: code addresses say nothing.
impl PartialEq for Plain {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Plain {}

impl std::hash::Hash for Plain {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Plain {
    fn udf(
        name: &'static str,
        arguments: &[DataType],
        output: DataType,
        run: fn(&[ArrayRef]) -> Result<ArrayRef>,
    ) -> ScalarUDF {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { name, arguments: arguments.to_vec(), output, run, signature }.into()
    }
}

impl ScalarUDFImpl for Plain {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        if given.len() == self.arguments.len() {
            return Ok(self.arguments.clone());
        }
        let (name, wanted) = (self.name, self.arguments.len());
        datafusion::common::plan_err!("{name} takes {wanted} arguments, not {}", given.len())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.output.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        invoke(&args, self.run)
    }
}

/// Runs `run` over arrays; where every argument is one value, so is the answer.
fn invoke(
    args: &ScalarFunctionArgs,
    run: impl Fn(&[ArrayRef]) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    use datafusion::common::ScalarValue;
    let is_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    let arrays = ColumnarValue::values_to_arrays(&args.args)?;
    let array = run(&arrays)?;
    if is_scalar && array.len() == 1 {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
    }
    Ok(ColumnarValue::Array(array))
}

/// An argument, as a type that it has been cast to.
fn arg<T: 'static>(args: &[ArrayRef], at: usize) -> Result<&T> {
    args.get(at)
        .and_then(|array| array.as_any().downcast_ref())
        .ok_or_else(|| exec_datafusion_err!("argument {at} is missing or of another type"))
}

/// Any text array as the plain one.
fn texts(array: &ArrayRef) -> Result<StringArray> {
    let array = cast(array, &DataType::Utf8)?;
    let texts = array.as_any().downcast_ref::<StringArray>().cloned();
    texts.ok_or_else(|| exec_datafusion_err!("a text was cast to something else"))
}
