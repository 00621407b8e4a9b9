//! A snapshot sees what a set of transactions holds, and never more.

use std::collections::BTreeSet;

use proptest::{collection, prelude::*};
use syncline_domain::snapshot::{MAX_IN_PROGRESS, Snapshot, TransactionId};

const LAST: TransactionId = 400;

/// An end, and the transactions before it that are in progress.
fn parts() -> impl Strategy<Value = (TransactionId, BTreeSet<TransactionId>)> {
    let ids = prop_oneof![0..8usize, 60..80usize, 100..150usize]
        .prop_flat_map(|count| collection::vec(1..LAST, count));
    (ids, 1..20u64).prop_map(|(ids, beyond)| {
        let ids: BTreeSet<_> = ids.into_iter().collect();
        (ids.last().unwrap_or(&0) + beyond, ids)
    })
}

fn snapshot((end, in_progress): &(TransactionId, BTreeSet<TransactionId>)) -> Snapshot {
    Snapshot::new(*end, in_progress.iter().copied().collect()).unwrap()
}

proptest! {
    #[test]
    fn it_sees_what_the_set_holds_and_less_when_too_many_are_in_progress(parts in parts()) {
        let (end, in_progress) = &parts;
        let snapshot = snapshot(&parts);
        for transaction in 0..LAST + 30 {
            let held = transaction < *end && !in_progress.contains(&transaction);
            let sees = snapshot.sees(transaction);
            prop_assert!(held || !sees, "{transaction} is not in it");
            if in_progress.len() <= MAX_IN_PROGRESS {
                prop_assert_eq!(sees, held);
            }
        }
        prop_assert!(snapshot.in_progress().len() <= MAX_IN_PROGRESS);
    }

    #[test]
    fn its_bounds_hold(parts in parts()) {
        let snapshot = snapshot(&parts);
        for transaction in 0..LAST + 30 {
            prop_assert!(snapshot.sees(transaction) || transaction >= snapshot.first_unseen());
            prop_assert!(!snapshot.sees(transaction) || transaction < snapshot.end());
        }
        prop_assert!(!snapshot.sees(snapshot.first_unseen()));
    }

    #[test]
    fn it_survives_being_written(parts in parts()) {
        let snapshot = snapshot(&parts);
        prop_assert_eq!(snapshot.to_string().parse::<Snapshot>().unwrap(), snapshot);
    }

    #[test]
    fn before_takes_away_what_is_later_and_nothing_else(parts in parts(), end in 0..LAST + 30) {
        let whole = snapshot(&parts);
        let cut = whole.clone().before(end);
        for transaction in 1..LAST + 30 {
            prop_assert_eq!(cut.sees(transaction), whole.sees(transaction) && transaction < end);
        }
        prop_assert_eq!(cut.to_string().parse::<Snapshot>().unwrap(), cut);
    }

    #[test]
    fn any_text_is_a_snapshot_or_an_error(text in prop_oneof!["[0-9:,]{0,20}", any::<String>()]) {
        if let Ok(snapshot) = text.parse::<Snapshot>() {
            prop_assert_eq!(snapshot.to_string().parse::<Snapshot>().unwrap(), snapshot);
        }
    }
}

#[test]
fn nothing_is_seen_by_nothing() {
    let nothing = Snapshot::nothing();
    assert!(nothing.is_nothing());
    assert!((1..10).all(|transaction| !nothing.sees(transaction)));
    assert_eq!(nothing.to_string(), "1:1:");
    assert_eq!("1:1:".parse::<Snapshot>().unwrap(), nothing);
    assert_eq!(Snapshot::new(0, Vec::new()).unwrap(), nothing);
    assert!(!Snapshot::new(2, Vec::new()).unwrap().is_nothing());
}

#[test]
fn postgresql_writes_it_so() {
    let snapshot: Snapshot = "743:750:743,747".parse().unwrap();
    assert_eq!((snapshot.first_unseen(), snapshot.end()), (743, 750));
    assert_eq!(snapshot.in_progress(), [743, 747]);
    // The reader's own transaction, which it sees, is the first.
    let own: Snapshot = "740:750:745".parse().unwrap();
    assert!(own.sees(740) && own.sees(744) && !own.sees(745));
}

#[test]
fn malformed_snapshots_are_refused() {
    for text in [
        "",
        ":",
        "::",
        "1",
        "1:2",
        "a:2:",
        "1:b:",
        "1:5:c",
        "1:5:,",
        "1:5:2,",
        "1:5:3,2",
        "1:5:2,2",
        "1:5:5",
        "1:5:0",
        "6:5:",
        "3:5:2",
        "-1:5:",
        "1:5:2:3",
        "1:5: 2",
        "1:99999999999999999999:",
    ] {
        assert!(text.parse::<Snapshot>().is_err(), "{text:?}");
    }
    assert!(Snapshot::new(5, vec![3, 2]).is_err());
    assert!(Snapshot::new(5, vec![5]).is_err());
}

/// It leaves out which are in progress.
#[test]
fn a_standby_has_seen_what_is_before_the_first_that_may_be_in_progress() {
    let snapshot = Snapshot::of_standby("743:750:").unwrap();
    assert_eq!((snapshot.first_unseen(), snapshot.end()), (743, 743));
    assert_eq!(Snapshot::of_standby("743:743:").unwrap(), snapshot);
    assert!(Snapshot::of_standby("750:743:").is_err());
}
