//! Clocks are strings that sort, and never go back.

use proptest::prelude::*;
use syncline_domain::hlc::{Hlc, HlcError, MAX_BYTES, Node, SERVER_NODE_PREFIX, UnixMillis};

const MAX_MILLIS: u64 = (1 << 52) - 1;
const MAX_SEQUENCE: u32 = (1 << 24) - 1;

fn node() -> impl Strategy<Value = Node> {
    prop_oneof!["[ -~]{1,12}", "[ -~]{1003}", "-{1,3}"].prop_map(|name| Node::new(&name).unwrap())
}

fn millis() -> impl Strategy<Value = u64> {
    prop_oneof![0..4u64, MAX_MILLIS - 3..=MAX_MILLIS, 0..=MAX_MILLIS]
}

fn clock() -> impl Strategy<Value = Hlc> {
    let sequence = prop_oneof![0..4u32, MAX_SEQUENCE - 3..=MAX_SEQUENCE];
    (millis(), sequence, node())
        .prop_map(|(millis, sequence, node)| written(millis, sequence, node.as_str()))
}

fn written(millis: u64, sequence: u32, node: &str) -> Hlc {
    format!("{millis:013x}-{sequence:06x}-{node}")
        .parse()
        .unwrap()
}

fn malformed(text: &str) -> HlcError {
    text.parse::<Hlc>().unwrap_err()
}

proptest! {
    #[test]
    fn reading_gives_back_what_was_written(clock in clock()) {
        prop_assert_eq!(&clock.to_string().parse::<Hlc>().unwrap(), &clock);
        let json = serde_json::to_string(&clock).unwrap();
        prop_assert_eq!(serde_json::from_str::<Hlc>(&json).unwrap(), clock);
    }

    #[test]
    fn the_order_of_the_strings_is_the_order_of_the_clocks(left in clock(), right in clock()) {
        prop_assert_eq!(left.to_string().cmp(&right.to_string()), left.cmp(&right));
    }

    #[test]
    fn a_tick_is_later_and_not_before_now(clock in clock(), now in millis()) {
        match clock.tick(UnixMillis(now)) {
            Ok(next) => {
                prop_assert!(next > clock);
                prop_assert!(next.millis().0 >= now);
                prop_assert_eq!(next.node(), clock.node());
            }
            Err(error) => {
                prop_assert_eq!(error, HlcError::Exhausted);
                prop_assert_eq!((clock.millis().0, clock.sequence()), (MAX_MILLIS, MAX_SEQUENCE));
            }
        }
    }

    #[test]
    fn what_was_heard_lies_before_what_follows(
        clock in clock(),
        remote in clock(),
        now in millis(),
    ) {
        let latest = (MAX_MILLIS, MAX_SEQUENCE);
        match clock.receive(&remote, UnixMillis(now)) {
            Ok(next) => {
                prop_assert!(next > clock && next > remote);
                prop_assert!(next.millis().0 >= now);
                prop_assert_eq!(next.node(), clock.node());
            }
            Err(error) => {
                prop_assert_eq!(error, HlcError::Exhausted);
                let is_latest = |clock: &Hlc| (clock.millis().0, clock.sequence()) == latest;
                prop_assert!(is_latest(&clock) || is_latest(&remote));
            }
        }
    }

    #[test]
    fn a_full_sequence_carries_into_the_milliseconds(millis in 0..MAX_MILLIS, node in node()) {
        let full = written(millis, MAX_SEQUENCE, node.as_str());
        let next = full.tick(UnixMillis(0)).unwrap();
        prop_assert_eq!((next.millis().0, next.sequence()), (millis + 1, 0));
    }

    #[test]
    fn any_text_is_a_clock_or_a_typed_error(text in any::<String>()) {
        if let Ok(clock) = text.parse::<Hlc>() {
            prop_assert_eq!(clock.to_string(), text);
        }
    }

    #[test]
    fn a_changed_character_is_no_other_way_to_write_a_clock(
        clock in clock(),
        place in any::<prop::sample::Index>(),
        character in any::<char>(),
    ) {
        let mut characters: Vec<char> = clock.to_string().chars().collect();
        let place = place.index(characters.len());
        characters[place] = character;
        let text: String = characters.into_iter().collect();
        if let Ok(clock) = text.parse::<Hlc>() {
            prop_assert_eq!(clock.to_string(), text);
        }
    }

    #[test]
    fn a_clock_is_ahead_only_beyond_the_bound(clock in clock(), now in millis(), bound in 0..9u64) {
        let ahead = clock.millis().0.saturating_sub(now);
        prop_assert_eq!(clock.is_ahead_of(UnixMillis(now), bound), ahead > bound);
    }
}

#[test]
fn malformed_clocks_say_what_is_wrong() {
    for text in [
        "",
        "-",
        "--",
        "0019d2bc1234a",
        "0019d2bc1234a-000001",
        "0019D2BC1234A-000001-a",
        "0019d2bc1234a-00000A-a",
        "019d2bc1234a-000001-a",
        "00019d2bc1234a-000001-a",
        "0019d2bc1234a-00001-a",
        "0019d2bc1234a-0000001-a",
        "+019d2bc1234a-000001-a",
        "0019d2bc1234a-+00001-a",
        " 019d2bc1234a-000001-a",
        "0019d2bc1234g-000001-a",
        "0019d2bc1234a_000001_a",
        "0019d2bc12３4a-000001-a",
    ] {
        assert_eq!(malformed(text), HlcError::Malformed, "{text:?}");
    }
}

#[test]
fn nodes_are_printable_ascii_of_bounded_length() {
    let most = MAX_BYTES - "0019d2bc1234a-000001-".len();
    let longest = format!("0019d2bc1234a-000001-{}", "n".repeat(most));
    assert_eq!(longest.parse::<Hlc>().unwrap().to_string(), longest);
    for node in [
        "",
        "\n",
        "a\0",
        "a\u{7f}",
        "ü",
        "a\tb",
        &"n".repeat(most + 1),
    ] {
        let text = format!("0019d2bc1234a-000001-{node}");
        assert_eq!(malformed(&text), HlcError::Node, "{node:?}");
    }
    assert_eq!(malformed(&"0".repeat(1 << 20)), HlcError::Malformed);
}

#[test]
fn zero_is_the_least_clock_of_its_node() {
    assert_eq!(Hlc::zero().to_string(), "0000000000000-000000-00000000");
    assert!(Hlc::zero() < Hlc::zero().tick(UnixMillis(0)).unwrap());
}

#[test]
fn a_new_clock_fits_its_digits() {
    let node = Node::new("a").unwrap();
    assert!(Hlc::new(UnixMillis(MAX_MILLIS), node.clone()).is_ok());
    assert_eq!(
        Hlc::new(UnixMillis(MAX_MILLIS + 1), node),
        Err(HlcError::Exhausted)
    );
}

#[test]
fn servers_are_told_from_devices() {
    let server = Node::new(&format!("{SERVER_NODE_PREFIX}abc")).unwrap();
    assert!(server.is_server());
    assert!(!Node::new("my-server~").unwrap().is_server());
    let clock = Hlc::zero().with_node(server.clone());
    assert_eq!((clock.node(), clock.millis()), (&server, UnixMillis(0)));
}
