//! Everything happens at once that can, and a model judges what comes of it.
//!
//! `docs/faults.md` tells what is simulated, what is judged, and how to run more of it.

#![cfg(test)]

use syncline_tests::{
    clients::drive,
    faults::{Blows, Lie, Tally, simulate, verdicts},
};

/// Seeds of `the_network_fails` that failed once: they lost the edits of rejected documents, and reports;
/// a push that was stored was refused; a removed field came back after a purge; a removal was dropped; an
/// edit was taken for the one before it; a row named whose account was gone; a restoration was done and refused;
/// what was purged amid the pages of a pull was never told;
/// and the judge did not know what nobody can be told.
const KEPT: [u64; 14] = [4, 12, 15, 51, 52, 54, 59, 66, 88, 101, 121, 140, 344, 928];

/// Seeds of `servers_and_clients_are_killed` that failed once: what was refused late came back, edits of
/// a document of another were lost whose key the device had as well, what was deleted and purged came back
/// without a report, what was shared anew amid a pull counted as seen, and reports were kept for other devices.
const KEPT_WITH_KILLS: [u64; 6] = [7, 10, 19, 238, 255, 324];

/// Seeds of `postgresql_is_killed` that failed once: a copy of an old push was taken for an ancestor, what was
/// accepted together with a reset stayed although it was gone, a poke was lost, and the judge took a server that
/// had not found its database again for one that answers.
const KEPT_WITH_DATABASES: [u64; 4] = [2, 20, 63, 187];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_network_fails() {
    let tally = simulate(Blows::Network, 250, &KEPT).await;
    println!("{tally:?}");
    assert!(
        tally.cuts > 0 && tally.repeats > 0 && tally.edits > 0,
        "{tally:?}"
    );
    assert!(has_all(&tally), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_and_clients_are_killed() {
    let tally = simulate(Blows::Servers, 40, &KEPT_WITH_KILLS).await;
    println!("{tally:?}");
    assert!(has_all(&tally), "{tally:?}");
    let is_struck = tally.servers > 0 && tally.deaths > 0;
    assert!(is_one(&tally) || is_struck, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_killed() {
    let tally = simulate(Blows::Database, 15, &KEPT_WITH_DATABASES).await;
    println!("{tally:?}");
    assert!(has_all(&tally), "{tally:?}");
    let is_struck = tally.databases > 0 && tally.servers > 0 && tally.deaths > 0;
    assert!(is_one(&tally) || is_struck, "{tally:?}");
}

/// One seed alone, which somebody looks at, need not have all.
fn is_one(tally: &Tally) -> bool {
    tally.runs == 1
}

/// Whether all happened that may happen in every kind of run.
fn has_all(tally: &Tally) -> bool {
    let has_all = tally.purged > 0 && tally.resets > 0 && tally.restored > 0 && tally.pokes > 0;
    is_one(tally) || has_all
}

/// How many runs it may take until a broken promise is noticed. Most are in the first, but not every run restores, purges or
/// leaves out what matters: these have taken up to ten.
const RUNS_OF_A_LIE: u64 = 40;

/// A judge that never says no is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_promises_are_noticed() {
    for (lie, verdict) in verdicts(RUNS_OF_A_LIE, rules).await {
        let verdict = verdict.unwrap_or_else(|| panic!("nobody notices {lie:?}"));
        println!("{lie:?}: {verdict}");
        let is_due = rules(lie).iter().any(|rule| verdict.contains(rule));
        assert!(is_due, "{lie:?}: {verdict}");
    }
}

/// What the judge says when a promise is broken, other things aside.
fn rules(lie: Lie) -> &'static [&'static str] {
    match lie {
        Lie::Show => &["may not see"],
        Lie::Reset => &["counts as none"],
        Lie::Silence => &["without a report"],
        Lie::Skip => &["a fresh pull gives"],
        Lie::Link => &["a link"],
        Lie::Promote => &["may not Write"],
        Lie::Restore => &["was restored without"],
        Lie::Hush => &["hears nothing"],
        Lie::Deny => &["does not find"],
        Lie::Swap => &["is of another"],
        Lie::Invent => &["nobody made"],
        Lie::Repeat => &["has everything"],
        Lie::Misdirect => &["never pushed"],
        Lie::Misjudge => &["did not win"],
        Lie::Overlook => &["finds"],
        Lie::Tell => &["never saw"],
        Lie::DoubleLine => &["something twice"],
        Lie::Forget | Lie::DropLine => &["lost"],
        Lie::Remember => &["whose account is gone"],
        // And what was purged meanwhile stays.
        Lie::Keep => &["from before the horizon counts", "a fresh pull gives"],
    }
}

/// The Rust clients, which another test runs as a process of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "another test runs it as a process of its own"]
async fn child() {
    drive().await;
}
