//! Generated worlds of users, an organisation and grants that change in time: what every reader ends
//! with is what the rules of `domain` let that reader see, no document more and none less.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use syncline_domain::{
    access::{
        Access, AccessChange, AccessEntry, Namespace, Reader as Asker, Share, Visibility, access,
    },
    identifier::{OrganisationId, UserId},
};
use syncline_tests::{
    TestServer,
    replica::{deletion, stamp},
};

use crate::reader::{Id, Reader, found, join, leave, patch};

const USERS: [&str; 4] = ["ada", "bob", "cyd", "dan"];
const KEYS: [&str; 3] = ["one", "two", "three"];
/// Founds the organisation and owns nothing.
const ADMIN: &str = "eve";

struct Document {
    content: Value,
    entry: AccessEntry,
}

/// What a user has and shares, as the rules see it. Nobody else changes it.
struct Owner<'s> {
    server: &'s TestServer,
    user: &'static str,
    club: OrganisationId,
    is_member: bool,
    device: Reader<'s>,
    documents: BTreeMap<&'static str, Document>,
    edits: usize,
    random: StdRng,
}

#[tokio::test]
async fn every_reader_sees_what_it_may_at_any_time() {
    for seed in 0..seeds(6) {
        let server = TestServer::start().await;
        let mut owners = owners(&server, seed).await;
        let mut readers = readers(&server);
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..40 {
            let index = random.random_range(0..owners.len());
            owners[index].step().await;
            // Some look often, some seldom.
            for reader in &mut readers {
                if random.random_bool(0.3) {
                    reader.pull().await;
                    let expected = seen_by(&owners, reader.user);
                    assert_eq!(reader.documents, expected, "seed {seed}, {}", reader.user);
                }
            }
        }
        settle(&owners, readers, seed).await;
        server.finish().await;
    }
}

#[tokio::test]
async fn every_reader_ends_with_what_it_may_see_when_all_act_at_once() {
    for seed in 0..seeds(4) {
        let server = TestServer::start().await;
        let mut owners = owners(&server, seed).await;
        let mut readers = readers(&server);
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
        settle(&owners, readers, seed).await;
        server.finish().await;
    }
}

/// How many worlds are tried.
fn seeds(few: u64) -> u64 {
    let seeds = std::env::var("SHARING_SEEDS").ok();
    seeds.and_then(|seeds| seeds.parse().ok()).unwrap_or(few)
}

async fn owners(server: &TestServer, seed: u64) -> Vec<Owner<'_>> {
    let club = found(server, ADMIN, &[]).await;
    let club = OrganisationId::new(&club).expect("an id");
    let owner = |(user, number): (&&'static str, u64)| Owner {
        server,
        user,
        club: club.clone(),
        is_member: false,
        device: Reader::new(server, user),
        documents: BTreeMap::new(),
        edits: 0,
        random: StdRng::seed_from_u64(seed * 100 + number),
    };
    USERS.iter().zip(0..).map(owner).collect()
}

/// A device of each user that takes all at once, and one that takes little at a time.
fn readers(server: &TestServer) -> Vec<Reader<'_>> {
    let whole = USERS.iter().map(|user| Reader::new(server, user));
    let paged = USERS.iter().map(|user| Reader::paged(server, user, 2));
    whole.chain(paged).collect()
}

