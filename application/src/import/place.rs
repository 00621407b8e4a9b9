//! Where something stands in a file, for whoever is told that it is not imported.

use super::ImportRejection;
use crate::sync::{Rejection, RejectionCode};

/// A collection in the JSON object of an export.
pub(super) struct Place<'a> {
    pub(super) application: &'a str,
    pub(super) collection: &'a str,
}

impl Place<'_> {
    /// Nothing of the collection can be stored.
    pub(super) fn refuse(&self, code: RejectionCode, rule: &str) -> ImportRejection {
        let error = format!("docs.{}.{}: {rule}", self.application, self.collection);
        self.named(Rejection::of(code, error))
    }

    /// A document of a batch that begins with the one at `begin` cannot be stored. The sentence
    /// names its place in the batch, and is to name the place in the file.
    pub(super) fn rejection(&self, begin: usize, mut rejection: Rejection) -> ImportRejection {
        if let Some((index, rest)) = index_of(&rejection) {
            let (application, collection) = (self.application, self.collection);
            let index = begin + index;
            rejection.error = format!("docs.{application}.{collection}[{index}]{rest}");
        }
        self.named(rejection)
    }

    fn named(&self, rejection: Rejection) -> ImportRejection {
        ImportRejection {
            line: None,
            app: Some(self.application.to_owned()),
            collection: Some(self.collection.to_owned()),
            rejection,
        }
    }
}

/// The index of a change in its batch, if the sentence about it begins with that, and the rest of
/// the sentence.
pub(super) fn index_of(rejection: &Rejection) -> Option<(usize, &str)> {
    let place = rejection.error.strip_prefix("changes[")?;
    let (index, rest) = place.split_once(']')?;
    Some((index.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::Place;
    use crate::sync::{Rejection, RejectionCode};

    #[test]
    fn a_rejection_names_the_place_in_the_file() {
        let place = Place {
            application: "todo",
            collection: "notes",
        };
        let rejected = |error: &str| {
            let rejection = Rejection::of(RejectionCode::BadRequest, error.to_owned());
            place.rejection(1_000, rejection).rejection.error
        };
        assert_eq!(
            rejected("changes[2].key: it is missing"),
            "docs.todo.notes[1002].key: it is missing"
        );
        assert_eq!(
            rejected("Schema validation failed"),
            "Schema validation failed"
        );
    }
}
