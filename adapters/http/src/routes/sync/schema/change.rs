//! What tells edits and deletions apart.

use serde_json::Value;
use utoipa::openapi::{
    Ref,
    schema::{AdditionalProperties, Object, ObjectBuilder, SchemaType, Type},
};

pub(super) fn yes() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Boolean)
        .enum_values(Some([true]))
        .description(Some("`true`"))
        .build()
}

pub(super) fn no() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Boolean, Type::Null]))
        .enum_values(Some([Value::Bool(false), Value::Null]))
        .description(Some("`false`, if it is there at all"))
        .build()
}

pub(super) fn deletion_revisions() -> Object {
    let clock = || Ref::from_schema_name("Clock");
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("_deleted", clock())
        .required("_deleted")
        .additional_properties(Some(AdditionalProperties::from(clock())))
        .description(Some("When it was: the device's clock at `_deleted`"))
        .build()
}
