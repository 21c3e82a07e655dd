//! Comparing two types part by part, to say where they differ.
//!
//! The walk follows the contract's type, which is small; an upload's type is never walked further than that, however large it unfolds.

use std::borrow::Cow;

use wasmparser::component_types::ComponentAnyTypeId::Defined;
use wasmparser::component_types::{
    ComponentDefinedType, ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId, ComponentValType,
    RecordType, VariantType,
};
use wasmparser::names::KebabString;
use wasmparser::types::TypesRef;

/// Where two types differ and how.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) problem: String,
}

/// The two sides' types.
#[derive(Clone, Copy)]
pub(crate) struct Comparison<'a> {
    pub(crate) contract: TypesRef<'a>,
    pub(crate) actual: TypesRef<'a>,
}

/// Two interfaces to compare.
#[derive(Clone, Copy)]
pub(crate) struct Instance {
    pub(crate) expected: ComponentInstanceTypeId,
    pub(crate) actual: ComponentInstanceTypeId,
    /// Whether everything expected must be there: so for an export. An import may name what it uses and leave out the rest.
    pub(crate) complete: bool,
}

/// One place in both types.
struct Place<'a> {
    path: &'a str,
    differences: &'a mut Vec<Difference>,
}

impl Place<'_> {
    fn differs(&mut self, problem: impl Into<String>) {
        self.differences.push(Difference {
            path: self.path.to_owned(),
            problem: problem.into(),
        });
    }
}

impl Comparison<'_> {
    /// Every difference between two interfaces.
    pub(crate) fn instances(&self, name: &str, instance: Instance) -> Vec<Difference> {
        let mut differences = Vec::new();
        let types = (self.contract.get(instance.expected), self.actual.get(instance.actual));
        let (Some(expected), Some(actual)) = types else {
            Place {
                path: name,
                differences: &mut differences,
            }
            .differs("its type cannot be read");
            return differences;
        };
        let (expected, actual) = (&expected.exports, &actual.exports);
        for (item, wanted) in expected {
            let path = format!("{name}: {item}");
            let mut place = Place {
                path: &path,
                differences: &mut differences,
            };
            match actual.get(item) {
                Some(found) => self.entities(&mut place, wanted.ty, found.ty),
                None if instance.complete => place.differs("the contract has it, the component does not"),
                None => {}
            }
        }
        for item in actual.keys().filter(|item| !expected.contains_key(*item)) {
            let path = format!("{name}: {item}");
            Place {
                path: &path,
                differences: &mut differences,
            }
            .differs("the component has it, the contract does not");
        }
        differences
    }

    fn entities(&self, place: &mut Place<'_>, expected: ComponentEntityType, actual: ComponentEntityType) {
        match (expected, actual) {
            (ComponentEntityType::Func(expected), ComponentEntityType::Func(actual)) => {
                self.functions(place, expected, actual);
            }
            (
                ComponentEntityType::Type {
                    referenced: Defined(expected),
                    ..
                },
                ComponentEntityType::Type {
                    referenced: Defined(actual),
                    ..
                },
            ) => self.values(place, ComponentValType::Type(expected), ComponentValType::Type(actual)),
            _ => place.differs("one side has a function where the other has a type"),
        }
    }

    fn functions(&self, place: &mut Place<'_>, expected: ComponentFuncTypeId, actual: ComponentFuncTypeId) {
        let (Some(expected), Some(actual)) = (self.contract.get(expected), self.actual.get(actual)) else {
            return place.differs("its type cannot be read");
        };
        if actual.async_ {
            place.differs("it is an `async` function; the contract's answer at once");
        }
        if same_names(
            place,
            "parameters",
            expected.params.iter().map(|(name, _)| name),
            actual.params.iter().map(|(name, _)| name),
        ) {
            for ((name, expected), (_, actual)) in expected.params.iter().zip(actual.params.iter()) {
                self.inner(place, &format!("({name})"), *expected, *actual);
            }
        }
        self.payloads(place, " ->", expected.result, actual.result);
    }

    fn values(&self, place: &mut Place<'_>, expected: ComponentValType, actual: ComponentValType) {
        use ComponentDefinedType as Type;
        let (Some(expected), Some(actual)) = (defined(self.contract, expected), defined(self.actual, actual)) else {
            return place.differs("its type cannot be read");
        };
        match (&*expected, &*actual) {
            (Type::Primitive(expected), Type::Primitive(actual)) if expected == actual => {}
            (Type::Record(expected), Type::Record(actual)) => self.records(place, expected, actual),
            (Type::Variant(expected), Type::Variant(actual)) => self.variants(place, expected, actual),
            (Type::Enum(expected), Type::Enum(actual)) => {
                same_names(place, "cases", expected.iter(), actual.iter());
            }
            (Type::List { element: expected, .. }, Type::List { element: actual, .. }) => {
                self.inner(place, "[]", *expected, *actual);
            }
            (Type::Option { ty: expected, .. }, Type::Option { ty: actual, .. }) => {
                self.inner(place, "?", *expected, *actual);
            }
            (
                Type::Result { ok, err, .. },
                Type::Result {
                    ok: actual_ok,
                    err: actual_err,
                    ..
                },
            ) => {
                self.payloads(place, " ok", *ok, *actual_ok);
                self.payloads(place, " error", *err, *actual_err);
            }
            (expected, actual) => {
                place.differs(format!(
                    "the contract has {}, the component {}",
                    kind(expected),
                    kind(actual)
                ));
            }
        }
    }

    fn records(&self, place: &mut Place<'_>, expected: &RecordType, actual: &RecordType) {
        if same_names(place, "fields", expected.fields.keys(), actual.fields.keys()) {
            for ((name, expected), actual) in expected.fields.iter().zip(actual.fields.values()) {
                self.inner(place, &format!(".{name}"), *expected, *actual);
            }
        }
    }

    fn variants(&self, place: &mut Place<'_>, expected: &VariantType, actual: &VariantType) {
        if same_names(place, "cases", expected.cases.keys(), actual.cases.keys()) {
            for ((name, expected), actual) in expected.cases.iter().zip(actual.cases.values()) {
                self.payloads(place, &format!(".{name}"), expected.ty, actual.ty);
            }
        }
    }

    fn payloads(
        &self,
        place: &mut Place<'_>,
        step: &str,
        expected: Option<ComponentValType>,
        actual: Option<ComponentValType>,
    ) {
        match (expected, actual) {
            (Some(expected), Some(actual)) => self.inner(place, step, expected, actual),
            (None, None) => {}
            (Some(_), None) => place.differs(format!("the contract has a value at{step}, the component has none")),
            (None, Some(_)) => place.differs(format!("the component has a value at{step}, the contract has none")),
        }
    }

    fn inner(&self, place: &mut Place<'_>, step: &str, expected: ComponentValType, actual: ComponentValType) {
        let path = format!("{}{step}", place.path);
        self.values(
            &mut Place {
                path: &path,
                differences: place.differences,
            },
            expected,
            actual,
        );
    }
}

