//! Who people are to those who vouch for them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::identifier::Subject;

/// The most characters of a name or an address that are kept.
const MAX_PROFILE_CHARS: usize = 320;

/// Who vouches for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Provider {
    /// Google.
    Google,
    /// GitHub.
    GitHub,
    /// Microsoft, for one tenant or several.
    Microsoft,
    /// Apple.
    Apple,
    /// Nobody: a developer at the server's own machine may be anyone.
    Development,
}

/// No provider has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no provider has this name")]
pub struct UnknownProvider;

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 5] = [
        Self::Google,
        Self::GitHub,
        Self::Microsoft,
        Self::Apple,
        Self::Development,
    ];

    /// The name in paths, in tokens, in the configuration and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::GitHub => "github",
            Self::Microsoft => "microsoft",
            Self::Apple => "apple",
            Self::Development => "dev",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, UnknownProvider> {
        let found = Self::ALL.into_iter().find(|known| known.as_str() == name);
        found.ok_or(UnknownProvider)
    }
}

impl TryFrom<String> for Provider {
    type Error = UnknownProvider;

    fn try_from(name: String) -> Result<Self, UnknownProvider> {
        name.parse()
    }
}

impl From<Provider> for &'static str {
    fn from(provider: Provider) -> Self {
        provider.as_str()
    }
}

/// A person as a provider knows them. Provider and subject alone say who it is: addresses change
/// hands, and not every provider checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who vouches for it.
    pub provider: Provider,
    /// Who it is, in the provider's words.
    pub subject: Subject,
    /// For people to read.
    pub profile: Profile,
}

/// What a provider says of a person, shown and never compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    name: Option<String>,
    email: Option<String>,
}

impl Profile {
    /// Keeps what can be stored and shown. `email` is one that the provider has verified.
    #[must_use]
    pub fn new(name: Option<&str>, email: Option<&str>) -> Self {
        Self {
            name: name.and_then(presentable),
            email: email.and_then(presentable),
        }
    }

    /// The person's name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The person's address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }
}

fn presentable(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MAX_PROFILE_CHARS;
    (fits && !text.contains(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Profile, Provider, UnknownProvider};

    #[test]
    fn providers_are_known_by_their_names() {
        for provider in Provider::ALL {
            assert_eq!(provider.as_str().parse(), Ok(provider));
        }
        for name in ["", "Google", "google ", "facebook"] {
            assert_eq!(name.parse::<Provider>(), Err(UnknownProvider), "{name:?}");
        }
    }

    #[test]
    fn what_cannot_be_shown_is_not_kept() {
        let long = "x".repeat(321);
        let profile = Profile::new(Some("  Zoë "), Some("zoe@example.org"));
        assert_eq!(
            (profile.name(), profile.email()),
            (Some("Zoë"), Some("zoe@example.org"))
        );
        for text in ["", "  ", "a\0b", "a\nb", &long] {
            assert_eq!(
                Profile::new(Some(text), Some(text)),
                Profile::default(),
                "{text:?}"
            );
        }
    }
}