/// When nobody acts any more, every reader has what a fresh one gets, and nothing comes again.
async fn settle(owners: &[Owner<'_>], mut readers: Vec<Reader<'_>>, seed: u64) {
    let server = owners[0].server;
    readers.extend(USERS.iter().map(|user| Reader::new(server, user)));
    for reader in &mut readers {
        reader.pull().await;
        let expected = seen_by(owners, reader.user);
        assert_eq!(reader.documents, expected, "seed {seed}, {}", reader.user);
        assert_eq!(
            reader.search().await,
            expected,
            "seed {seed}, {}",
            reader.user
        );
        reader.pull().await;
        assert!(reader.told.is_empty(), "seed {seed}: {:?}", reader.told);
    }
}

/// What a user's device holds if it holds all that the user may see.
fn seen_by(owners: &[Owner<'_>], name: &str) -> BTreeMap<Id, Value> {
    let user = UserId::new(name).expect("an id");
    let me = owners.iter().find(|owner| owner.user == name);
    let clubs: Vec<_> = me.into_iter().flat_map(Owner::clubs).collect();
    let asker = Asker {
        user: &user,
        organisations: &clubs,
    };
    let mut seen = BTreeMap::new();
    for owner in owners {
        let namespace = Namespace::Personal(UserId::new(owner.user).expect("an id"));
        for (key, document) in &owner.documents {
            let access = access(&namespace, &document.entry, asker);
            let (Some(access), false) = (access, document.content.is_null()) else {
                continue;
            };
            let mut content = document.content.clone();
            let other = (owner.user != name).then(|| owner.user.to_owned());
            if other.is_some() {
                content["_access"] = json!(access);
            }
            seen.insert((other, (*key).to_owned()), content);
        }
    }
    seen
}

impl Owner<'_> {
    async fn act(&mut self, acting: &AtomicUsize) {
        for _ in 0..25 {
            self.step().await;
        }
        acting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Something happens.
    async fn step(&mut self) {
        let key = *KEYS.choose(&mut self.random).expect("there are keys");
        match self.random.random_range(0..10) {
            0..3 => self.write(key).await,
            3 => self.delete(key).await,
            4..9 => self.grant(key).await,
            _ => self.come_or_go().await,
        }
    }

    fn clubs(&self) -> Vec<OrganisationId> {
        self.is_member
            .then(|| self.club.clone())
            .into_iter()
            .collect()
    }

    async fn write(&mut self, key: &'static str) {
        self.device.pull().await;
        self.edits += 1;
        let content = json!({ "edit": self.edits });
        let change = self.device.edit(None, key, &content);
        self.device.push(&[change]).await;
        let document = self.documents.entry(key).or_insert_with(|| Document {
            content: Value::Null,
            entry: AccessEntry::default(),
        });
        document.content = content;
    }

    /// The entry stays, for when the document is created again.
    async fn delete(&mut self, key: &'static str) {
        if let Some(document) = self.documents.get_mut(key) {
            self.device.pull().await;
            self.device
                .push(&[deletion(key, &stamp(self.user, 99))])
                .await;
            document.content = Value::Null;
        }
    }

    async fn grant(&mut self, key: &'static str) {
        use Visibility::{Org, Private, Public, Shared};
        let visibility = [None, Some(Private), Some(Shared), Some(Org), Some(Public)];
        let visibility = *visibility.choose(&mut self.random).expect("there are some");
        let other = *USERS.choose(&mut self.random).expect("there are users");
        let clubs = self.clubs();
        let Some(document) = self.documents.get_mut(key) else {
            return;
        };
        let is_org = visibility.unwrap_or(document.entry.visibility) == Org;
        if document.content.is_null() || other == self.user || (is_org && clubs.is_empty()) {
            return;
        }
        let (change, body) = some_change(visibility, other, &mut self.random);
        let owner = UserId::new(self.user).expect("an id");
        document.entry = document
            .entry
            .changed(&change, &owner, &clubs)
            .expect("it is allowed");
        patch(self.server, self.user, key, body).await;
    }

    async fn come_or_go(&mut self) {
        if self.is_member {
            leave(self.server, self.club.as_str(), self.user).await;
        } else {
            join(self.server, ADMIN, self.club.as_str(), self.user).await;
        }
        self.is_member = !self.is_member;
    }
}

/// A change of an entry, and the body that asks for it.
fn some_change(
    visibility: Option<Visibility>,
    other: &str,
    random: &mut StdRng,
) -> (AccessChange, Value) {
    let user = UserId::new(other).expect("an id");
    let mut change = AccessChange {
        visibility,
        ..AccessChange::default()
    };
    let mut body = json!({});
    if let Some(visibility) = visibility {
        body["visibility"] = json!(visibility);
    }
    if random.random_bool(0.6) {
        let access = *[Access::Read, Access::Write]
            .choose(random)
            .expect("there are two");
        body["sharedWith"] = json!([{ "userId": user, "access": access }]);
        change.share.push(Share { user, access });
    } else {
        body["unshare"] = json!([{ "userId": user }]);
        change.unshare.push(user);
    }
    (change, body)
}
