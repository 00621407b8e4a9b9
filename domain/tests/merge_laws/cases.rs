//! What the laws found, as small as it can be told.

use serde_json::{Value, json};
use syncline_domain::{
    document::Document,
    hlc::{Hlc, Node, UnixMillis},
    merge::{DELETED, Edit, FieldRevisions, Merged, Winner},
    path::Path,
};

use crate::server::{Base, Server};

const NOTHING: Base = Base::Versions(0);
const FIRST: Base = Base::Versions(1);

fn at(millis: u64, node: &str) -> Hlc {
    Hlc::new(UnixMillis(millis), Node::new(node).unwrap()).unwrap()
}

/// A device's document, or its deletion, with the times of the paths that it names.
fn edit(node: &str, content: Value, times: &[(&str, u64)]) -> Edit {
    let content = match content {
        Value::Object(fields) => Some(fields),
        _ => None,
    };
    let revision = |(path, millis): &(&str, u64)| (Path::parse(path), at(*millis, node));
    let revisions = times.iter().map(revision).collect();
    Edit {
        content,
        revisions,
        after: FieldRevisions::new(),
    }
}

fn deletion(node: &str, millis: u64) -> Edit {
    edit(node, Value::Null, &[(DELETED, millis)])
}

fn server(content: Value, times: &[(&str, u64)]) -> Server {
    let mut server = Server::default();
    server.push(&edit("laptop", content, times), NOTHING);
    server
}

#[track_caller]
fn assert_repeatable(server: &mut Server, edit: &Edit, base: Base) {
    server.push(edit, base);
    assert_eq!(server.merged(edit, base), Merged::default());
}

fn both_orders(server: &Server, left: &Edit, right: &Edit) -> [Document; 2] {
    [[left, right], [right, left]].map(|edits| {
        let mut server = server.clone();
        for edit in edits {
            server.push(edit, FIRST);
        }
        server.content()
    })
}

#[test]
fn a_value_that_became_an_object_is_taken_in_once() {
    let mut server = server(json!({"o": 0}), &[("o", 1)]);
    let edit = edit("phone", json!({"o": {"x": 0}}), &[("o", 2), ("o.x", 2)]);
    assert_repeatable(&mut server, &edit, FIRST);
}

#[test]
fn an_empty_object_that_others_filled_is_taken_in_once() {
    let mut server = server(json!({"o": {"x": 0}}), &[("o.x", 1)]);
    assert_repeatable(
        &mut server,
        &edit("phone", json!({"o": {}}), &[("o", 2)]),
        NOTHING,
    );
    assert_eq!(Value::Object(server.content()), json!({"o": {"x": 0}}));
}

#[test]
fn what_lost_inside_a_clash_is_taken_in_once() {
    let mut server = server(json!({"o": ""}), &[("o", 1)]);
    server.push(&edit("laptop", json!({"o": 0}), &[("o", 9)]), FIRST);
    let edit = edit("phone", json!({"o": {"x": 1}}), &[("o", 2), ("o.x", 3)]);
    assert_repeatable(&mut server, &edit, FIRST);
}

#[test]
fn a_document_emptied_after_its_deletion_is_made_once() {
    let mut server = server(json!({"o": 0}), &[("o", 1)]);
    server.push(&deletion("laptop", 2), FIRST);
    assert_repeatable(&mut server, &edit("laptop", json!({}), &[("o", 3)]), FIRST);
}

#[test]
fn a_removal_without_an_ancestor_removes_no_later_field() {
    let mut server = server(json!({"o": 0}), &[("o", 1)]);
    let removal = edit("phone", json!({}), &[("o", 2)]);
    server.push(&removal, Base::Unknown);
    assert_eq!(server.content(), Document::new());
    server.push(
        &edit("laptop", json!({"o": {"x": 0}}), &[("o", 3), ("o.x", 3)]),
        FIRST,
    );
    assert_eq!(server.merged(&removal, Base::Unknown), Merged::default());
}

#[test]
fn a_value_equal_to_the_servers_is_taken_in_where_no_ancestor_is_known() {
    let mut server = server(json!({"text": ""}), &[("text", 1)]);
    let same = edit("phone", json!({"text": ""}), &[("text", 2)]);
    server.push(&same, Base::Unknown);
    let all = Base::Versions(server.versions.len());
    server.push(&deletion("laptop", 3), all);
    assert_eq!(server.merged(&same, Base::Unknown), Merged::default());
}

#[test]
fn a_value_set_again_after_it_lost_is_reported() {
    let mut server = server(json!({"text": ""}), &[("text", 9)]);
    server.push(
        &edit("phone", json!({"text": "lines"}), &[("text", 1)]),
        NOTHING,
    );
    let again = edit("phone", json!({"text": "lines"}), &[("text", 2)]);
    let conflicts = server.push(&again, Base::Unknown);
    let [conflict] = conflicts.as_slice() else {
        panic!("{conflicts:?}")
    };
    assert_eq!(conflict.winner, Winner::Remote);
    assert_eq!(conflict.local_value, json!("lines"));
}

/// A device that had no answer pushes what it made first, of which nothing is kept any longer.
#[test]
fn a_removed_value_comes_back_only_by_a_later_edit() {
    for (millis, winner) in [(2, Winner::Remote), (4, Winner::Local)] {
        let mut server = server(json!({"a": 0, "b": 1}), &[("a", 1), ("b", 1)]);
        server.push(&edit("laptop", json!({"b": 1}), &[("a", 3)]), FIRST);
        server.versions.drain(..1);
        server.pushes.clear();
        let old = edit("phone", json!({"a": 0, "b": 1}), &[("a", millis), ("b", 1)]);
        let conflicts = server.push(&old, NOTHING);
        let removed: Vec<_> = conflicts
            .iter()
            .map(|it| (it.field.as_str(), &it.winner))
            .collect();
        assert_eq!(removed, [("a", &winner)]);
        assert_eq!(server.content().contains_key("a"), winner == Winner::Local);
    }
}