/// A type's definition; a primitive may be written with or without one.
fn defined(types: TypesRef<'_>, value: ComponentValType) -> Option<Cow<'_, ComponentDefinedType>> {
    match value {
        ComponentValType::Primitive(primitive) => Some(Cow::Owned(ComponentDefinedType::Primitive(primitive))),
        ComponentValType::Type(id) => types.get(id).map(Cow::Borrowed),
    }
}

/// Whether both sides have the same names in the same order, which is part of the type. Otherwise says which differ.
fn same_names<'a>(
    place: &mut Place<'_>,
    what: &str,
    expected: impl Iterator<Item = &'a KebabString>,
    actual: impl Iterator<Item = &'a KebabString>,
) -> bool {
    let expected: Vec<&str> = expected.map(|name| name.as_str()).collect();
    let actual: Vec<&str> = actual.map(|name| name.as_str()).collect();
    if expected == actual {
        return true;
    }
    let only = |own: &[&str], other: &[&str]| {
        let names = own
            .iter()
            .filter(|name| !other.contains(name))
            .map(|name| format!("`{name}`"));
        names.take(5).collect::<Vec<_>>().join(", ")
    };
    let (missing, extra) = (only(&expected, &actual), only(&actual, &expected));
    place.differs(match (missing.is_empty(), extra.is_empty()) {
        (true, true) => format!("its {what} stand in another order"),
        (false, true) => format!("it lacks the {what} {missing}"),
        (true, false) => {
            format!("it has the {what} {extra} beyond the contract's; in the component model that is another type")
        }
        (false, false) => format!("it lacks the {what} {missing} and has {extra} instead"),
    });
    false
}

fn kind(of: &ComponentDefinedType) -> String {
    use ComponentDefinedType as Type;
    match of {
        Type::Primitive(primitive) => return primitive.to_string(),
        Type::Record(_) => "a record",
        Type::Variant(_) => "a variant",
        Type::List { .. } => "a list",
        Type::Tuple(_) => "a tuple",
        Type::Flags(_) => "flags",
        Type::Enum(_) => "an enum",
        Type::Option { .. } => "an option",
        Type::Result { .. } => "a result",
        Type::Own(_) | Type::Borrow(_) => "a resource",
        _ => "a type that the contract does not know",
    }
    .to_owned()
}
