use std::{collections::BTreeMap, time::Duration};

use syncline_application::ports::{Audience, Poke};
use tokio::time::Instant;

use super::outbox::Pokes;

/// Between two pokes of the same collection that go to everybody.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);

/// When pokes may be sent: at once, but everybody is not told of a collection again and again. Each
/// such poke has every device of the application synchronise.
#[derive(Default)]
pub(super) struct Pace {
    told: BTreeMap<Poke, Instant>,
}

impl Pace {
    /// Takes what may be sent now.
    pub(super) fn take(&mut self, waiting: &mut Pokes, now: Instant) -> Pokes {
        self.told.retain(|_, told| *told + INTERVAL > now);
        let (late, due): (Pokes, Pokes) = std::mem::take(waiting)
            .into_iter()
            .partition(|poke| self.told.contains_key(poke));
        let everybodys = due.iter().filter(|poke| is_everybodys(poke));
        self.told.extend(everybodys.map(|poke| (poke.clone(), now)));
        *waiting = late;
        due
    }

    /// When the next of those that wait may be sent.
    pub(super) fn next(&self, waiting: &Pokes) -> Option<Instant> {
        let told = waiting.iter().filter_map(|poke| self.told.get(poke));
        told.min().map(|told| *told + INTERVAL)
    }
}

fn is_everybodys(poke: &Poke) -> bool {
    let Poke::Documents { audience, .. } = poke else {
        return false;
    };
    *audience == Audience::Everybody
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use syncline_application::ports::{Audience, Poke};
    use syncline_domain::identifier::{ApplicationName, CollectionName};
    use tokio::time::Instant;

    use super::{INTERVAL, Pace};
    use crate::live::Pokes;

    fn poke(audience: Audience, collection: &str) -> Poke {
        Poke::Documents {
            audience,
            application: ApplicationName::new("todo").unwrap(),
            collection: CollectionName::new(collection).unwrap(),
        }
    }

    #[test]
    fn everybody_is_told_at_once_and_then_once_in_an_interval() {
        let (mut pace, begin) = (Pace::default(), Instant::now());
        let [public, other] = ["public", "other"].map(|name| poke(Audience::Everybody, name));
        let own = poke(Audience::User([1; 32]), "public");
        let all: Pokes = [public.clone(), own.clone()].into();
        let mut waiting = all.clone();
        assert_eq!(pace.take(&mut waiting, begin), all);
        assert_eq!(pace.next(&waiting), None);

        let soon = begin + INTERVAL / 2;
        let mut waiting: Pokes = [public.clone(), own.clone(), other.clone()].into();
        assert_eq!(pace.take(&mut waiting, soon), [own, other.clone()].into());
        assert_eq!(pace.next(&waiting), Some(begin + INTERVAL));

        waiting.insert(other.clone());
        assert_eq!(pace.take(&mut waiting, begin + INTERVAL), [public].into());
        assert_eq!(pace.next(&waiting), Some(soon + INTERVAL));
        let later = soon + INTERVAL + Duration::from_millis(1);
        assert_eq!(pace.take(&mut waiting, later), [other].into());
        assert_eq!((waiting.len(), pace.next(&waiting)), (0, None));
    }
}
