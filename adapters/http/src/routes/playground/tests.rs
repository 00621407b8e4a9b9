use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use tower::ServiceExt;

use super::{Files, HASHED, content_type, routes};

async fn get(path: &str, tag: Option<&str>) -> Response {
    let mut request = Request::get(path);
    if let Some(tag) = tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let router: Router = routes();
    let request = request.body(Body::empty()).unwrap();
    router.oneshot(request).await.unwrap()
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap()).to_owned()
}

#[tokio::test]
async fn the_page_is_at_the_root_and_names_files_that_are_there() {
    let response = get("/", None).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        header(&response, "content-type"),
        "text/html; charset=utf-8"
    );
    assert_eq!(header(&response, "cache-control"), "no-cache");
    let policy = header(&response, "content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let page = String::from_utf8(body.to_vec()).unwrap();
    let files: Vec<_> = page
        .split('"')
        .filter(|text| text.starts_with("/playground/"))
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(get(file, None).await.status(), StatusCode::OK, "{file}");
    }
}

#[tokio::test]
async fn hashed_files_are_kept_for_good_and_others_are_asked_for_again() {
    for path in Files::iter() {
        let response = get(&format!("/playground/{path}"), None).await;
        let caching = header(&response, "cache-control");
        assert_eq!(caching.contains("immutable"), path.starts_with(HASHED));
        let again = get(
            &format!("/playground/{path}"),
            Some(&header(&response, "etag")),
        )
        .await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[test]
fn every_file_has_a_type() {
    assert!(Files::iter().count() >= 5);
    for path in Files::iter() {
        assert!(content_type(&path).is_some(), "{path}");
    }
}

#[tokio::test]
async fn there_is_nothing_else() {
    for path in [
        "/playground/nothing.js",
        "/playground/../Cargo.toml",
        "/playground/%2e%2e/Cargo.toml",
        "/playground/assets",
    ] {
        assert_eq!(get(path, None).await.status(), StatusCode::NOT_FOUND);
    }
}
