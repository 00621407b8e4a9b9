//! Two edits of one version give the same document whichever comes first.

use proptest::prelude::*;
use serde_json::Value;
use syncline_domain::document::same_document;

use crate::{
    history::{Devices, begun, edit, work},
    server::Base,
};

proptest! {
    #[test]
    fn the_order_of_arrival_decides_nothing(first in edit(), left in work(), right in work()) {
        let mut devices = Devices::new();
        let server = begun(&mut devices, &first);
        let base = Base::Versions(1);
        let left = devices.edit(1, &left, &server, base);
        let right = devices.edit(2, &right, &server, base);
        let (mut one, mut other) = (server.clone(), server.clone());
        let conflicts = (one.push(&left, base), one.push(&right, base));
        other.push(&right, base);
        other.push(&left, base);
        prop_assert_eq!(one.is_deleted(), other.is_deleted(), "{:#?}", conflicts);
        prop_assert!(
            same_document(&one.content(), &other.content()),
            "server {:?}\nleft {:?}\nright {:?}\nleft first: {}\nright first: {}",
            server.content(), left, right,
            Value::Object(one.content()),
            Value::Object(other.content()),
        );
    }
}
