use serde::Deserialize;

/// The most characters of a name.
const MAX_CHARS: usize = 100;

/// The name of an organisation, without the space around it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OrganisationName(Box<str>);

/// Said of a text that is no name of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an organisation's name has 1 to {MAX_CHARS} characters, none of them a control character")]
pub struct NameError;

impl OrganisationName {
    /// Takes a text as a name; space around it does not count.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn new(text: &str) -> Result<Self, NameError> {
        let name = text.trim();
        let is_valid = (1..=MAX_CHARS).contains(&name.chars().count());
        if !is_valid || name.contains(char::is_control) {
            return Err(NameError);
        }
        Ok(Self(name.into()))
    }

    /// The name as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names that count as one have in common: the name without its case.
    #[must_use]
    pub fn key(&self) -> String {
        // Some letters have two small forms: the final sigma, the dotless i. Going by the capitals
        // first makes them one.
        self.0.to_uppercase().to_lowercase()
    }
}

impl TryFrom<String> for OrganisationName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::{NameError, OrganisationName};

    fn key(text: &str) -> String {
        OrganisationName::new(text).unwrap().key()
    }

    #[test]
    fn space_around_a_name_does_not_count() {
        let name = OrganisationName::new(" \t Acme  Ltd \u{3000}").unwrap();
        assert_eq!(name.as_str(), "Acme  Ltd");
    }

    #[test]
    fn names_that_differ_in_case_are_one() {
        for (left, right) in [
            ("Acme", " aCME "),
            ("ÉCOLE", "école"),
            ("ΟΔΟΣ", "οδος"),
            ("STRASSE", "straße"),
        ] {
            assert_eq!(key(left), key(right));
        }
        assert_ne!(key("Acme"), key("Acme 2"));
        assert_ne!(key("Ecole"), key("École"));
    }

    #[test]
    fn names_have_bounds() {
        assert!(OrganisationName::new(&"é".repeat(100)).is_ok());
        let long = "é".repeat(101);
        for text in ["", " \t", &long, "a\0b", "a\nb", "a\u{85}b"] {
            assert_eq!(OrganisationName::new(text), Err(NameError), "{text:?}");
        }
    }
}
