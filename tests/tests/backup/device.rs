use serde_json::Value;
use syncline_tests::{
    TestServer,
    clients::{Child, Id, Place, Remote, View},
};

use crate::{address::Address, family::COLLECTION};

/// So few that a reset comes in several pages.
const PAGE: u32 = 2;

/// A device with a store on its disk. Its program runs only while something is done with it, so that
/// everything else is what it finds there when it starts.
pub(crate) struct Device {
    user: &'static str,
    /// In whose documents it works; none for the user's own.
    organisation: Option<String>,
    program: Child,
    remote: Remote,
    address: Address,
}

impl Device {
    pub(crate) async fn new(user: &'static str, name: &str, program: &Child) -> Self {
        Self {
            user,
            organisation: None,
            program: program.clone(),
            remote: Remote::new(&format!("{name} of {user}"), program.clone(), "store"),
            address: Address::new().await,
        }
    }

    /// One that works in the documents of an organisation.
    pub(crate) async fn in_organisation(
        organisation: &str,
        user: &'static str,
        program: &Child,
    ) -> Self {
        Self {
            organisation: Some(organisation.to_owned()),
            ..Self::new(user, organisation, program).await
        }
    }

    /// Synchronises with this server until nothing is waiting on either side.
    pub(crate) async fn sync(&self, server: &TestServer) {
        self.address.lead_to(Some(server.address()));
        self.open(server).await;
        self.remote.sync().await.unwrap();
        self.remote.close().await.unwrap();
        self.address.lead_to(None);
    }

    /// Makes these documents, or deletes what is to be null, without a network. Its program is killed
    /// as soon as that is done.
    pub(crate) async fn edit(&self, server: &TestServer, edits: &[(Id, Value)]) {
        self.open(server).await;
        for (id, new) in edits {
            assert!(self.remote.edit(id, &Value::Null, new).await.unwrap());
        }
        self.program.kill().await;
    }

    /// What it shows without a network.
    pub(crate) async fn view(&self, server: &TestServer) -> View {
        self.open(server).await;
        let view = self.remote.view().await.unwrap();
        self.remote.close().await.unwrap();
        view
    }

    async fn open(&self, server: &TestServer) {
        let place = Place {
            url: self.address.url().to_owned(),
            token: server.token(self.user),
            user: self.user.to_owned(),
            organisation: self.organisation.clone(),
            collection: COLLECTION.to_owned(),
            page: PAGE,
        };
        self.remote.open(&place, 0).await.unwrap();
    }
}
