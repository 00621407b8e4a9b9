//! Generated edits, as devices make them.

use std::collections::BTreeMap;

use proptest::{collection, prelude::*};
use serde_json::{Value, json};
use syncline_domain::{
    document::{Document, diff, remove, set},
    hlc::{Hlc, Node, UnixMillis},
    merge::{DELETED, Edit, FieldRevisions},
    path::Path,
};

use crate::server::{Base, Server};

pub(crate) const DEVICES: [&str; 3] = ["laptop", "phone", "tablet"];

/// What a user does to one place of the document, and when.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    place: &'static str,
    value: Option<Value>,
    time: u64,
}

/// What a device pushes.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Edit(Vec<Act>),
    Delete(u64),
}

/// A push: by which device, how many versions ago its base was, and what.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(crate) device: usize,
    behind: usize,
    is_unknown: bool,
    pub(crate) work: Work,
}

/// The devices' clocks.
pub(crate) struct Devices(Vec<Hlc>);

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (0..4).prop_map(Value::from),
        1 => Just(json!(null)),
        1 => Just(json!({})),
        1 => Just(json!([1, 2])),
        1 => (0..3).prop_map(|number| json!({"x": number})),
        1 => (0..3).prop_map(|number| json!({"y": {"z": number}})),
        3 => text().prop_map(Value::String),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::subsequence(vec!["one", "two", "three", "four", "five"], 0..=5)
        .prop_map(|lines| lines.join("\n"))
}

fn act() -> impl Strategy<Value = Act> {
    let place = prop::sample::select(vec!["a", "b", "o", "o.x", "o.y", "o.y.z", "code"]);
    let text = (Just("text"), text().prop_map(|text| Some(text.into())));
    let other = (place, prop::option::weighted(0.7, value()));
    (
        prop_oneof![3 => other.boxed(), 1 => text.boxed()],
        0..100u64,
    )
        .prop_map(|((place, value), time)| Act { place, value, time })
}

pub(crate) fn edit() -> impl Strategy<Value = Work> {
    collection::vec(act(), 0..5).prop_map(Work::Edit)
}

pub(crate) fn work() -> impl Strategy<Value = Work> {
    prop_oneof![6 => edit().boxed(), 1 => (0..100u64).prop_map(Work::Delete).boxed()]
}

pub(crate) fn turns(most: usize) -> impl Strategy<Value = Vec<Turn>> {
    let turn = (
        0..DEVICES.len(),
        0..3usize,
        prop::bool::weighted(0.1),
        work(),
    )
        .prop_map(|(device, behind, is_unknown, work)| Turn {
            device,
            behind,
            is_unknown,
            work,
        });
    collection::vec(turn, 1..most)
}

impl Turn {
    pub(crate) fn base(&self, server: &Server) -> Base {
        if self.is_unknown {
            Base::Unknown
        } else {
            Base::Versions(server.versions.len().saturating_sub(self.behind))
        }
    }
}

impl Devices {
    pub(crate) fn new() -> Self {
        let clock = |name| Hlc::zero().with_node(Node::new(name).unwrap());
        Self(DEVICES.map(clock).into())
    }

    /// The edit that a device makes of the last version that it has seen.
    pub(crate) fn edit(&mut self, device: usize, work: &Work, server: &Server, base: Base) -> Edit {
        let seen = server.origin(base);
        if let Some(seen) = seen {
            self.0[device] = self.0[device]
                .receive(&seen.revision, UnixMillis(0))
                .unwrap();
        }
        let acts = match work {
            Work::Edit(acts) => acts,
            Work::Delete(time) => {
                let deletion = (Path::of_key(DELETED), self.stamp(device, *time));
                return Edit {
                    content: None,
                    revisions: FieldRevisions::from([deletion]),
                    after: BTreeMap::new(),
                };
            }
        };
        let origin = seen.map(|seen| seen.content.clone()).unwrap_or_default();
        let mut content = origin.clone();
        let mut stamped = FieldRevisions::new();
        for act in acts {
            let before = content.clone();
            match &act.value {
                Some(value) => set(&mut content, &Path::parse(act.place), value.clone()),
                None => remove(&mut content, &Path::parse(act.place)),
            }
            let revision = self.stamp(device, act.time);
            stamped.extend(changed(&before, &content).map(|path| (path, revision.clone())));
        }
        let mut revisions = seen
            .map(|seen| seen.field_revisions.clone())
            .unwrap_or_default();
        revisions.remove(DELETED);
        // What was made and taken back before the push is nobody's business.
        let new = changed(&origin, &content).filter_map(|path| stamped.remove_entry(&path));
        revisions.extend(new);
        Edit {
            content: Some(content),
            revisions,
            after: BTreeMap::new(),
        }
    }

    fn stamp(&mut self, device: usize, time: u64) -> Hlc {
        self.0[device] = self.0[device].tick(UnixMillis(time)).unwrap();
        self.0[device].clone()
    }
}

/// The leaves that differ, gone ones included.
pub(crate) fn changed(from: &Document, to: &Document) -> impl Iterator<Item = Path> {
    let difference = diff(from, to);
    difference
        .changed
        .into_keys()
        .collect::<Vec<_>>()
        .into_iter()
        .chain(difference.removed)
}

/// A server with one version, made of `work`.
pub(crate) fn begun(devices: &mut Devices, work: &Work) -> Server {
    let mut server = Server::default();
    let base = Base::Versions(0);
    let edit = devices.edit(0, work, &server, base);
    server.push(&edit, base);
    server
}
