//! How people sign in, as an operator configures it.

use syncline_domain::identity::Provider;

use crate::support::{Folder, SECRET};

/// A folder whose `[auth]` says this.
fn folder(text: &str) -> Folder {
    let folder = Folder::new();
    folder.write("syncline.toml", text);
    folder
}

const GOOGLE: &str = "[auth.providers.google]\nclientId = \"a\"\n";

#[test]
fn a_secret_is_itself_in_a_file_or_in_the_environment() {
    use secrecy::ExposeSecret;
    let key = "SYNCLINE_AUTH__PROVIDERS__GOOGLE__CLIENT_SECRET";
    let file = format!("{GOOGLE}clientSecretFile = \"google\"");
    for (text, variables) in [
        (format!("{GOOGLE}clientSecret = \"shh\""), vec![]),
        (file.clone(), vec![]),
        (GOOGLE.to_owned(), vec![(key, "shh")]),
    ] {
        let folder = folder(&text);
        folder.write("google", " shh\n");
        let configuration = folder.load(&variables).unwrap();
        let google = &configuration.identity.providers[&Provider::Google];
        let secret = google.client_secret.as_ref().unwrap();
        assert_eq!(secret.expose_secret(), "shh", "{text}");
    }
    // The later source replaces the other way to say it.
    let folder = folder(&file);
    let configuration = folder.load(&[(key, "other")]).unwrap();
    let google = &configuration.identity.providers[&Provider::Google];
    assert_eq!(
        google.client_secret.as_ref().unwrap().expose_secret(),
        "other"
    );
}

#[test]
fn secrets_of_providers_are_never_shown() {
    let text = "[auth.providers.google]\nclientId = \"a\"\nclientSecret = \"shh-google\"\n\
                [auth.providers.apple]\nclientId = \"a\"\nprivateKey = \"shh-apple\"";
    let configuration = folder(text)
        .load(&[("SYNCLINE_JWT_SECRET", SECRET)])
        .unwrap();
    let shown = configuration.without_secrets().unwrap();
    assert_eq!(
        shown["auth"]["providers"]["google"]["clientSecret"],
        "(set)"
    );
    assert_eq!(shown["auth"]["providers"]["apple"]["privateKey"], "(set)");
    for text in [shown.to_string(), format!("{configuration:?}")] {
        assert!(!text.contains("shh"), "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_named() {
    for (text, expected) in [
        (
            "[auth.providers.myspace]\nclientId = \"a\"",
            "`auth.providers.myspace`",
        ),
        (
            "[auth.providers.google]\ntenant = \"a\"",
            "`auth.providers.google.tenant`",
        ),
        (
            "[auth.providers.google]\nissuer = \"http://id.example.org\"",
            "has to begin with `https://`, or with `http://` on this machine alone",
        ),
        (
            "[auth.providers.google]\nclientSecret = \"a\"\nclientSecretFile = \"b\"",
            "has both `clientSecret` and `clientSecretFile`",
        ),
        (
            "[auth.providers.google]\nclientSecretFile = \"missing\"",
            "`auth.providers.google.clientSecretFile` names",
        ),
        (
            "auth.redirectUris = [\"https://example.org/#in\"]",
            "has to be a list of the addresses of pages",
        ),
        (
            "[auth.issuers.\"a|b\"]\nissuer = \"https://id.example\"",
            "is no name for an issuer",
        ),
        (
            "[auth.issuers.google]\nissuer = \"https://id.example\"",
            "is no name for an issuer",
        ),
        (
            "[auth.issuers.acme]\nissuer = \"https://id.example\"",
            "`auth.issuers.acme.audience` is missing",
        ),
        (
            "[auth.issuers.a]\nissuer = \"https://id.example\"\naudience = \"a\"\n\
             [auth.issuers.b]\nissuer = \"https://id.example\"\naudience = \"b\"",
            "`auth.issuers.b.issuer` is that of `auth.issuers.a` as well",
        ),
        (
            "publicUrl = \"https://sync.example.org/path\"",
            "has to be an address such as `https://sync.example.org`, without a path",
        ),
        (
            "publicUrl = \"https:sync.example.org\"",
            "has to be an address such as `https://sync.example.org`",
        ),
        (
            "publicUrl = \"https://ada@sync.example.org\"",
            "has to be an address such as `https://sync.example.org`",
        ),
        (
            "publicUrl = \"https://sync.example.org:abc\"",
            "has to be an address such as `https://sync.example.org`",
        ),
        (
            "[auth.issuers.acme]\nissuer = \"https://x y\"\naudience = \"a\"",
            "has to begin with `https://`, or with `http://` on this machine alone",
        ),
        (
            "listen = \"0.0.0.0:80\"\n[auth.providers.google]\nclientId = \"a\"",
            "`publicUrl` is required with a provider",
        ),
    ] {
        let error = folder(text).error(&[]);
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_public_url_is_taken_as_browsers_write_it() {
    for text in [
        "https://sync.example.org",
        "https://Sync.Example.org",
        "https://sync.example.org:443",
        "https://sync.example.org/",
    ] {
        let configuration = folder(&format!("publicUrl = \"{text}\"")).load(&[]);
        let public_url = configuration.unwrap().identity.public_url;
        assert_eq!(
            public_url.as_deref(),
            Some("https://sync.example.org"),
            "{text}"
        );
    }
}

#[test]
fn anyone_may_be_anyone_only_where_nothing_says_how_people_sign_in() {
    for (text, expected) in [
        ("", true),
        ("listen = \"[::1]:80\"", true),
        ("listen = \"0.0.0.0:80\"", false),
        ("listen = \"192.168.1.2:80\"", false),
        ("publicUrl = \"https://sync.example.org\"", false),
        ("limits.trustedProxyHops = 1", false),
        (GOOGLE, false),
        (
            "[auth.issuers.acme]\nissuer = \"https://id.example\"\naudience = \"a\"",
            false,
        ),
    ] {
        let configuration = folder(text).load(&[]).unwrap();
        let is_development = configuration.identity.is_development(configuration.listen);
        assert_eq!(is_development, expected, "{text}");
    }
}