/// A device whose clock was ahead stamps its edits anew, and forgets what it made them from.
#[test]
fn a_removal_older_than_what_its_node_pushed_is_reported() {
    let mut server = Server::default();
    let first = edit("phone", json!({"a": 0, "b": 1}), &[("a", 5), ("b", 5)]);
    server.push(&first, NOTHING);
    let removal = edit("phone", json!({"b": 1}), &[("a", 3), ("b", 5)]);
    let conflicts = server.push(&removal, NOTHING);
    let [conflict] = conflicts.as_slice() else {
        panic!("{conflicts:?}")
    };
    assert_eq!(
        (conflict.field.as_str(), &conflict.winner),
        ("a", &Winner::Remote)
    );
    assert_eq!(server.merged(&removal, NOTHING), Merged::default());
}

#[test]
fn a_removal_counts_as_much_on_either_side_of_a_clash() {
    let server = server(json!({"o": {"x": 0}}), &[("o.x", 1)]);
    let left = edit("phone", json!({"o": {"y": 0}}), &[("o.y", 2), ("o.x", 4)]);
    let right = edit("tablet", json!({"o": ""}), &[("o.x", 3), ("o", 3)]);
    let [one, other] = both_orders(&server, &left, &right);
    assert_eq!(one, other);
    assert_eq!(Value::Object(one), json!({"o": {"y": 0}}));
}

#[test]
fn an_object_that_both_sides_keep_stays_when_they_empty_it_together() {
    let content = json!({"o": {"x": "", "y": {"z": 0}}});
    let server = server(content, &[("o.x", 1), ("o.y.z", 1)]);
    let left = edit(
        "phone",
        json!({"o": {"x": ""}}),
        &[("o.x", 1), ("o.y.z", 2)],
    );
    let right = edit(
        "tablet",
        json!({"o": {"y": {"z": 0}}}),
        &[("o.x", 3), ("o.y.z", 1)],
    );
    let [one, other] = both_orders(&server, &left, &right);
    assert_eq!(one, other);
    assert_eq!(Value::Object(one), json!({"o": {}}));
}

/// A copy of an old request may arrive when nothing is kept of the request itself.
#[test]
fn what_a_node_pushed_before_what_it_has_seen_is_no_ancestor() {
    let text = |lines: &str| json!({ "text": lines });
    let mut server = server(text("1\n2\n3\n"), &[("text", 10)]);
    server.push(&edit("laptop", text("0\n2\n3\n"), &[("text", 11)]), FIRST);
    server.push(&edit("phone", text("1\n3\n"), &[("text", 5)]), NOTHING);
    let edited = edit("phone", text("9\n1\n2\n3\n"), &[("text", 12)]);
    server.push(&edited, FIRST);
    assert_eq!(Value::Object(server.content()), text("9\n0\n2\n3\n"));
}

/// A document that phone made, and laptop deleted and made anew: it holds the revision of a value that is gone.
fn made_anew() -> Server {
    let mut server = Server::default();
    server.push(&edit("phone", json!({"a": 1}), &[("a", 10)]), NOTHING);
    server.push(&deletion("laptop", 11), FIRST);
    let anew = edit("laptop", json!({"b": 2}), &[("b", 12)]);
    server.push(&anew, Base::Versions(2));
    server
}

#[test]
fn a_push_that_names_itself_brings_nothing_back_unnoticed() {
    let mut again = edit("phone", json!({"a": 1}), &[("a", 10)]);
    again.after = again.revisions.clone();
    let server = made_anew();
    assert_eq!(server.merged(&again, NOTHING).version, None);
    let mut purged = server;
    purged.versions.drain(..2);
    let conflicts = purged.push(&again, NOTHING);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
}

#[test]
fn what_is_made_from_a_value_that_is_gone_is_reported() {
    let mut edited = edit("phone", json!({"a": 3}), &[("a", 13)]);
    edited.after = FieldRevisions::from([(Path::parse("a"), at(10, "phone"))]);
    let conflicts = made_anew().push(&edited, NOTHING);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
}

/// A device names the revisions of all that it was told of, also of what a value of its own hides.
#[test]
fn what_a_value_hides_is_removed_by_the_one_who_put_it_there() {
    let mut server = server(json!({"o": {"a": 1}}), &[("o.a", 10)]);
    server.push(
        &edit("laptop", json!({"o": {"a": 1, "b": 2}}), &[("o.b", 11)]),
        FIRST,
    );
    let mut hiding = edit("phone", json!({"o": {}}), &[("o", 12), ("o.a", 12)]);
    hiding
        .revisions
        .insert(Path::parse("o.b"), at(11, "laptop"));
    let conflicts = server.push(&hiding, Base::Unknown);
    let told = conflicts
        .iter()
        .find(|conflict| conflict.remote_value == json!(2));
    let told = told.unwrap_or_else(|| panic!("{conflicts:?}"));
    assert_eq!(told.local_rev, at(12, "phone"));
    let revisions = &server.current().unwrap().field_revisions;
    assert_eq!(revisions[&Path::parse("o.b")], at(12, "phone"));
}
