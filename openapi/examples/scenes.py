"""What makes the server give each answer of which openapi.json has an example."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from description import Request
from stage import Scene, World

Step = Callable[[World], None]

PAGE = "http://localhost:3000/signed-in"


# -- steps


def store(key: str, collection: str = "tasks", user: str = "ada", **fields: Any) -> Step:
    """A document that is there before, changed on the phone."""

    def step(world: World) -> None:
        revisions = {field: "0019ab3f5c2d0-000000-phone" for field in fields}
        change = {"key": key, "doc": fields, "fieldRevs": revisions}
        answer = world.call(user, "POST", "/todo/sync", {"collection": collection, "changes": [change]})
        world.clock = answer["serverClock"]
        world.revision = answer["serverChanges"][-1]["_rev"]

    return step


def found(world: World) -> None:
    """An organisation of Ada's. Names are unique on a server, so this one is renamed for the comparison."""
    answer = world.call("ada", "POST", "/orgs", {"name": f"Acme in scene {world.number}"})
    world.parameters["orgId"] = answer["orgId"]


def join(world: World) -> None:
    path = f"/orgs/{world.parameters['orgId']}/members"
    world.call("ada", "POST", path, {"userId": world.named("bob")})
    world.parameters["userId"] = world.named("bob")


def develop(world: World) -> None:
    """Ada signs in on the developer's own machine."""
    response = world.client.post("/auth/dev", json={"name": "ada"})
    world.tokens["ada"] = response.json()["token"]


groceries = store("groceries", title="Buy milk")


# -- changes of the request that the description shows


def same_name(world: World, request: Request) -> None:
    request.body = {"name": f"ACME in scene {world.number}"}


def own_name(world: World, request: Request) -> None:
    request.body = {"name": f"Acme in scene {world.number}"}


def link_token(world: World, request: Request) -> None:
    answer = world.call("ada", "POST", "/docIndex/todo/groceries/shareToken")
    request.parameters["token"] = answer["shareToken"]


def one_time_code(world: World, request: Request) -> None:
    response = world.client.get("/auth/dev", params={"name": "ada", "redirectUri": PAGE})
    request.body = {"code": parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]}


def present_revision(world: World, request: Request) -> None:
    request.body = {"rev": world.revision}


def present_base(world: World, request: Request) -> None:
    request.body["clientClock"] = request.body["changes"][0]["baseClock"] = world.clock
    request.body["changes"][0]["fieldRevs"]["_deleted"] = clock(time.time())


def ahead(world: World, request: Request) -> None:
    request.body = {"collection": "tasks", "clientClock": clock(time.time() + 3_600)}


def clock(seconds: float) -> str:
    return f"{int(seconds * 1000):013x}-000000-phone"


def member(role: str) -> Callable[[World, Request], None]:
    def change(world: World, request: Request) -> None:
        request.body = {"role": role}
        request.parameters["userId"] = world.named("ada")

    return change


def herself(world: World, request: Request) -> None:
    request.parameters["userId"] = world.named("ada")


def as_org_admin_of_others(world: World) -> None:
    found(world)
    join(world)


UNKNOWN = {"application": "diary"}
NO_ORGANISATION = {"orgId": "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11"}
TWICE = [groceries, store("groceries", collection="lists", title="Buy milk")]
MANY = [store("many", collection="lists", **{f"field{index}": index for index in range(1_700)})]
BREAKS_SCHEMA = {
    "collection": "tasks",
    "changes": [{"key": "ironing", "doc": {"done": True}, "fieldRevs": {"done": "0019ab3f5c2d0-000001-phone"}}],
}

