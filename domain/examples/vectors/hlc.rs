use serde_json::{Value, json};
use syncline_domain::hlc::{Hlc, HlcError, MAX_BYTES, Node, UnixMillis};

use super::generator::Generator;

const LATEST: &str = "fffffffffffff-ffffff-a";
const GENERATED: usize = 30;

pub(crate) fn vectors() -> Value {
    let mut generator = Generator::new(1);
    json!({
        "clocks": clocks(&mut generator),
        "malformed": malformed(),
        "compare": comparisons(&mut generator),
        "tick": ticks(&mut generator),
        "receive": receipts(&mut generator),
        "skew": skews(&mut generator),
    })
}

fn clock(text: &str) -> Hlc {
    text.parse().expect("the case is a clock")
}

/// A clock near others, at either end of what can be written.
fn any_clock(generator: &mut Generator) -> Hlc {
    let millis = generator.pick(&[0, 0x19d_2bc1_234a, 0xf_ffff_ffff_fffd]) + generator.below(3);
    let sequence = generator.pick(&[0, 0xff_fffd]) + generator.below(3);
    let node = generator.pick(&["a", "b", "a-b", "A", "~", "server~x"]);
    clock(&format!("{millis:013x}-{sequence:06x}-{node}"))
}

fn any_millis(generator: &mut Generator) -> u64 {
    generator.pick(&[0, 0x19d_2bc1_2349, 0xf_ffff_ffff_fffd]) + generator.below(4)
}

fn error_code(error: &HlcError) -> &'static str {
    match error {
        HlcError::Malformed => "malformed",
        HlcError::Node => "node",
        HlcError::Exhausted => "exhausted",
    }
}

fn outcome(result: &Result<Hlc, HlcError>) -> Value {
    match result {
        Ok(next) => json!({ "clock": next }),
        Err(error) => json!({ "error": error_code(error) }),
    }
}

fn clocks(generator: &mut Generator) -> Vec<Value> {
    let fixed = [
        ("zero", Hlc::zero().to_string()),
        (
            "of the protocol's example",
            "0019d2bc1234a-000001-client-uuid".to_owned(),
        ),
        ("the latest", LATEST.to_owned()),
        ("a node of dashes", "0019d2bc1234a-000001----".to_owned()),
        ("a node with a space", "0019d2bc1234a-000001- ".to_owned()),
        ("a server's", "0019d2bc1234a-00000a-server~x".to_owned()),
        (
            "the longest node",
            format!("0019d2bc1234a-000001-{}", "n".repeat(MAX_BYTES - 21)),
        ),
    ];
    let generated = (0..GENERATED).map(|_| ("generated", any_clock(generator).to_string()));
    let cases = fixed.into_iter().chain(generated);
    let case = |(name, text): (&str, String)| {
        let clock = clock(&text);
        json!({
            "name": name,
            "text": text,
            "millis": clock.millis(),
            "sequence": clock.sequence(),
            "node": clock.node().as_str(),
            "isServer": clock.node().is_server(),
        })
    };
    cases.map(case).collect()
}

fn malformed() -> Vec<Value> {
    let too_long = format!("0019d2bc1234a-000001-{}", "n".repeat(MAX_BYTES - 20));
    let cases = [
        ("empty", ""),
        ("no node", "0019d2bc1234a-000001"),
        ("an empty node", "0019d2bc1234a-000001-"),
        ("upper-case milliseconds", "0019D2BC1234A-000001-a"),
        ("an upper-case sequence", "0019d2bc1234a-00000A-a"),
        ("12 digits of milliseconds", "019d2bc1234a-000001-a"),
        ("14 digits of milliseconds", "00019d2bc1234a-000001-a"),
        ("5 digits of sequence", "0019d2bc1234a-00001-a"),
        ("7 digits of sequence", "0019d2bc1234a-0000001-a"),
        ("a sign", "+019d2bc1234a-000001-a"),
        ("a leading space", " 0019d2bc1234a-000001-a"),
        ("no hexadecimal digit", "0019d2bc1234g-000001-a"),
        ("digits that are not ASCII", "0019d2bc12３4a-000001-a"),
        ("underscores", "0019d2bc1234a_000001_a"),
        (
            "a control character in the node",
            "0019d2bc1234a-000001-a\n",
        ),
        ("a NUL in the node", "0019d2bc1234a-000001-\0"),
        ("a node that is not ASCII", "0019d2bc1234a-000001-ü"),
        ("a node that is too long", &too_long),
    ];
    let case = |(name, text): (&str, &str)| {
        let error = text.parse::<Hlc>().expect_err("the case is malformed");
        json!({ "name": name, "text": text, "error": error_code(&error) })
    };
    cases.map(case).into()
}

