//! Answers that many operations have.

use serde_json::{Value, json};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder, response::Response};

/// An answer that an operation has without saying so.
#[derive(Clone, Copy)]
pub(super) enum Common {
    BadRequest,
    Unauthorized,
    NoMember,
    PayloadTooLarge,
    UnsupportedMediaType,
    RateLimited,
    InternalError,
    Unavailable,
}

const ALL: [Common; 8] = [
    Common::BadRequest,
    Common::Unauthorized,
    Common::NoMember,
    Common::PayloadTooLarge,
    Common::UnsupportedMediaType,
    Common::RateLimited,
    Common::InternalError,
    Common::Unavailable,
];

/// What they are, under their names.
pub(super) fn all() -> impl Iterator<Item = (String, RefOr<Response>)> {
    ALL.into_iter()
        .map(|common| (common.name().to_owned(), RefOr::T(common.answer())))
}

impl Common {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::Unauthorized => "Unauthorized",
            Self::NoMember => "NoMember",
            Self::PayloadTooLarge => "PayloadTooLarge",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::RateLimited => "RateLimited",
            Self::InternalError => "InternalError",
            Self::Unavailable => "Unavailable",
        }
    }

    pub(super) fn status(self) -> &'static str {
        match self {
            Self::BadRequest => "400",
            Self::Unauthorized => "401",
            Self::NoMember => "403",
            Self::PayloadTooLarge => "413",
            Self::UnsupportedMediaType => "415",
            Self::RateLimited => "429",
            Self::InternalError => "500",
            Self::Unavailable => "503",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::BadRequest => {
                "`bad_request`: the request breaks a rule, which the sentence names."
            }
            Self::Unauthorized => {
                "`unauthorized`: there is no valid session token. A session that ended says by \
                 which limit in `reason`."
            }
            Self::NoMember => {
                "`forbidden`: the caller is no member of the organisation that `X-Org-Id` names."
            }
            Self::PayloadTooLarge => {
                "`payload_too_large`: the body is larger than the server takes, or what is stored of \
                 the documents that it changes."
            }
            Self::UnsupportedMediaType => {
                "`unsupported_media_type`: the body is not declared as what it has to be."
            }
            Self::RateLimited => {
                "`rate_limited`: too many requests within a minute, or too many streams at once."
            }
            Self::InternalError => {
                "`internal_error`: a fault of the server; its log has the cause under the \
                 request's id."
            }
            Self::Unavailable => {
                "`unavailable`: the database or another part is away or busy; the same request \
                 will do later."
            }
        }
    }

    fn example(self) -> Value {
        let (code, sentence) = match self {
            Self::BadRequest => ("bad_request", "The body is empty; send a JSON object"),
            Self::Unauthorized => (
                "unauthorized",
                "A session token is missing; send the header `Authorization: Bearer <token>`",
            ),
            Self::NoMember => (
                "forbidden",
                "You are no member of the organisation that `X-Org-Id` names; `GET /orgs` lists \
                 yours",
            ),
            Self::PayloadTooLarge => (
                "payload_too_large",
                "The body has more than 16777216 bytes; send less at once",
            ),
            Self::UnsupportedMediaType => (
                "unsupported_media_type",
                "The body is not declared as JSON; send the header `Content-Type: \
                 application/json`",
            ),
            Self::RateLimited => (
                "rate_limited",
                "There were too many requests of this user; try again in 2 seconds",
            ),
            Self::InternalError => (
                "internal_error",
                "Something went wrong in the server; its log has the cause under the id in \
                 `X-Request-Id`",
            ),
            Self::Unavailable => (
                "unavailable",
                "The database is not available at the moment; try again",
            ),
        };
        json!({ "error": sentence, "code": code })
    }

    fn answer(self) -> Response {
        let mut content = Content::new(Some(Ref::from_schema_name("Error")));
        content.example = Some(self.example());
        let mut answer = ResponseBuilder::new()
            .description(self.description())
            .content("application/json", content)
            .build();
        super::add_headers_to(&mut answer, self.status(), false);
        answer
    }
}
