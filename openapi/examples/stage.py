"""Where scenes are played: users, each with a fresh account of their own, on the real server."""

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from description import Request

SECRET = os.environ["SYNCLINE_JWT_SECRET"].encode()


@dataclass
class Scene:
    """What comes before an answer, and how its request differs from the one that the description shows."""

    before: "list[Callable[[World], None]]" = field(default_factory=list)
    change: "Callable[[World, Request], None] | None" = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)
    method: str = ""
    url: str = ""
    body: Any = None
    content: bytes | None = None
    user: str = "ada"


class Stage:
    def __init__(self) -> None:
        self.client = httpx.Client(base_url=os.environ["SYNCLINE_URL"], timeout=30)

    def play(self, request: Request, scene: Scene, number: int) -> httpx.Response:
        world = World(self.client, number)
        for step in scene.before:
            step(world)
        request.parameters |= world.parameters | scene.path
        request.body = request.body if scene.body is None else scene.body
        if scene.change:
            scene.change(world, request)
        if scene.url:
            request.method, request.path = scene.method, scene.url
            request.takes_session = True
        return world.send(request, scene)

    @staticmethod
    def unnamed(text: str, number: int) -> str:
        """An answer with the users' names as they stand in examples."""
        return text.replace(f"-in-scene-{number}\"", "\"").replace(f" in scene {number}\"", "\"")


class World:
    """The users and documents of one scene."""

    def __init__(self, client: httpx.Client, number: int) -> None:
        self.client = client
        self.number = number
        self.parameters: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def named(self, name: str) -> str:
        return f"{name}-in-scene-{self.number}"

    def token(self, user: str) -> str:
        if user not in self.tokens:
            self.tokens[user] = session(self.named(user))
        return self.tokens[user]

    def send(self, request: Request, scene: Scene) -> httpx.Response:
        path = request.path
        for name, value in request.parameters.items():
            value = self.named(value) if value in ("ada", "bob") else value
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        headers = {}
        if request.takes_session and scene.user:
            headers["Authorization"] = f"Bearer {self.token(scene.user)}"
        content = scene.content
        if content is None and request.body is not None:
            text = json.dumps(request.body)
            for user in ("ada", "bob"):
                text = text.replace(f'"userId": "{user}"', f'"userId": "{self.named(user)}"')
                text = text.replace(f'"owner": "{user}"', f'"owner": "{self.named(user)}"')
            content = text.encode()
        if content:
            headers["Content-Type"] = "application/json"
        return self.client.request(
            request.method, path, params=scene.query, headers=headers | scene.headers, content=content
        )

    def call(self, user: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        response = self.client.request(method, path, json=body, headers=headers)
        response.raise_for_status()
        return response.json() if response.content else None


def session(user: str) -> str:
    """A session token, as the server signs it."""
    now = int(time.time())
    head = {"typ": "JWT", "alg": "HS256"}
    claims = {"sub": user, "iat": now, "iat_session": now}
    text = ".".join(url_safe(json.dumps(part).encode()) for part in (head, claims))
    return f"{text}.{url_safe(hmac.new(SECRET, text.encode(), hashlib.sha256).digest())}"


def url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
