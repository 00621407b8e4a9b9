//! Generated inputs, the same in every run.

use serde_json::{Map, Value, json};
use syncline_domain::document::Document;

/// Names that documents share, so that they clash.
const NAMES: [&str; 9] = ["a", "b", "c", "a.b", "", "%2E", "50%", "__proto__", "𝄞ü"];

/// A source of choices: a linear congruential generator.
pub(crate) struct Generator(u64);

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub(crate) fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let bound = u64::try_from(items.len()).expect("a length fits");
        let index = self.below(bound);
        items[usize::try_from(index).expect("an index fits")]
    }

    pub(crate) fn name(&mut self) -> String {
        self.pick(&NAMES).to_owned()
    }

    pub(crate) fn keys(&mut self) -> Vec<String> {
        (0..=self.below(4))
            .map(|_| self.name() + self.pick(&["", "", "x", ".", "%"]))
            .collect()
    }

    /// A document of few fields, up to four levels deep.
    pub(crate) fn document(&mut self) -> Document {
        self.fields(3)
    }

    /// The document with a few of its fields changed, added or taken away.
    pub(crate) fn changed(&mut self, mut document: Document) -> Document {
        for _ in 0..=self.below(2) {
            let name = self.name();
            if self.chance(3) {
                document.remove(&name);
            } else {
                let value = self.value(2);
                document.insert(name, value);
            }
        }
        document
    }

    fn fields(&mut self, depth: u64) -> Document {
        (0..self.below(4))
            .map(|_| (self.name(), self.value(depth)))
            .collect::<Map<_, _>>()
    }

    fn value(&mut self, depth: u64) -> Value {
        if depth > 0 && self.chance(2) {
            return Value::Object(self.fields(depth - 1));
        }
        let number = self.below(3);
        match self.below(7) {
            0 => json!(null),
            1 => json!(number == 0),
            2 => json!(number),
            3 => json!(0.5),
            4 => json!("text"),
            5 => json!([number, {"a": {}}]),
            _ => json!({}),
        }
    }
}