SCENES: dict[str, Scene] = {
    # sign-in
    "listProviders 200": Scene(),
    "beginSignIn 404": Scene(),
    "completeSignIn 404": Scene(),
    "completeSignInWithForm 404": Scene(headers={"Content-Type": "application/x-www-form-urlencoded"}, content=b""),
    "exchangeCode 200": Scene(change=one_time_code),
    "exchangeCode 400": Scene(),
    "signInForDevelopment 200": Scene(),
    "signInForDevelopment 303": Scene(body={"name": "ada", "redirectUri": PAGE}),
    "signInForDevelopment 403": Scene(headers={"X-Forwarded-For": "192.0.2.1"}),
    "signInWithBrowserForDevelopment 200": Scene(query={"name": "ada"}),
    "signInWithBrowserForDevelopment 303": Scene(query={"name": "ada", "redirectUri": PAGE}),
    "signInWithBrowserForDevelopment 403": Scene(query={"name": "ada"}, headers={"X-Forwarded-For": "192.0.2.1"}),
    "getCaller 200": Scene(before=[develop]),
    "signOut 200": Scene(),
    "linkProvider 400": Scene(path={"provider": "dev"}),
    "linkProvider 404": Scene(path={"provider": "google"}, content=b""),
    "unlinkProvider 404": Scene(path={"provider": "google"}),
    "unlinkProvider 409": Scene(before=[develop], path={"provider": "dev"}),
    # sync
    "syncCollection 200 first": Scene(before=[groceries]),
    "syncCollection 200 edit": Scene(),
    "syncCollection 200 deletion": Scene(before=[groceries], change=present_base),
    "syncCollection 200 partial": Scene(),
    "syncCollection 400 bad_request": Scene(body={"collection": "tasks", "limit": 0}),
    "syncCollection 400 schema_validation_failed": Scene(body=BREAKS_SCHEMA),
    "syncCollection 400 clock_skew": Scene(change=ahead),
    "syncCollection 403": Scene(headers={"X-Org-Id": NO_ORGANISATION["orgId"]}),
    "syncCollection 404": Scene(path=UNKNOWN),
    "listenToChanges 404": Scene(path=UNKNOWN),
    "createTicket 200": Scene(),
    "createTicket 404": Scene(body={"app": "diary"}),
    # documents
    "getDocument 200": Scene(before=[groceries]),
    "getDocument 404": Scene(path={"key": "ironing"}),
    "listDocumentVersions 200": Scene(before=[groceries]),
    "listDocumentVersions 404": Scene(path={"key": "ironing"}),
    "restoreDocument 200": Scene(before=[groceries], change=present_revision),
    "restoreDocument 400": Scene(before=[groceries], body={"rev": "2"}),
    "restoreDocument 403": Scene(
        before=[groceries], change=present_revision, headers={"X-Org-Id": NO_ORGANISATION["orgId"]}
    ),
    "restoreDocument 404": Scene(before=[groceries], body={"rev": "0019ab3f5c2d0-000000-phone"}),
    # search
    "searchDocuments 200 all": Scene(before=[groceries]),
    "searchDocuments 200 filter": Scene(before=[groceries]),
    "searchDocuments 200 text": Scene(before=[groceries]),
    "searchDocuments 400": Scene(
        body={"collection": "tasks", "filter": {"type": "filter", "field": "title", "op": "like", "value": "milk"}}
    ),
    "searchDocuments 404": Scene(path=UNKNOWN),
    # sharing
    "getAccessEntry 200": Scene(before=[groceries]),
    "getAccessEntry 404": Scene(),
    "getAccessEntry 409": Scene(before=TWICE),
    "changeAccessEntry 200 share": Scene(before=[groceries]),
    "changeAccessEntry 400": Scene(
        before=[groceries], body={"sharedWith": [{"userId": "bob", "app": "diary"}]}
    ),
    "changeAccessEntry 404": Scene(),
    "changeAccessEntry 409": Scene(before=TWICE),
    "createShareToken 201": Scene(before=[groceries]),
    "createShareToken 404": Scene(),
    "createShareToken 409": Scene(before=TWICE),
    "revokeShareToken 204": Scene(before=[groceries]),
    "revokeShareToken 404": Scene(),
    "revokeShareToken 409": Scene(before=TWICE),
    "openSharedDocument 200": Scene(before=[groceries], change=link_token),
    "openSharedDocument 404": Scene(),
    # organisations
    "createOrganisation 201": Scene(change=own_name),
    "createOrganisation 409": Scene(before=[found], change=same_name),
    "listOrganisations 200": Scene(before=[found]),
    "getOrganisation 200": Scene(before=[found]),
    "getOrganisation 404": Scene(),
    "deleteOrganisation 204": Scene(before=[found]),
    "deleteOrganisation 403": Scene(before=[as_org_admin_of_others], user="bob"),
    "deleteOrganisation 404": Scene(),
    "listMembers 200": Scene(before=[as_org_admin_of_others]),
    "listMembers 404": Scene(),
    "addMember 201": Scene(before=[found]),
    "addMember 403": Scene(before=[as_org_admin_of_others], user="bob"),
    "addMember 404": Scene(),
    "addMember 409": Scene(before=[as_org_admin_of_others]),
    "changeMember 200": Scene(before=[as_org_admin_of_others]),
    "changeMember 403": Scene(before=[as_org_admin_of_others], user="bob"),
    "changeMember 404": Scene(before=[found], path={"userId": "nobody"}),
    "changeMember 409": Scene(before=[as_org_admin_of_others], change=member("member")),
    "removeMember 204": Scene(before=[as_org_admin_of_others]),
    "removeMember 403": Scene(before=[as_org_admin_of_others], change=herself, user="bob"),
    "removeMember 404": Scene(before=[found], path={"userId": "nobody"}),
    "removeMember 409": Scene(before=[as_org_admin_of_others], change=herself),
    "exportOrganisation 200": Scene(before=[found]),
    "exportOrganisation 200 application/x-ndjson": Scene(before=[found], query={"format": "ndjson"}),
    "exportOrganisation 200 text/csv": Scene(before=[found], query={"format": "csv"}),
    "exportOrganisation 403": Scene(before=[as_org_admin_of_others], user="bob"),
    "exportOrganisation 404": Scene(),
    # account
    "exportAccount 200": Scene(before=[groceries]),
    "exportAccount 200 application/x-ndjson": Scene(before=[groceries], query={"format": "ndjson"}),
    "exportAccount 200 text/csv": Scene(before=[groceries], query={"format": "csv"}),
    "exportAccount 409": Scene(before=MANY, query={"format": "csv", "application": "todo", "collection": "lists"}),
    "importAccount 200": Scene(),
    "deleteAccount 204": Scene(before=[groceries]),
    "deleteAccount 409": Scene(before=[as_org_admin_of_others]),
    # server
    "getHealth 200": Scene(),
    "getReadiness 200": Scene(),
    "getMetrics 200": Scene(),
    "getDescription 200": Scene(),
    "getExplorer 200": Scene(),
    "getExplorerFile 200 text/javascript": Scene(path={"file": "start.js"}),
    "getExplorerFile 200 text/css": Scene(path={"file": "swagger-ui.css"}),
    "getExplorerFile 200 image/png": Scene(path={"file": "favicon-32x32.png"}),
    "getExplorerFile 404": Scene(path={"file": "none.js"}),
    # what many operations answer
    "BadRequest": Scene(
        method="POST", url="/todo/sync", headers={"Content-Type": "application/json"}, content=b" "
    ),
    "Unauthorized": Scene(method="GET", url="/auth/me", user=""),
    "NoMember": Scene(
        method="GET", url="/todo/collections/tasks/documents/groceries", headers={"X-Org-Id": NO_ORGANISATION["orgId"]}
    ),
    "PayloadTooLarge": Scene(
        method="POST", url="/todo/sync", headers={"Content-Type": "application/json"}, content=b" " * (17 << 20)
    ),
    "UnsupportedMediaType": Scene(
        method="POST", url="/todo/sync", headers={"Content-Type": "text/plain"}, content=b"{}"
    ),
}

