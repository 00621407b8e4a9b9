//! Lays what a later source says over what earlier ones say.

use serde_json::{Map, Value};

use super::keys::{ALTERNATIVES, Shape};

/// Puts the values of `top`, of the shape `shape`, over those of `base`: tables key by key, anything
/// else as a whole.
pub(super) fn overlay(base: &mut Value, top: Value, shape: &Shape) {
    match (base, top, shape) {
        (Value::Object(base), Value::Object(top), Shape::Table(fields)) => {
            remove_alternatives(base, &top);
            for (key, value) in top {
                if let Some((_, shape)) = fields.iter().find(|(known, _)| *known == key) {
                    put(base, key, value, shape);
                }
            }
        }
        (Value::Object(base), Value::Object(top), Shape::Named(_, of)) => {
            for (key, value) in top {
                put(base, key, value, of);
            }
        }
        (base, top, _) => *base = top,
    }
}

fn put(base: &mut Map<String, Value>, key: String, value: Value, shape: &Shape) {
    overlay(base.entry(key).or_insert(Value::Null), value, shape);
}

fn remove_alternatives(base: &mut Map<String, Value>, top: &Map<String, Value>) {
    for (one, other) in ALTERNATIVES {
        if top.contains_key(*one) {
            base.remove(*other);
        }
        if top.contains_key(*other) {
            base.remove(*one);
        }
    }
}
