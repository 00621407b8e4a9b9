//! What holds after any history.

use proptest::prelude::*;
use serde_json::Value;
use syncline_domain::{
    document::{Document, flatten, get, same_document},
    path::Path,
    rebase::{Change, LocalDocument, Pending},
};

use crate::history::{Event, cases, device, document};

/// The pending values, by path.
fn pending_values(document: &LocalDocument) -> Vec<(Path, Value)> {
    let fields = document
        .pending()
        .into_iter()
        .flat_map(|pending| &pending.fields);
    fields
        .filter_map(|(path, field)| match &field.change {
            Change::Set(value) => Some((path.clone(), value.clone())),
            Change::Removed => None,
        })
        .collect()
}

/// Whether one of the paths is in the object at the other.
fn is_related(path: &Path, other: &Path) -> bool {
    path == other
        || path
            .above()
            .chain(other.above())
            .any(|above| above == path.as_str() || above == other.as_str())
}

/// Whether a push waits for its answer.
fn is_sent(document: &LocalDocument) -> bool {
    document
        .pending()
        .is_some_and(|pending| pending.sent.is_some())
}

fn assert_shows(document: &LocalDocument, expected: &Document) {
    let shown = document.content().expect("a document");
    assert!(
        same_document(&shown, expected),
        "shows {shown:?} instead of {expected:?}"
    );
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn an_edit_shows_what_was_saved(mut device in device(), content in document()) {
        device.edit(&content);
        assert_shows(&device.document, &content);
    }

    #[test]
    fn a_deletion_shows_nothing(mut device in device()) {
        device.live(Event::Delete);
        prop_assert_eq!(device.document.content(), None);
    }

    #[test]
    fn pending_paths_survive_what_the_server_sends_and_others_take_it(
        mut device in device(),
        content in document(),
    ) {
        prop_assume!(device.document.pending().is_none_or(|pending| pending.deletion.is_none()));
        let pending = pending_values(&device.document);
        let paths: Vec<Path> = device.document.pending().into_iter().flat_map(|it| it.fields.keys().cloned()).collect();
        device.live(Event::Receive(content.clone()));
        let shown = device.document.content().unwrap();
        for (path, value) in &pending {
            prop_assert_eq!(get(&shown, path), Some(value));
        }
        for (path, value) in flatten(&content) {
            if !paths.iter().any(|pending| is_related(pending, &path)) {
                prop_assert_eq!(get(&shown, &path), Some(value));
            }
        }
        for path in flatten(&shown).keys() {
            let is_the_servers = flatten(&content).contains_key(path);
            prop_assert!(is_the_servers || pending.iter().any(|(pending, _)| pending == path));
        }
    }

    #[test]
    fn a_deletion_by_others_hides_no_pending_edit(mut device in device(), content in document()) {
        device.edit(&content);
        prop_assume!(device.document.pending().is_some());
        device.live(Event::ReceiveDeleted);
        assert_shows(&device.document, &content);
    }

    #[test]
    fn what_is_stored_as_pushed_is_settled_and_shows_the_same(mut device in device()) {
        prop_assume!(!is_sent(&device.document));
        let before = device.document.content();
        device.live(Event::Push);
        device.live(Event::AnswerAsPushed);
        prop_assert_eq!(device.document.pending(), None);
        prop_assert_eq!(device.document.content(), before);
    }

    #[test]
    fn an_answer_leaves_what_the_server_holds(mut device in device(), content in document()) {
        prop_assume!(!is_sent(&device.document));
        device.live(Event::Push);
        prop_assume!(device.in_flight.is_some());
        device.live(Event::Answer(content.clone()));
        prop_assert_eq!(device.document.pending(), None);
        assert_shows(&device.document, &content);
    }

    #[test]
    fn a_push_without_an_answer_is_repeated_word_for_word(
        mut device in device(),
        content in document(),
    ) {
        let first = device.document.push();
        device.edit(&content);
        let again = device.document.push();
        prop_assert!(first.is_none() || first == again);
    }

    #[test]
    fn edits_in_flight_survive_any_answer(
        mut device in device(),
        content in document(),
        answer in prop_oneof![
            Just(Event::AnswerAsPushed),
            Just(Event::AnswerUnchanged),
            document().prop_map(Event::Answer),
            Just(Event::AnswerDeleted),
        ],
    ) {
        device.live(Event::Push);
        let pushed = pending_values(&device.document);
        device.edit(&content);
        let edited: Vec<_> = pending_values(&device.document)
            .into_iter()
            .filter(|field| !pushed.contains(field))
            .collect();
        device.live(answer);
        let shown = device.document.content().unwrap_or_default();
        for (path, value) in &edited {
            prop_assert_eq!(get(&shown, path), Some(value));
        }
    }

    #[test]
    fn an_edit_over_a_push_names_it_until_the_server_holds_what_was_pushed(
        mut device in device(),
        content in document(),
        other in document(),
    ) {
        prop_assume!(!is_sent(&device.document));
        device.live(Event::Push);
        let Some(push) = device.in_flight.clone() else { return Ok(()) };
        prop_assume!(push.content.as_ref().is_some_and(|pushed| !same_document(pushed, &other)));
        let before = device.document.clone();
        device.edit(&content);
        let own = before.pending().into_iter().flat_map(Pending::revisions);
        let now = device.document.pending().cloned().unwrap_or_default();
        let edited: Vec<_> = own
            .filter(|(path, revision)| now.revisions().any(|(it, new)| it == *path && new != *revision))
            .collect();

        let mut as_pushed = device.clone();
        as_pushed.live(Event::AnswerAsPushed);
        let next = as_pushed.document.push();
        prop_assert!(next.is_none_or(|next| next.after.is_empty()));

        device.live(Event::Answer(other));
        let next = device.document.push();
        for (path, revision) in edited {
            let next = next.as_ref().expect("the edits are pending");
            prop_assert_eq!(next.after.get(&path), Some(&revision));
            prop_assert_eq!(&next.base_clock, &push.base_clock);
        }
    }

    #[test]
    fn the_base_stays_that_of_the_first_edit(
        mut device in device(),
        events in proptest::collection::vec(prop_oneof![
            document().prop_map(Event::Edit),
            Just(Event::Push),
            Just(Event::Lose),
            Just(Event::Refuse),
            document().prop_map(Event::Receive),
            Just(Event::ReceiveDeleted),
        ], 0..6),
    ) {
        let Some(before) = device.document.pending().cloned() else { return Ok(()) };
        for event in events {
            device.live(event);
            let Some(pending) = device.document.pending() else { break };
            prop_assert_eq!(&pending.base_clock, &before.base_clock);
        }
    }

    #[test]
    fn an_edit_that_was_taken_back_before_any_push_is_none(
        mut device in device(),
        content in document(),
    ) {
        prop_assume!(device.document.pending().is_none());
        let Some(before) = device.document.content() else { return Ok(()) };
        device.edit(&content);
        device.edit(&before);
        prop_assert_eq!(device.document.pending(), None);
    }

    #[test]
    fn healing_pushes_all_that_is_shown(mut device in device()) {
        let before = device.document.content();
        device.document.heal();
        prop_assert_eq!(device.document.content(), before.clone());
        if device.document.server().is_some() && !is_sent(&device.document) {
            let push = device.document.push().expect("it is pending");
            prop_assert_eq!(push.content, before);
        }
    }

    #[test]
    fn what_may_no_longer_be_seen_goes_though_it_was_to_be_given_back(device in device()) {
        let [mut healing, mut other] = [device.document.clone(), device.document];
        healing.heal();
        for document in [&mut healing, &mut other] {
            document.removed();
        }
        prop_assert_eq!(healing, other);
    }

    #[test]
    fn a_document_is_the_same_after_it_was_stored(device in device()) {
        let text = serde_json::to_string(&device.document).unwrap();
        prop_assert_eq!(serde_json::from_str::<LocalDocument>(&text).unwrap(), device.document);
    }
}
