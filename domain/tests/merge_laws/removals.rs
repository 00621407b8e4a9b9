//! What is kept of fields that are gone.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value};
use syncline_domain::{
    document::get,
    hlc::{Hlc, Node, UnixMillis},
    merge::{DELETED, FieldRevisions, Version, forget_removals},
    path::Path,
};

fn at(millis: u64) -> Hlc {
    Hlc::new(UnixMillis(millis), Node::new("phone").unwrap()).unwrap()
}

/// A version with fields that are there, within an object and not, and others that are gone.
fn version(times: &BTreeMap<u8, (u64, bool)>) -> Version {
    let mut field_revisions = FieldRevisions::from([
        (Path::of_key("object"), at(0)),
        (Path::of_key(DELETED), at(0)),
    ]);
    let mut object = Map::new();
    for (number, (time, is_there)) in times {
        let key = format!("f{number}");
        field_revisions.insert(Path::of_key("object").child(&key), at(*time));
        if *is_there {
            object.insert(key, Value::Null);
        }
    }
    object.insert("last".into(), Value::Null);
    Version {
        number: 1,
        revision: at(100),
        field_revisions,
        content: Map::from_iter([("object".into(), object.into())]),
        deleted: false,
    }
}

proptest! {
    #[test]
    fn the_oldest_removals_are_forgotten_and_nothing_else(
        times in prop::collection::btree_map(any::<u8>(), (0_u64..9, any::<bool>()), 0..20),
        most_bytes in 0_usize..900,
    ) {
        let whole = version(&times);
        let mut version = whole.clone();
        forget_removals(&mut version, most_bytes);
        let is_removal = |path: &Path| path.as_str() != DELETED && get(&whole.content, path).is_none();
        let (kept, forgotten): (Vec<_>, Vec<_>) = whole
            .field_revisions
            .iter()
            .partition(|(path, _)| version.field_revisions.contains_key(*path));
        prop_assert!(forgotten.iter().all(|(path, _)| is_removal(path)));
        let kept = kept.into_iter().filter(|(path, _)| is_removal(path));
        let kept: Vec<_> = kept.collect();
        let oldest_kept = kept.iter().map(|(_, revision)| *revision).min();
        let newest_forgotten = forgotten.iter().map(|(_, revision)| *revision).max();
        prop_assert!(oldest_kept.is_none() || newest_forgotten <= oldest_kept);
        let written = |(path, revision): &(&Path, &Hlc)| path.as_str().len() + revision.to_string().len();
        prop_assert!(kept.iter().map(written).sum::<usize>() <= most_bytes);
        let all = whole.field_revisions.iter().map(|entry| written(&entry)).sum::<usize>();
        prop_assert!(all > most_bytes || forgotten.is_empty());
        let contents = (version.content, version.revision);
        prop_assert_eq!(contents, (whole.content, whole.revision));
    }
}
