//! What a network does to a request.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use rand::{RngExt, SeedableRng};

use crate::simulation::Dice;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// For how long it is on its way.
    pub(super) delay: Duration,
    pub(super) cut: Cut,
    /// After how long it is sent once more, if it is.
    pub(super) repeat: Option<Duration>,
}

/// Where a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cut {
    /// Nowhere.
    None,
    /// Before the server gets the request.
    Before,
    /// So soon after the request that the server may be at work.
    Amid(Duration),
    /// After the server's answer, which the client does not get.
    After,
    /// In the answer, of which the client gets this part.
    Within(f64),
}

/// Decides the faults of each sender by its own requests alone, so that they do not depend on who
/// is faster.
#[derive(Debug)]
pub(super) struct Weather {
    seed: u64,
    dice: BTreeMap<String, Dice>,
}

impl Weather {
    pub(super) fn new(seed: u64) -> Self {
        let dice = BTreeMap::new();
        Self { seed, dice }
    }

    /// What becomes of the sender's next request. Only a synchronisation may be sent twice, or given
    /// up in the middle: whoever asks for anything else must know when it was done.
    pub(super) fn fault(&mut self, sender: &str, is_sync: bool) -> Fault {
        let dice = self.dice(sender);
        let delay = millis(dice, 0..12).mul_f64(if dice.random_bool(0.5) { 1.0 } else { 0.0 });
        let cut = match dice.random_range(0..100) {
            0..5 => Cut::Before,
            5..13 => Cut::After,
            13..17 => Cut::Within(dice.random_range(0.0..1.0)),
            17..22 if is_sync => Cut::Amid(millis(dice, 0..25)),
            _ => Cut::None,
        };
        let is_repeated = dice.random_bool(0.15) && is_sync;
        Fault {
            delay,
            cut,
            repeat: is_repeated.then(|| millis(dice, 5..300)),
        }
    }

    /// After how long a stream of pokes breaks off, if it does. All of a user's share their chances.
    pub(super) fn life_of_a_stream(&mut self, user: &str) -> Option<Duration> {
        let dice = self.dice(&format!("{user} listens"));
        dice.random_bool(0.6).then(|| millis(dice, 0..600))
    }

    fn dice(&mut self, sender: &str) -> &mut Dice {
        let seed = self.seed;
        self.dice.entry(sender.to_owned()).or_insert_with(|| {
            let mut hasher = DefaultHasher::new();
            (seed, sender).hash(&mut hasher);
            Dice::seed_from_u64(hasher.finish())
        })
    }
}

fn millis(dice: &mut Dice, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(dice.random_range(range))
}
