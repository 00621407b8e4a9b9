//! An organisation of two users, and the devices that they have in it.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{TestServer, clients::Child, server::answer};

use crate::{
    device::Device,
    family::{own, shown},
};

pub(crate) struct Club {
    /// The founder's: it has an edit that it has yet to push.
    desk: Device,
    /// The member's: it alone knows of what it pushed after the backup.
    pad: Device,
}

impl Club {
    /// What the backup has.
    pub(crate) async fn before(
        server: &TestServer,
        founder: &'static str,
        member: &'static str,
        program: &Child,
    ) -> Self {
        let name = json!({ "name": format!("The club of {founder}") });
        let made = post(server, founder, "/orgs", &name).await;
        let id = made["orgId"].as_str().unwrap();
        let members = format!("/orgs/{id}/members");
        post(server, founder, &members, &json!({ "userId": member })).await;
        let club = Self {
            desk: Device::in_organisation(id, founder, program).await,
            pad: Device::in_organisation(id, member, program).await,
        };
        let documents = ["plan", "agenda"].map(|key| own(key, json!({ "title": key })));
        club.desk.edit(server, &documents).await;
        club.desk.sync(server).await;
        club.pad.sync(server).await;
        club
    }

    /// What the backup lacks.
    pub(crate) async fn later(&self, server: &TestServer) {
        let pushed = [
            own("plan", json!({ "title": "changed after the backup" })),
            own("minutes", json!({ "title": "pushed after the backup" })),
        ];
        self.pad.edit(server, &pushed).await;
        self.pad.sync(server).await;
        let pending = own("agenda", json!({ "title": "yet to be pushed" }));
        self.desk.edit(server, &[pending]).await;
    }

    /// What must hold when the database is as of the backup.
    pub(crate) async fn after(&self, server: &TestServer) {
        for _ in 0..2 {
            for device in [&self.desk, &self.pad] {
                device.sync(server).await;
            }
        }
        let healed = BTreeMap::from([
            own("agenda", json!({ "title": "yet to be pushed" })),
            own("minutes", json!({ "title": "pushed after the backup" })),
            own("plan", json!({ "title": "changed after the backup" })),
        ]);
        for device in [&self.desk, &self.pad] {
            let view = device.view(server).await;
            assert_eq!((view.unsent, view.rejected.len()), (0, 0));
            assert_eq!(shown(&view), healed);
        }
    }
}

async fn post(server: &TestServer, user: &str, path: &str, body: &Value) -> Value {
    let request = server.request(Method::POST, path).json(body);
    let created = answer(request.bearer_auth(server.token(user))).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    created.body
}
