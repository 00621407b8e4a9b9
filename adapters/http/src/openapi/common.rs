//! What operations have in common: added here, so that no handler has to repeat it.

mod answers;
mod headers;

use utoipa::openapi::{
    OpenApi, Ref, RefOr,
    path::{Operation, PathItem},
    response::Response,
};

use answers::Common;

/// Adds the answers and headers that operations have in common. What a handler says of an answer
/// stays.
pub(super) fn add(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.headers.extend(headers::all());
    components.responses.extend(answers::all());
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            add_answers(path, operation);
            add_headers(operation);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

fn add_answers(path: &str, operation: &mut Operation) {
    let takes_session = takes_session(operation);
    // Open to all has to be said.
    operation.security.get_or_insert_default();
    let has_body = operation.request_body.is_some();
    let names_organisation = has_parameter(operation, headers::ORGANISATION);
    let has_parameters = operation.parameters.is_some();
    let is_counted = !["/health", "/ready"].contains(&path);
    for (common, applies) in [
        (Common::BadRequest, has_body || has_parameters),
        (Common::Unauthorized, takes_session),
        (Common::NoMember, names_organisation),
        (Common::PayloadTooLarge, has_body),
        (Common::UnsupportedMediaType, has_body),
        (Common::RateLimited, is_counted),
        (Common::InternalError, true),
        (Common::Unavailable, true),
    ] {
        if applies {
            let answers = &mut operation.responses.responses;
            answers
                .entry(common.status().to_owned())
                .or_insert_with(|| RefOr::Ref(Ref::from_response_name(common.name())));
        }
    }
}

fn takes_session(operation: &Operation) -> bool {
    let security = operation.security.as_ref();
    security.is_some_and(|requirements| !requirements.is_empty())
}

fn has_parameter(operation: &Operation, name: &str) -> bool {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter.name.as_str()),
            RefOr::Ref(_) => None,
        })
        .any(|found| found == name)
}

fn add_headers(operation: &mut Operation) {
    let takes_session = takes_session(operation);
    for (status, answer) in &mut operation.responses.responses {
        if let RefOr::T(answer) = answer {
            add_headers_to(answer, status, takes_session);
        }
    }
}

fn add_headers_to(answer: &mut Response, status: &str, takes_session: bool) {
    let knows_caller = takes_session && status != "401";
    for (name, applies) in [
        (headers::REQUEST_ID, true),
        (headers::NEXT_TOKEN, knows_caller),
        (headers::RETRY_AFTER, ["429", "503"].contains(&status)),
        (headers::AUTHENTICATE, status == "401"),
    ] {
        if applies {
            let header = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
            answer.headers.entry(name.to_owned()).or_insert(header);
        }
    }
}
