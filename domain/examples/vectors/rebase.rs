//! Stories of one document on one device: steps, and what the device shows and sends after each.

mod story;

use serde_json::{Value, json};

use super::{diff::fields, generator::Generator};
use story::Story;

const GENERATED: u64 = 16;

pub(crate) fn vectors() -> Value {
    let told = told().into_iter().map(Story::told);
    let stories: Vec<Value> = told.chain(generated(1000, GENERATED)).collect();
    json!({ "stories": stories })
}

/// Stories from as many seeds, beginning with `seed`.
pub(crate) fn generated(seed: u64, count: u64) -> impl Iterator<Item = Value> {
    (seed..seed.saturating_add(count)).map(|seed| story(&mut Generator::new(seed)).told())
}

fn told() -> Vec<Story> {
    vec![
        created(),
        edited_in_flight(),
        answer_lost(),
        rebased(),
        undone(),
        deletion_lost(),
        refused(),
        refused_later(),
        doubted(),
        restamped(),
        restamped_beside_a_push(),
        healed(),
        forgotten(),
        taken_back(),
    ]
}

/// A device that has the document from the server.
fn synced(name: &str) -> Story {
    let mut story = Story::new(name);
    story.receive(fields(json!({"a": 1, "b": {"c": "text"}})));
    story
}

fn created() -> Story {
    let mut story = Story::new("created, pushed and answered");
    story.edit(&fields(json!({"a": 1, "b": {"c": 2}})));
    story.push();
    story.answer_as_pushed();
    story.push();
    story
}

fn edited_in_flight() -> Story {
    let mut story = synced("edited while a push is in flight");
    story.edit(&fields(json!({"a": 2, "b": {"c": "text"}})));
    story.push();
    story.edit(&fields(json!({"a": 3, "b": {"c": "text"}, "d": true})));
    story.answer_as_pushed();
    story.push();
    story
}

fn answer_lost() -> Story {
    let mut story = synced("the answer is lost, and the edit goes on");
    story.edit(&fields(json!({"a": 1, "b": {"c": "text\nmore"}})));
    story.push();
    story.edit(&fields(
        json!({"a": 1, "b": {"c": "text\nmore\nstill more"}}),
    ));
    story.push();
    story.answer_merged(fields(
        json!({"a": 9, "b": {"c": "text\nmore\nstill more\nothers"}}),
    ));
    story.push();
    story
}

fn rebased() -> Story {
    let mut story = synced("the server changes under a pending edit");
    story.edit(&fields(json!({"a": 1, "b": {"c": "mine"}})));
    story.receive(fields(json!({"a": 2, "b": {"c": "theirs", "d": 3}})));
    story.edit(&fields(json!({"a": 7, "b": {"c": "mine again", "d": 3}})));
    story.push();
    story
}

fn undone() -> Story {
    let mut story = synced("an edit is taken back before and after it was pushed");
    let original = fields(json!({"a": 1, "b": {"c": "text"}}));
    story.edit(&fields(json!({"a": 2, "b": {"c": "text"}})));
    story.edit(&original);
    story.push();
    story.edit(&fields(json!({"a": 2})));
    story.push();
    story.edit(&original);
    story.push();
    story
}

fn deletion_lost() -> Story {
    let mut story = synced("a deletion whose answer is lost, then the document again");
    story.delete();
    story.push();
    story.edit(&fields(json!({"a": 5})));
    story.push();
    story.answer_as_pushed();
    story.push();
    story
}

fn refused() -> Story {
    let mut story = synced("refused, then mended");
    story.edit(&fields(json!({"a": "wrong", "b": {"c": "text"}})));
    story.push();
    story.refused();
    story.edit(&fields(json!({"a": 2, "b": {"c": "text"}})));
    story.push();
    story
}

fn refused_later() -> Story {
    let mut story = synced("sent twice, refused, then taken back");
    story.edit(&fields(json!({"a": 1, "b": {"c": "text"}, "d": true})));
    story.push();
    story.push();
    story.refused();
    story.edit(&fields(json!({"a": 1, "b": {"c": "text"}})));
    story.push();
    story
}

fn doubted() -> Story {
    let mut story = Story::new("pushed, and the clock forgotten before the answer");
    story.edit(&fields(json!({"a": 1, "b": 2})));
    story.push();
    story.edit(&fields(json!({"a": 1, "b": 3})));
    story.doubt();
    story.push();
    story.answer_as_pushed();
    story.push();
    story
}

fn restamped() -> Story {
    let mut story = synced("stamped anew after a clock skew");
    story.edit(&fields(json!({"a": 2, "b": {"c": "text"}})));
    story.push();
    story.refused();
    story.restamp();
    story.push();
    story
}

fn restamped_beside_a_push() -> Story {
    let mut story = synced("edited amid a push, and the edit stamped anew after a clock skew");
    story.edit(&fields(json!({"a": 2, "b": {"c": "text"}})));
    story.push();
    story.edit(&fields(json!({"a": 3, "b": {"c": "text"}})));
    story.restamp();
    story.push();
    story.answer_unchanged();
    story.push();
    story
}

fn healed() -> Story {
    let mut story = synced("the server came back from an older backup");
    story.edit(&fields(json!({"a": 2, "b": {"c": "text"}})));
    story.heal();
    story.push();
    story
}

fn forgotten() -> Story {
    let mut story = synced("no longer visible, with and without a pending edit");
    story.edit(&fields(json!({"a": 2, "b": {"c": "text"}})));
    story.removed();
    story.missing();
    story.push();
    story
}

fn taken_back() -> Story {
    let mut story = synced("no longer visible, after the server came back from an older backup");
    story.edit(&fields(json!({"a": 1, "b": {"c": "text"}, "d": true})));
    story.heal();
    story.removed();
    story.push();
    story
}

fn story(generator: &mut Generator) -> Story {
    let mut story = Story::new("generated");
    for _ in 0..12 {
        match generator.below(17) {
            0..=1 => story.edit(&generator.document()),
            2..=4 => {
                let content = generator.changed(story.content());
                story.edit(&content);
            }
            5..=6 => story.push(),
            7 => story.answer_as_pushed(),
            8 => {
                let content = generator.changed(story.content());
                story.answer_merged(content);
            }
            9 => {
                let content = generator.changed(story.content());
                story.receive(content);
            }
            10 => story.delete(),
            11 => story.receive_tombstone(),
            12 => story.answer_unchanged(),
            13 => story.removed(),
            14 => story.missing(),
            15 => story.heal(),
            _ if generator.chance(3) => story.doubt(),
            _ if generator.chance(2) => story.restamp(),
            _ => story.refused(),
        }
    }
    story.push();
    story
}
