//! The keys below `auth`.

use syncline_domain::identity::Provider;

use super::{Rule, SECRET, Shape, web_address};

pub(super) const AUTH: Shape = Shape::Table(&[
    ("jwt", JWT),
    ("redirectUris", Shape::Texts(PAGE)),
    ("providers", PROVIDERS),
    ("issuers", Shape::Named(ISSUER_NAME, &ISSUER)),
]);

const JWT: Shape = Shape::Table(&[
    ("secret", Shape::Text(SECRET)),
    ("secretFile", Shape::Path),
    ("previousSecrets", Shape::Texts(SECRET)),
]);

const PROVIDERS: Shape = Shape::Table(&[
    (
        "google",
        Shape::Table(&[
            ("clientId", Shape::Text(TEXT)),
            ("clientSecret", Shape::Text(TEXT)),
            ("clientSecretFile", Shape::Path),
            ("issuer", Shape::Text(ENDPOINT)),
            ("authorizationEndpoint", Shape::Text(ENDPOINT)),
            ("tokenEndpoint", Shape::Text(ENDPOINT)),
            ("jwksUri", Shape::Text(ENDPOINT)),
        ]),
    ),
    (
        "github",
        Shape::Table(&[
            ("clientId", Shape::Text(TEXT)),
            ("clientSecret", Shape::Text(TEXT)),
            ("clientSecretFile", Shape::Path),
            ("authorizationEndpoint", Shape::Text(ENDPOINT)),
            ("tokenEndpoint", Shape::Text(ENDPOINT)),
            ("userEndpoint", Shape::Text(ENDPOINT)),
            ("emailsEndpoint", Shape::Text(ENDPOINT)),
        ]),
    ),
    (
        "microsoft",
        Shape::Table(&[
            ("clientId", Shape::Text(TEXT)),
            ("clientSecret", Shape::Text(TEXT)),
            ("clientSecretFile", Shape::Path),
            ("tenant", Shape::Text(TENANT)),
            ("issuer", Shape::Text(ENDPOINT)),
            ("authorizationEndpoint", Shape::Text(ENDPOINT)),
            ("tokenEndpoint", Shape::Text(ENDPOINT)),
            ("jwksUri", Shape::Text(ENDPOINT)),
        ]),
    ),
    (
        "apple",
        Shape::Table(&[
            ("clientId", Shape::Text(TEXT)),
            ("teamId", Shape::Text(TEXT)),
            ("keyId", Shape::Text(TEXT)),
            ("privateKey", Shape::Text(TEXT)),
            ("privateKeyFile", Shape::Path),
            ("issuer", Shape::Text(ENDPOINT)),
            ("authorizationEndpoint", Shape::Text(ENDPOINT)),
            ("tokenEndpoint", Shape::Text(ENDPOINT)),
            ("jwksUri", Shape::Text(ENDPOINT)),
        ]),
    ),
]);

static ISSUER: Shape = Shape::Table(&[
    ("issuer", Shape::Text(ENDPOINT)),
    ("audience", Shape::Text(TEXT)),
    ("jwksUri", Shape::Text(ENDPOINT)),
    ("userClaim", Shape::Text(TEXT)),
]);

const TEXT: Rule = Rule {
    holds: |text| !text.trim().is_empty(),
    says: "must not be empty",
};

const TENANT: Rule = Rule {
    holds: |text| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    },
    says: "has to be the id or domain of a tenant, or `common`, `organizations` or `consumers`",
};

const ENDPOINT: Rule = Rule {
    holds: is_endpoint,
    says: "has to begin with `https://`, or with `http://` on this machine alone, and have a host, no \
           name or password, and no blanks",
};

const PAGE: Rule = Rule {
    holds: is_page,
    says: "has to be a list of the addresses of pages, such as `https://example.org/signed-in`, \
           without `#`",
};

const ISSUER_NAME: Rule = Rule {
    holds: |text| {
        (1..=32).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && text.parse::<Provider>().is_err()
    },
    says: "is no name for an issuer: it is 1 to 32 lower-case letters, digits or `-`, and none of \
           the providers",
};

/// Secrets and keys are sent and fetched there: nobody on the way may read or change them.
fn is_endpoint(text: &str) -> bool {
    web_address(text).is_some_and(|url| {
        let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_secure = url.scheme() == "https" || url.scheme() == "http" && is_local;
        is_secure && url.username().is_empty() && url.password().is_none()
    })
}

/// Native applications have schemes of their own.
fn is_page(text: &str) -> bool {
    let parts = text.split_once(":/");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain
        && !text.contains('#')
        && parts.is_some_and(|(scheme, rest)| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && !["javascript", "data", "file"].contains(&scheme)
                && !rest.is_empty()
        })
}

#[cfg(test)]
mod tests {
    use super::{is_endpoint, is_page};

    #[test]
    fn endpoints_are_secure_or_on_this_machine() {
        for good in [
            "https://id.example.org",
            "http://127.0.0.1:4000/a",
            "http://localhost",
            "http://[::1]:4000",
        ] {
            assert!(is_endpoint(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http://id.example.org",
            "http://localhost.example.org",
            "https:// x",
            "https://id.example.org:abc",
            "https://ada:secret@id.example.org",
            "https:id.example.org",
            "https:/id.example.org",
            "https:///id.example.org",
            "https:\\\\id.example.org",
            " https://id.example.org",
            "https://id.example.org\n",
            "https://id.example.org/a\tb",
        ] {
            assert!(!is_endpoint(bad), "{bad}");
        }
    }

    #[test]
    fn pages_are_addresses_that_take_a_code() {
        for good in [
            "https://example.org/in",
            "http://localhost:5173/",
            "org.example.app:/in",
        ] {
            assert!(is_page(good), "{good}");
        }
        for bad in [
            "",
            "/in",
            "example.org",
            "https://example.org/#in",
            "javascript://x",
            "a b:/c",
        ] {
            assert!(!is_page(bad), "{bad}");
        }
    }
}
