use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::SecretString;
use serde_json::{Value, json};
use syncline_application::ports::{Session, SessionError};
use syncline_domain::{hlc::UnixMillis, identifier::UserId};

use super::{
    SecretError, SessionTokens,
    limits::{HARD, IDLE, SKEW},
};

const FIRST: &str = "first-secret-of-thirty-two-bytes";
const SECOND: &str = "second-secret-of-at-least-32-bytes";

/// 2024-07-03T00:00:00Z.
const NOW: UnixMillis = UnixMillis(1_719_964_800_000);
const SECONDS: u64 = NOW.0 / 1000;

fn tokens(secrets: &[&str]) -> SessionTokens {
    let secrets: Vec<SecretString> = secrets.iter().map(|&secret| secret.into()).collect();
    SessionTokens::new(&secrets).unwrap()
}

fn signed(algorithm: Algorithm, claims: &Value) -> String {
    encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(FIRST.as_bytes()),
    )
    .unwrap()
}

fn verify(claims: &Value) -> Result<Session, SessionError> {
    tokens(&[FIRST]).verify(&signed(Algorithm::HS256, claims), NOW)
}

fn later(millis: u64) -> UnixMillis {
    UnixMillis(NOW.0 + millis)
}

/// `part` of a token as it is written between the dots.
fn encoded(part: &Value) -> String {
    let message = signed(Algorithm::HS256, part);
    message.split('.').nth(1).unwrap().to_owned()
}

#[test]
fn a_token_names_the_user_that_it_was_issued_to() {
    let tokens = tokens(&[FIRST]);
    let user_id = UserId::new("google|Zoë 1").unwrap();
    let token = tokens.issue(&user_id, NOW).unwrap();
    let session = tokens.verify(&token, later(1000)).unwrap();
    assert_eq!(session, Session::beginning(user_id, Vec::new(), NOW));
}

#[test]
fn a_token_of_another_secret_is_refused() {
    let token = tokens(&[SECOND])
        .issue(&UserId::new("ada").unwrap(), NOW)
        .unwrap();
    assert_eq!(
        tokens(&[FIRST]).verify(&token, NOW),
        Err(SessionError::Invalid)
    );
}

#[test]
fn a_replaced_secret_still_verifies_but_no_longer_signs() {
    let ada = UserId::new("ada").unwrap();
    let (before, after) = (tokens(&[FIRST]), tokens(&[SECOND, FIRST]));
    assert!(after.verify(&before.issue(&ada, NOW).unwrap(), NOW).is_ok());
    let fresh = after.issue(&ada, NOW).unwrap();
    assert!(after.verify(&fresh, NOW).is_ok());
    assert_eq!(before.verify(&fresh, NOW), Err(SessionError::Invalid));
}

#[test]
fn an_idle_session_ends_after_three_days() {
    let tokens = tokens(&[FIRST]);
    let token = tokens.issue(&UserId::new("ada").unwrap(), NOW).unwrap();
    assert!(tokens.verify(&token, later(IDLE)).is_ok());
    assert_eq!(
        tokens.verify(&token, later(IDLE + 1)),
        Err(SessionError::Idle)
    );
}

#[test]
fn a_session_ends_after_seven_days_however_fresh_its_token() {
    let claims = |began: u64| json!({ "sub": "ada", "iat": SECONDS, "iat_session": began });
    assert!(verify(&claims(SECONDS - HARD / 1000)).is_ok());
    assert_eq!(
        verify(&claims(SECONDS - HARD / 1000 - 1)),
        Err(SessionError::Hard)
    );
}

#[test]
fn without_its_beginning_a_session_began_with_its_token() {
    let session =
        verify(&json!({ "sub": "ada", "iat": SECONDS, "providers": ["github"] })).unwrap();
    assert_eq!(session.session_began_at, NOW);
}

#[test]
fn a_token_from_the_future_is_refused() {
    let ahead = SECONDS + SKEW / 1000;
    assert!(verify(&json!({ "sub": "ada", "iat": ahead })).is_ok());
    for claims in [
        json!({ "sub": "ada", "iat": ahead + 1 }),
        json!({ "sub": "ada", "iat": SECONDS, "iat_session": ahead + 1 }),
        json!({ "sub": "ada", "iat": u64::MAX }),
    ] {
        assert_eq!(verify(&claims), Err(SessionError::Invalid), "{claims}");
    }
}

#[test]
fn a_shorter_life_that_a_token_claims_is_respected() {
    assert!(verify(&json!({ "sub": "ada", "iat": SECONDS, "exp": SECONDS + 1 })).is_ok());
    let ended = json!({ "sub": "ada", "iat": SECONDS, "exp": SECONDS });
    assert_eq!(verify(&ended), Err(SessionError::Invalid));
}

