//! The description of the routes, as OpenAPI 3.1.
//!
//! It stands above the handlers, in `#[utoipa::path]`: `routes!` takes only what is described, so
//! no route goes without. What operations have in common, such as the request's id, the renewed
//! token and the errors of every route, is added here.
//!
//! | module | what it holds |
//! |---|---|
//! | `tags` | the chapters |
//! | `schema` | what stands in the bodies of several routes |
//! | `common` | what is added to the operations |

mod common;
pub(crate) mod schema;
pub(crate) mod tags;

use utoipa::openapi::{
    ComponentsBuilder, Contact, Info, InfoBuilder, License, OpenApi, OpenApiBuilder, Server,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

/// The name of the session token among the ways to authenticate; handlers write it out.
const SESSION: &str = "session";

/// The name of the ticket for streams among them.
const TICKET: &str = "ticket";

/// What stands before the first chapter.
const INTRODUCTION: &str = include_str!("openapi/introduction.md");

/// What holds for all routes.
pub(crate) fn base() -> OpenApi {
    let components = ComponentsBuilder::new()
        // The parameter `X-Org-Id`, which is no type's member, needs it.
        .schema_from::<schema::OrganisationId>()
        .security_scheme(SESSION, session())
        .security_scheme(TICKET, ticket())
        .build();
    OpenApiBuilder::new()
        .info(info())
        .servers(Some([Server::new("/")]))
        .tags(Some(tags::all()))
        .components(Some(components))
        .build()
}

/// The description of all routes, from those of the handlers.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    common::add(&mut document);
    document
}

fn info() -> Info {
    let mut licence = License::new("MIT");
    licence.identifier = Some("MIT".to_owned());
    let mut contact = Contact::new();
    contact.name = Some("Syncline".to_owned());
    contact.url = Some(env!("CARGO_PKG_REPOSITORY").to_owned());
    InfoBuilder::new()
        .title("Syncline")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(INTRODUCTION))
        .contact(Some(contact))
        .license(Some(licence))
        .build()
}

fn ticket() -> SecurityScheme {
    let description =
        "For streams of pages that cannot send headers: `POST /auth/ticket` gives it.";
    SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description(
        "ticket",
        description,
    )))
}

fn session() -> SecurityScheme {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.bearer_format = Some("JWT".to_owned());
    scheme.description = Some(
        "The session token that a sign-in ends with: `Authorization: Bearer <token>`. When an \
         answer has the header `X-Auth-Token`, the token in it takes the place of the old one."
            .to_owned(),
    );
    SecurityScheme::Http(scheme)
}