# Answers that need another server than this one, and the test that shows them.
UNPLAYED: dict[str, str] = {
    "beginSignIn 303": "a provider: tests/tests/identity/sign_in.rs",
    "completeSignIn 200": "a provider: tests/tests/identity/sign_in.rs",
    "completeSignIn 303": "a provider: tests/tests/identity/codes.rs",
    "completeSignIn 400": "a provider: tests/tests/identity/refusals.rs",
    "completeSignIn 401": "a provider: tests/tests/identity/refusals.rs",
    "completeSignIn 409": "a provider: tests/tests/identity/sign_in.rs",
    "completeSignInWithForm 200": "a provider: tests/tests/identity/sign_in.rs",
    "completeSignInWithForm 303": "a provider: tests/tests/identity/codes.rs",
    "completeSignInWithForm 400": "a provider: tests/tests/identity/refusals.rs",
    "completeSignInWithForm 401": "a provider: tests/tests/identity/refusals.rs",
    "completeSignInWithForm 409": "a provider: tests/tests/identity/sign_in.rs",
    "linkProvider 200": "a provider: tests/tests/identity/linking.rs",
    "linkProvider 403": "an issuer: tests/tests/identity/issuers.rs",
    "linkProvider 409": "a provider: tests/tests/identity/linking.rs",
    "unlinkProvider 200": "two providers: tests/tests/identity/linking.rs",
    "unlinkProvider 403": "an issuer: tests/tests/identity/issuers.rs",
    "signInForDevelopment 404": "a provider: tests/tests/identity/development.rs",
    "signInWithBrowserForDevelopment 404": "a provider: tests/tests/identity/development.rs",
    "listenToChanges 200": "a stream, which does not end: tests/tests/live",
    "createOrganisation 403": "orgs.registerable is false: tests/tests/organisations/founding.rs",
    "exportOrganisation 409": "the same as with exportAccount",
    "RateLimited": "limits: tests/tests/rates.rs",
    "InternalError": "a fault: adapters/http/src/error/tests.rs",
    "Unavailable": "a database that is away: tests/tests/http.rs",
}
