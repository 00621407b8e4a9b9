//! Laws of filters and of the order of results.

use std::cmp::Ordering;

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use syncline_domain::{
    document::same_value,
    filter::{Filter, TextQuery},
    sort,
};

use crate::strategies::{document, name, value};

/// What a filter says of a document in which no text is looked for.
fn holds(filter: &Value, document: &Value) -> bool {
    let filter = Filter::parse(filter).unwrap();
    let no_text = |_: &TextQuery| unreachable!("no filter here has a text");
    filter.evaluate(document.as_object().unwrap(), &no_text)
}

fn leaf(op: &str, value: &Value) -> Value {
    json!({ "type": "filter", "field": "a", "op": op, "value": value })
}

fn bound() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-9..9).prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from)
    ]
}

fn order() -> impl Strategy<Value = Option<Value>> {
    prop::option::of(prop_oneof![value(), bound()])
}

proptest! {
    #[test]
    fn ne_and_not_are_the_negation(wanted in bound(), fields in document()) {
        let document = Value::Object(fields);
        let equal = holds(&leaf("eq", &wanted), &document);
        let negated = json!({ "type": "not", "filters": [leaf("eq", &wanted)] });
        prop_assert_eq!(holds(&leaf("ne", &wanted), &document), !equal);
        prop_assert_eq!(holds(&negated, &document), !equal);
        prop_assert_eq!(holds(&leaf("in", &json!([wanted])), &document), equal);
    }

    #[test]
    fn a_value_is_on_one_side_of_a_bound_of_its_type_and_on_none_of_another(
        held in bound(), bound in bound(),
    ) {
        let document = json!({ "a": held });
        let on = |op| holds(&leaf(op, &bound), &document);
        let sides = ["lt", "eq", "gt"].into_iter().filter(|op| on(op)).count();
        let is_same_type = held.is_string() == bound.is_string();
        prop_assert_eq!(sides, usize::from(is_same_type));
        prop_assert_eq!(on("lte"), on("lt") || (is_same_type && on("eq")));
        prop_assert_eq!(on("gte"), on("gt") || (is_same_type && on("eq")));
    }

    #[test]
    fn a_missing_path_passes_only_what_is_negated(wanted in bound(), op in select(vec!["eq", "contains", "lt", "lte", "gt", "gte"])) {
        let document = json!({ "b": wanted });
        prop_assert!(!holds(&leaf(op, &wanted), &document));
        prop_assert!(holds(&leaf("exists", &json!(false)), &document));
    }

    #[test]
    fn any_json_is_read_or_refused(filter in value(), field in name(), wanted in value()) {
        let as_value = leaf("eq", &wanted);
        for text in [filter.clone(), as_value, json!({ "type": "and", "filters": [filter] })] {
            if let Err(error) = Filter::parse(&text) {
                prop_assert!(error.to_string().starts_with("filter"), "{error}");
            }
        }
        let path = json!({ "type": "filter", "field": field, "op": "exists" });
        prop_assert_eq!(Filter::parse(&path).is_ok(), !field.starts_with('_') && !field.contains('\0'));
    }

    #[test]
    fn results_have_one_order(a in order(), b in order(), c in order()) {
        let compare = |left: &Option<Value>, right: &Option<Value>| sort::compare(left.as_ref(), right.as_ref());
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
        if let (Some(a), Some(b)) = (&a, &b) && same_value(a, b) {
            prop_assert_eq!(sort::compare(Some(a), Some(b)), Ordering::Equal);
        }
    }
}
