//! The files of the explorer, which is Swagger UI with a page of our own.

use std::{borrow::Cow, sync::Arc};

use utoipa::ToSchema;
use utoipa_swagger_ui::{Config, serve};

/// The page itself.
pub(super) const PAGE: &str = include_str!("page.html");

/// What starts Swagger UI in the page.
const START: &str = include_str!("start.js");

/// The names of the files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is looked up by name")]
pub(super) enum Name {
    #[schema(rename = "swagger-ui-bundle.js")]
    Script,
    #[schema(rename = "swagger-ui.css")]
    Styles,
    #[schema(rename = "start.js")]
    Start,
    #[schema(rename = "favicon-32x32.png")]
    Icon,
}

/// A file of the explorer.
pub(super) struct File {
    pub(super) media_type: &'static str,
    pub(super) bytes: Cow<'static, [u8]>,
}

/// The file with this name.
pub(super) fn find(name: &str) -> Option<File> {
    let media_type = match name {
        "swagger-ui-bundle.js" | "start.js" => "text/javascript; charset=utf-8",
        "swagger-ui.css" => "text/css; charset=utf-8",
        "favicon-32x32.png" => "image/png",
        _ => return None,
    };
    let bytes = if name == "start.js" {
        Cow::Borrowed(START.as_bytes())
    } else {
        // None of these files depends on the configuration.
        serve(name, Arc::new(Config::default())).ok()??.bytes
    };
    Some(File { media_type, bytes })
}

#[cfg(test)]
mod tests {
    use super::{PAGE, find};

    #[test]
    fn the_page_has_all_its_files_and_no_others() {
        let references = PAGE
            .split('"')
            .filter_map(|text| text.strip_prefix("docs/"));
        let names: Vec<_> = references.collect();
        assert_eq!(names.len(), 4, "{names:?}");
        for name in names {
            assert!(!find(name).unwrap().bytes.is_empty(), "{name}");
        }
        assert!(find("index.html").is_none());
        assert!(!PAGE.contains("//"), "an address elsewhere");
    }
}
