//! Generated worlds of users, an organisation and grants that change in time: what every reader is
//! told, by syncs, searches, documents one by one and links, is what the rules of `domain` let that
//! reader see, no document more and none less.

mod asking;
mod owner;
mod rules;

use std::sync::atomic::{AtomicUsize, Ordering};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use syncline_domain::identifier::OrganisationId;
use syncline_tests::{TestServer, tap::Tap};

use crate::reader::{Reader, found};
use owner::Owner;
use rules::seen_by;

const USERS: [&str; 4] = ["ada", "bob", "cyd", "dan"];
const KEYS: [&str; 3] = ["one", "two", "three"];
/// Founds the organisation and owns nothing.
const ADMIN: &str = "eve";

#[tokio::test]
async fn every_reader_sees_what_it_may_at_any_time() {
    for seed in 0..seeds(3) {
        let server = TestServer::start().await;
        let mut owners = owners(&[&server], seed).await;
        let mut readers = readers(&[&server]);
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..40 {
            let index = random.random_range(0..owners.len());
            let key = owners[index].step().await;
            let reader = *USERS.choose(&mut random).expect("there are users");
            asking::one(&server, &owners, index, key, reader).await;
            // Some look often, some seldom.
            for reader in &mut readers {
                if random.random_bool(0.3) {
                    reader.pull().await;
                    let expected = seen_by(&owners, reader.user);
                    assert_eq!(reader.documents, expected, "seed {seed}, {}", reader.user);
                }
            }
        }
        settle(&server, &owners, readers, seed).await;
        server.finish().await;
    }
}

/// On two servers, one of which is slow to commit: transactions end in another order than they
/// began.
#[tokio::test]
async fn every_reader_ends_with_what_it_may_see_when_all_act_at_once() {
    for seed in 0..seeds(2) {
        let server = TestServer::start().await;
        let tap = Tap::slow_to_commit(&server.database);
        let slow = TestServer::on(tap.database(&server.database)).await;
        let servers = [&server, &slow];
        let mut owners = owners(&servers, seed).await;
        let mut readers = readers(&servers);
        let acting = AtomicUsize::new(owners.len());
        let [a, b, c, d] = owners.as_mut_slice() else {
            panic!("there are four owners");
        };
        let looking = async {
            while acting.load(Ordering::Relaxed) > 0 {
                for reader in &mut readers {
                    reader.pull().await;
                }
            }
        };
        tokio::join!(
            looking,
            a.act(&acting),
            b.act(&acting),
            c.act(&acting),
            d.act(&acting)
        );
        settle(&server, &owners, readers, seed).await;
        slow.stop().await;
        server.finish().await;
    }
}

/// How many worlds are tried.
fn seeds(few: u64) -> u64 {
    let seeds = std::env::var("SHARING_SEEDS").ok();
    seeds.and_then(|seeds| seeds.parse().ok()).unwrap_or(few)
}

/// An owner for each user, who take turns in the servers.
async fn owners<'s>(servers: &[&'s TestServer], seed: u64) -> Vec<Owner<'s>> {
    let club = found(servers[0], ADMIN, &[]).await;
    let club = OrganisationId::new(&club).expect("an id");
    let servers = servers.iter().cycle();
    let users = USERS.iter().zip(seed * 100..).zip(servers);
    users
        .map(|((user, seed), server)| Owner::new(server, user, club.clone(), seed))
        .collect()
}

/// A device of each user that takes all at once, and one that takes little at a time.
fn readers<'s>(servers: &[&'s TestServer]) -> Vec<Reader<'s>> {
    let servers = servers.iter().rev().cycle();
    let whole = USERS.iter().zip(servers.clone());
    let paged = USERS.iter().zip(servers.skip(1));
    let whole = whole.map(|(user, server)| Reader::new(server, user));
    let paged = paged.map(|(user, server)| Reader::paged(server, user, 2));
    whole.chain(paged).collect()
}

/// When nobody acts any more, every reader has what a fresh one gets, nothing comes again, and
/// whoever is asked for a document says the same of it.
async fn settle<'s>(
    server: &'s TestServer,
    owners: &[Owner<'_>],
    mut readers: Vec<Reader<'s>>,
    seed: u64,
) {
    readers.extend(USERS.iter().map(|user| Reader::new(server, user)));
    for reader in &mut readers {
        reader.pull().await;
        let expected = seen_by(owners, reader.user);
        let of = format!("seed {seed}, {}", reader.user);
        assert_eq!(reader.documents, expected, "{of}");
        assert_eq!(reader.search().await, expected, "{of}");
        reader.pull().await;
        assert!(reader.told.is_empty(), "{of}: {:?}", reader.told);
    }
    for index in 0..owners.len() {
        for key in KEYS {
            for reader in USERS {
                asking::one(server, owners, index, key, reader).await;
            }
            asking::follow_links(server, &owners[index], key).await;
        }
    }
}
