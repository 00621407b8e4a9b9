"""A walk through the server with the client that openapi-python-client makes from openapi.json."""

import os
import time
from typing import TypeVar

from syncline_api import AuthenticatedClient, Client
from syncline_api.api.account import delete_account, export_account
from syncline_api.api.search import search_documents
from syncline_api.api.sharing import change_access_entry, create_share_token, get_access_entry, open_shared_document
from syncline_api.api.sign_in import get_caller, sign_in_for_development
from syncline_api.api.sync import sync_collection
from syncline_api.models import (
    Access,
    AccessChange,
    AccessEntry,
    AccountExport,
    DeveloperSignIn,
    Edit,
    EditDoc,
    Error,
    ErrorCode,
    FieldFilter,
    LinkedDocument,
    Operator,
    Revisions,
    SearchAnswer,
    SearchRequest,
    Share,
    ShareToken,
    SignedIn,
    SyncAnswer,
    SyncRequest,
    User,
)

URL = os.environ["SYNCLINE_URL"]

T = TypeVar("T")


def answered(answer: object, kind: type[T]) -> T:
    """What was answered; an error ends the walk."""
    assert isinstance(answer, kind), f"another answer came: {answer}"
    return answer


def sign_in(name: str) -> AuthenticatedClient:
    answer = sign_in_for_development.sync(client=Client(URL), body=DeveloperSignIn(name=name))
    return AuthenticatedClient(URL, token=answered(answer, SignedIn).token)


def clock(sequence: int) -> str:
    """A clock of this device."""
    return f"{int(time.time() * 1000):013x}-{sequence:06x}-python"


def walk() -> None:
    ada, bob = sign_in("ada of Python"), sign_in("bob of Python")
    bobs_id = answered(get_caller.sync(client=bob), User).user_id

    fields = EditDoc.from_dict({"title": "Walk the Python dog"})
    edit = Edit(key="walk", doc=fields, field_revs=Revisions.from_dict({"title": clock(0)}))
    request = SyncRequest(collection="tasks", protocol=2, changes=[edit])
    pushed = answered(sync_collection.sync("todo", client=ada, body=request), SyncAnswer)
    assert pushed.server_changes[0]["title"] == "Walk the Python dog"

    request = SyncRequest(collection="tasks", protocol=2, client_clock=pushed.server_clock)
    again = answered(sync_collection.sync("todo", client=ada, body=request), SyncAnswer)
    assert again.server_changes == []

    change = AccessChange(shared_with=[Share(user_id=bobs_id, access=Access.WRITE)])
    shared = answered(change_access_entry.sync("todo", "walk", client=ada, body=change), AccessEntry)
    assert shared.visibility == "shared"

    link = answered(create_share_token.sync("todo", "walk", client=ada), ShareToken)
    linked = answered(open_shared_document.sync(link.share_token, client=Client(URL)), LinkedDocument)
    assert linked.field_key == "walk"

    condition = FieldFilter(type_="filter", field="title", op=Operator.CONTAINS, value="Python")
    search = SearchRequest(collection="tasks", filter_=condition, total=True)
    found = answered(search_documents.sync("todo", client=bob, body=search), SearchAnswer)
    assert found.total == 1
    assert found.results[0].field_access == Access.WRITE

    exported = answered(export_account.sync(client=ada), AccountExport)
    assert exported.docs["todo"]["tasks"][0].field_key == "walk"
    assert exported.doc_index[0].shared_with[0].user_id == bobs_id

    refused = answered(get_access_entry.sync("todo", "walk", client=bob), Error)
    assert refused.code == ErrorCode.NOT_FOUND
    assert delete_account.sync_detailed(client=ada).status_code == 204


walk()
