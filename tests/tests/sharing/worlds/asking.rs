//! Asks for documents one by one, and by their links.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_domain::{access::Access, identifier::OrganisationId};
use syncline_tests::{Answer, TestServer, server::answer};

use super::{
    owner::Owner,
    rules::{Document, allowed, clubs_of, shown},
};
use crate::reader::{COLLECTION, fields, send};

/// Has `reader` ask for a document of the owner with this index, while nobody acts.
pub(super) async fn one(
    server: &TestServer,
    owners: &[Owner<'_>],
    index: usize,
    key: &'static str,
    reader: &str,
) {
    let clubs = clubs_of(owners, reader);
    ask(server, &owners[index], key, reader, &[&clubs]).await;
}

/// Asks for a document as `reader`, who belongs to either of these sets of organisations: somebody
/// may come or go at this moment.
pub(super) async fn ask(
    server: &TestServer,
    owner: &Owner<'_>,
    key: &'static str,
    reader: &str,
    clubs: &[&[OrganisationId]],
) {
    let nothing = Document::default();
    let is_there = owner.documents.contains_key(key);
    let document = owner.documents.get(key).unwrap_or(&nothing);
    let accesses: Vec<_> = clubs
        .iter()
        .map(|clubs| allowed(owner.user, document, reader, clubs).filter(|_| is_there))
        .collect();
    let told = told(server, owner.user, key, reader).await;
    let expected: Vec<_> = accesses
        .iter()
        .map(|access| Told::of(document, *access, owner.user != reader))
        .collect();
    // Somebody may come or go between two of the questions as well.
    let is_expected = expected.iter().any(|it| it.document == told.document)
        && expected
            .iter()
            .any(|it| it.has_versions == told.has_versions)
        && expected.iter().any(|it| it.restored == told.restored);
    assert!(
        is_expected,
        "{reader} asks for {key} of {}: {told:?} is none of {expected:?}",
        owner.user
    );
}

/// What somebody is told of a document.
#[derive(Debug)]
struct Told {
    /// The document itself; null if it is not there.
    document: Value,
    /// Whether it has versions.
    has_versions: bool,
    /// What making it what it is already is answered with.
    restored: StatusCode,
}

impl Told {
    /// What is to be told of a document to whoever may do so much with it. One that is deleted has
    /// versions still.
    fn of(document: &Document, access: Option<Access>, is_anothers: bool) -> Self {
        let shown = match access {
            Some(access) if !document.content.is_null() => {
                shown(document, is_anothers.then_some(access))
            }
            _ => Value::Null,
        };
        Self {
            document: shown,
            has_versions: access.is_some(),
            restored: match access {
                Some(Access::Write) => StatusCode::OK,
                Some(Access::Read) => StatusCode::FORBIDDEN,
                None => StatusCode::NOT_FOUND,
            },
        }
    }
}

async fn told(server: &TestServer, owner: &str, key: &str, reader: &str) -> Told {
    let path = format!("/todo/collections/{COLLECTION}/documents/{key}");
    let get = async |user: &str, part: &str| {
        let path = format!("{path}{part}owner={owner}");
        send(server, user, Method::GET, &path, &Value::Null).await
    };
    let document = get(reader, "?").await;
    let versions = get(reader, "/versions?").await;
    // Whatever the present version is: the owner knows.
    let known = get(owner, "/versions?limit=1&").await;
    let rev = known.body["versions"][0]["_rev"].as_str();
    let rev = json!({ "rev": rev.unwrap_or("0000000000000-000000-none") });
    let restore = format!("{path}/restore?owner={owner}");
    let restored = send(server, reader, Method::POST, &restore, &rev).await;
    Told {
        document: found(&document, || fields(&document.body["document"])),
        has_versions: versions.status == StatusCode::OK,
        restored: restored.status,
    }
}

fn found(answer: &Answer, value: impl FnOnce() -> Value) -> Value {
    match answer.status {
        StatusCode::OK => value(),
        StatusCode::NOT_FOUND => Value::Null,
        _ => panic!("{}", answer.body),
    }
}

/// The link leads to the document, and those from before lead nowhere.
pub(super) async fn follow_links(server: &TestServer, owner: &Owner<'_>, key: &str) {
    let Some(document) = owner.documents.get(key) else {
        return;
    };
    let links = document.old_links.iter().map(|link| (link, &Value::Null));
    let links = links.chain(document.link.iter().map(|link| (link, &document.content)));
    for (link, expected) in links {
        let opened = answer(server.request(Method::GET, &format!("/share/{link}"))).await;
        let shown = found(&opened, || fields(&opened.body));
        assert_eq!(&shown, expected, "the link to {key} of {}", owner.user);
    }
}
