//! What becomes of a document: an edit or a deletion, and what tells them apart.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{AdditionalProperties, AnyOfBuilder, Object, ObjectBuilder, Schema, Type},
    },
};

use super::{Deletion, Edit};

/// Describes what became of a document on the device.
pub(super) struct Change;

impl PartialSchema for Change {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(Edit::name()))
            .item(Ref::from_schema_name(Deletion::name()))
            .description(Some("What became of a document on the device"))
            .into()
    }
}

impl ToSchema for Change {
    fn name() -> Cow<'static, str> {
        "Change".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Edit::name().into(), Edit::schema()));
        Edit::schemas(schemas);
        schemas.push((Deletion::name().into(), Deletion::schema()));
        Deletion::schemas(schemas);
    }
}

pub(super) fn yes() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Boolean)
        .enum_values(Some([true]))
        .description(Some("`true`"))
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