fn comparisons(generator: &mut Generator) -> Vec<Value> {
    let case = |_| {
        let (left, right) = (any_clock(generator), any_clock(generator));
        let order = left.cmp(&right) as i8;
        json!({ "name": "generated", "left": left, "right": right, "order": order })
    };
    (0..GENERATED).map(case).collect()
}

fn ticks(generator: &mut Generator) -> Vec<Value> {
    let fixed = [
        ("a later time", "0019d2bc1234a-000007-a", 0x19d_2bc1_234b),
        ("the same time", "0019d2bc1234a-000007-a", 0x19d_2bc1_234a),
        ("an earlier time", "0019d2bc1234a-000007-a", 0),
        (
            "the sequence carries",
            "0019d2bc1234a-ffffff-a",
            0x19d_2bc1_234a,
        ),
        ("nothing is later", LATEST, 0),
        (
            "a time beyond the digits",
            "0019d2bc1234a-000007-a",
            1 << 52,
        ),
    ];
    let fixed = fixed.map(|(name, text, now)| (name, clock(text), now));
    let generated =
        (0..GENERATED).map(|_| ("generated", any_clock(generator), any_millis(generator)));
    let case = |(name, clock, now): (&str, Hlc, u64)| {
        let next = outcome(&clock.tick(UnixMillis(now)));
        json!({ "name": name, "clock": clock, "now": now, "next": next })
    };
    fixed.into_iter().chain(generated).map(case).collect()
}

fn receipts(generator: &mut Generator) -> Vec<Value> {
    let (mine, theirs) = ("0019d2bc1234a-000007-a", "0019d2bc1234c-000003-b");
    let fixed = [
        ("the remote clock is latest", mine, theirs, 0),
        ("the own clock is latest", theirs, mine, 0),
        ("now is latest", mine, theirs, 0x19d_2bc1_234d),
        (
            "both are at the same millisecond",
            mine,
            "0019d2bc1234a-000009-b",
            0,
        ),
        (
            "the remote sequence carries",
            mine,
            "0019d2bc1234a-ffffff-b",
            0,
        ),
        ("nothing is later than the remote clock", mine, LATEST, 0),
    ];
    let fixed = fixed.map(|(name, mine, theirs, now)| (name, clock(mine), clock(theirs), now));
    let generated = (0..GENERATED).map(|_| {
        (
            "generated",
            any_clock(generator),
            any_clock(generator),
            any_millis(generator),
        )
    });
    let case = |(name, clock, remote, now): (&str, Hlc, Hlc, u64)| {
        let next = outcome(&clock.receive(&remote, UnixMillis(now)));
        json!({ "name": name, "clock": clock, "remote": remote, "now": now, "next": next })
    };
    fixed.into_iter().chain(generated).map(case).collect()
}

fn skews(generator: &mut Generator) -> Vec<Value> {
    let node = Node::new("a").expect("the node is valid");
    let case = |_| {
        let (now, bound) = (1_000_000 + generator.below(3), 300_000);
        let millis = now + bound + generator.below(3) - 1;
        let clock = Hlc::new(UnixMillis(millis), node.clone()).expect("the time fits");
        let is_ahead = clock.is_ahead_of(UnixMillis(now), bound);
        json!({ "name": "generated", "clock": clock, "now": now, "bound": bound, "isAhead": is_ahead })
    };
    (0..10).map(case).collect()
}