#[test]
fn a_shorter_life_is_that_of_the_tokens_that_follow() {
    let tokens = tokens(&[FIRST]);
    let two_hours = SECONDS + 2 * 60 * 60;
    let session = verify(&json!({ "sub": "ada", "iat": SECONDS, "exp": two_hours })).unwrap();
    let renewed = session.renewed(later(61 * 60 * 1000)).unwrap();
    let token = tokens.token(&renewed).unwrap();
    assert_eq!(tokens.verify(&token, later(62 * 60 * 1000)), Ok(renewed));
    let ended = tokens.verify(&token, later(2 * 60 * 60 * 1000));
    assert_eq!(ended, Err(SessionError::Invalid));
}

#[test]
fn a_token_must_say_whose_it_is() {
    let longest = "é".repeat(255);
    assert!(verify(&json!({ "sub": longest, "iat": SECONDS })).is_ok());
    for sub in [
        json!(""),
        json!("a".repeat(256)),
        json!("a\0b"),
        json!(7),
        json!(null),
        json!(["a"]),
    ] {
        let claims = json!({ "sub": sub, "iat": SECONDS });
        assert_eq!(verify(&claims), Err(SessionError::Invalid), "{claims}");
    }
    assert_eq!(
        verify(&json!({ "iat": SECONDS })),
        Err(SessionError::Invalid)
    );
    assert_eq!(verify(&json!({ "sub": "ada" })), Err(SessionError::Invalid));
    assert_eq!(
        verify(&json!({ "sub": "ada", "iat": "now" })),
        Err(SessionError::Invalid)
    );
}

#[test]
fn only_the_pinned_algorithm_is_accepted() {
    let claims = json!({ "sub": "ada", "iat": SECONDS });
    let tokens = tokens(&[FIRST]);
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = signed(algorithm, &claims);
        assert_eq!(
            tokens.verify(&token, NOW),
            Err(SessionError::Invalid),
            "{algorithm:?}"
        );
    }
    let signature = signed(Algorithm::HS256, &claims)
        .rsplit('.')
        .next()
        .unwrap()
        .to_owned();
    for algorithm in ["none", "None", "RS256", "ES256", "EdDSA", "hs256"] {
        let header = encoded(&json!({ "alg": algorithm, "typ": "JWT" }));
        for signature in ["", &signature] {
            let token = format!("{header}.{}.{signature}", encoded(&claims));
            assert_eq!(
                tokens.verify(&token, NOW),
                Err(SessionError::Invalid),
                "{token}"
            );
        }
    }
}

#[test]
fn a_tampered_token_is_refused() {
    let tokens = tokens(&[FIRST]);
    let token = tokens.issue(&UserId::new("ada").unwrap(), NOW).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let other = encoded(&json!({ "sub": "bob", "iat": SECONDS }));
    let tampered = format!("{}.{other}.{}", parts[0], parts[2]);
    assert_eq!(tokens.verify(&tampered, NOW), Err(SessionError::Invalid));
    for index in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[index] = if bytes[index] == b'*' { b'A' } else { b'*' };
        let tampered = String::from_utf8(bytes).unwrap();
        assert_eq!(
            tokens.verify(&tampered, NOW),
            Err(SessionError::Invalid),
            "byte {index}"
        );
    }
}

#[test]
fn garbage_is_refused() {
    let endless = "a".repeat(100_000);
    for token in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "Bearer x",
        "\0",
        "é.é.é",
        endless.as_str(),
    ] {
        assert_eq!(
            tokens(&[FIRST]).verify(token, NOW),
            Err(SessionError::Invalid),
            "{token}"
        );
    }
}

#[test]
fn a_secret_that_could_be_guessed_is_refused() {
    let refused = |secrets: &[SecretString]| SessionTokens::new(secrets).err().unwrap();
    assert_eq!(refused(&[]), SecretError::Missing);
    let short = refused(&[FIRST.into(), "short".into()]);
    assert_eq!(short, SecretError::TooShort { bytes: 5 });
    assert!(short.to_string().contains("openssl rand -hex 32"));
}

#[test]
fn a_renewed_token_keeps_whose_and_how_old_the_session_is() {
    let tokens = tokens(&[FIRST]);
    let providers = vec!["github".to_owned(), "google".to_owned()];
    let session = Session::beginning(UserId::new("ada").unwrap(), providers, NOW);
    let now = later(2 * 60 * 60 * 1000);
    let renewed = session.renewed(now).unwrap();
    let token = tokens.token(&renewed).unwrap();
    assert_eq!(tokens.verify(&token, now), Ok(renewed));
    // However often it is renewed, the session ends.
    let end = later(HARD + 1000);
    let renewed = session.renewed(end).unwrap();
    let token = tokens.token(&renewed).unwrap();
    assert_eq!(tokens.verify(&token, end), Err(SessionError::Hard));
}
