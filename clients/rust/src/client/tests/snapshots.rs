use serde_json::json;

use super::{apply, begin, clock, document, edit, id, synced};
use crate::{ClientError, DocumentId, Snapshot, SyncClient};

fn restarted(client: &SyncClient) -> SyncClient {
    let text = serde_json::to_string(&client.snapshot()).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&text).unwrap();
    SyncClient::restore(snapshot).unwrap()
}

#[test]
fn a_restored_client_goes_on_where_it_stopped() {
    let mut client = synced(&[("a", json!({ "n": null, "m": 1 }))]);
    edit(&mut client, "a", json!({ "n": null }), 200);
    edit(&mut client, "b", json!({ "k": null }), 201);
    let mut restored = restarted(&client);
    assert_eq!(restored.get(&id("a")), Some(document(json!({ "n": null }))));
    assert_eq!(restored.server_clock(), client.server_clock());
    assert_eq!(begin(&mut restored), begin(&mut client));
}

#[test]
fn a_request_under_way_is_sent_again_after_a_restart() {
    let mut client = synced(&[("a", json!({ "n": 1 }))]);
    edit(&mut client, "a", json!({ "n": 2 }), 200);
    let lost = begin(&mut client);
    edit(&mut client, "a", json!({ "n": 3 }), 201);
    let mut restored = restarted(&client);
    assert_eq!(begin(&mut restored), lost);
    apply(
        &mut restored,
        300,
        json!({ "accepted": [{ "key": "a", "rev": clock(250) }] }),
    );
    assert_eq!(begin(&mut restored)[0]["doc"], json!({ "n": 3 }));
}

#[test]
fn documents_of_others_and_rejections_survive() {
    let mut client = synced(&[]);
    edit(&mut client, "bad", json!({ "n": 1 }), 200);
    begin(&mut client);
    apply(
        &mut client,
        300,
        json!({
            "serverChanges": [{
                "_key": "a", "_rev": clock(150), "_fieldRevs": { "n": clock(150) }, "n": 1,
                "_owner": "ada", "_access": "read",
            }],
            "rejected": [{ "key": "bad", "code": "bad_request", "error": "No." }],
        }),
    );
    let restored = restarted(&client);
    let theirs = DocumentId::of("ada", "a").unwrap();
    assert_eq!(restored.access(&theirs), Some(crate::Access::Read));
    assert_eq!(
        restored.rejected().collect::<Vec<_>>(),
        client.rejected().collect::<Vec<_>>()
    );
}

#[test]
fn a_snapshot_of_a_later_version_is_refused() {
    let mut snapshot = serde_json::to_value(synced(&[]).snapshot()).unwrap();
    snapshot["version"] = json!(2);
    let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
    let error = SyncClient::restore(snapshot).unwrap_err();
    assert_eq!(error, ClientError::SnapshotVersion(2));
}
