//! Texts of a certain form.
#![expect(
    dead_code,
    reason = "these types only describe what others read and write"
)]

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, SchemaFormat, Type},
    },
};

/// How a text looks.
struct Form {
    description: &'static str,
    format: Option<&'static str>,
    pattern: &'static str,
    max_length: usize,
    example: &'static str,
}

impl From<Form> for RefOr<Schema> {
    fn from(form: Form) -> Self {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(form.description))
            .format(form.format.map(|name| SchemaFormat::Custom(name.into())))
            .pattern(Some(form.pattern))
            .min_length(Some(1))
            .max_length(Some(form.max_length))
            .examples([form.example])
            .into()
    }
}

macro_rules! text {
    ($name:ident, $form:expr) => {
        #[doc = concat!("Describes texts: `", stringify!($name), "`.")]
        pub(crate) struct $name(Box<str>);

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $form.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

/// Text without control characters.
const PLAIN: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";

text!(
    Clock,
    Form {
        description: "A Hybrid Logical Clock: 13 hexadecimal digits of milliseconds since 1970, 6 of a \
            sequence, and the node that stamped it. Clocks order as strings.",
        format: Some("hlc"),
        pattern: "^[0-9a-f]{13}-[0-9a-f]{6}-[ -~]+$",
        max_length: 1_024,
        example: "0019ab3f5c2d0-000000-phone",
    }
);

text!(
    ApplicationName,
    Form {
        description: "An application that the server's configuration names",
        format: None,
        pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length: 64,
        example: "todo",
    }
);

text!(
    CollectionName,
    Form {
        description: "A collection of documents within an application: at most 128 bytes without \
            control characters",
        format: None,
        pattern: PLAIN,
        max_length: 128,
        example: "tasks",
    }
);

text!(
    DocumentKey,
    Form {
        description: "A document within its collection: at most 400 bytes without control characters",
        format: None,
        pattern: PLAIN,
        max_length: 400,
        example: "groceries",
    }
);

text!(
    UserId,
    Form {
        description: "A user",
        format: None,
        pattern: r"^[^\u0000]+$",
        max_length: 255,
        example: "ada",
    }
);

text!(
    OrganisationId,
    Form {
        description: "An organisation; the server makes the id",
        format: None,
        pattern: "^[A-Za-z0-9-]+$",
        max_length: 64,
        example: "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
    }
);

text!(
    Time,
    Form {
        description: "A moment, in UTC",
        format: Some("date-time"),
        pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$",
        max_length: 40,
        example: "2026-11-23T09:00:00.000Z",
    }
);
