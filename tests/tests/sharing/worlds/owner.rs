//! A user who has documents, and changes to whom they are visible.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Value, json};
use syncline_domain::{
    access::{Access, AccessChange, Share, Visibility},
    identifier::OrganisationId,
};
use syncline_tests::{
    TestServer,
    replica::{deletion, stamp},
};

use super::{
    ADMIN, KEYS, USERS, asking,
    rules::{Document, user},
};
use crate::reader::{Reader, join, leave, patch, send};

/// What a user has and shares, as the rules see it. Nobody else changes it.
pub(super) struct Owner<'s> {
    server: &'s TestServer,
    pub(super) user: &'static str,
    club: OrganisationId,
    is_member: bool,
    device: Reader<'s>,
    pub(super) documents: BTreeMap<&'static str, Document>,
    edits: usize,
    random: StdRng,
}

impl<'s> Owner<'s> {
    pub(super) fn new(
        server: &'s TestServer,
        user: &'static str,
        club: OrganisationId,
        seed: u64,
    ) -> Self {
        Self {
            server,
            user,
            club,
            is_member: false,
            device: Reader::new(server, user),
            documents: BTreeMap::new(),
            edits: 0,
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// Does one thing after the other, and has somebody ask for what it was about.
    pub(super) async fn act(&mut self, acting: &AtomicUsize) {
        for _ in 0..25 {
            let key = self.step().await;
            let reader = *USERS.choose(&mut self.random).expect("there are users");
            let clubs = [self.club.clone()];
            let either: [&[OrganisationId]; 2] = [&[], &clubs];
            asking::ask(self.server, self, key, reader, &either).await;
            asking::follow_links(self.server, self, key).await;
        }
        acting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Something happens to the document with the key that it returns, or to its readers.
    pub(super) async fn step(&mut self) -> &'static str {
        let key = *KEYS.choose(&mut self.random).expect("there are keys");
        match self.random.random_range(0..11) {
            0..3 => self.write(key).await,
            3 => self.delete(key).await,
            4..9 => self.grant(key).await,
            9 => self.link(key).await,
            _ => self.come_or_go().await,
        }
        key
    }

    pub(super) fn clubs(&self) -> Vec<OrganisationId> {
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
        self.documents.entry(key).or_default().content = content;
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
        document.entry = document
            .entry
            .changed(&change, &user(self.user), &clubs)
            .expect("it is allowed");
        patch(self.server, self.user, key, body).await;
    }

    /// Makes a link in the place of any other, or revokes the one that there is.
    async fn link(&mut self, key: &'static str) {
        let method = if self.random.random_bool(0.6) {
            Method::POST
        } else {
            Method::DELETE
        };
        let document = self.documents.get_mut(key);
        let Some(document) = document.filter(|document| !document.content.is_null()) else {
            return;
        };
        let path = format!("/docIndex/todo/{key}/shareToken");
        let answer = send(self.server, self.user, method, &path, &Value::Null).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        document.old_links.extend(document.link.take());
        document.link = answer.body["shareToken"].as_str().map(str::to_owned);
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
    let user = user(other);
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
