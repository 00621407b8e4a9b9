"""Holds the examples of openapi.json to their schemas and to the real server.

Every example of an answer has a scene (scenes.py) that makes the server give that answer. What it gives is held to the
schema, without any member that the schema does not know, and to the example: all that does not differ from run to run
is the same.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alike import differences
from description import Description
from scenes import SCENES, UNPLAYED
from stage import Stage

ROOT = Path(__file__).resolve().parent.parent


def check(description: Description, stage: Stage) -> Iterator[str]:
    yield from description.broken_examples()
    answers = dict(description.answers())
    played = set(SCENES)
    for name in sorted(answers.keys() - played - UNPLAYED.keys()):
        yield f"{name}: no scene shows it; add one to openapi/examples/scenes.py"
    for name in sorted((played | UNPLAYED.keys()) - answers.keys()):
        yield f"{name}: openapi.json does not have it any more; remove its scene"
    for number, name in enumerate(sorted(played & answers.keys())):
        yield from play(description, stage, number, name, answers[name])


def play(description: Description, stage: Stage, number: int, name: str, documented: Any) -> Iterator[str]:
    response = stage.play(description.request(name), SCENES[name], number)
    place = f"{name}: {response.request.method} {response.request.url}"
    if response.status_code != documented.status:
        yield f"{place}: answered {response.status_code} {response.text}"
        return
    missing = [header for header in documented.headers if header not in response.headers]
    if missing:
        yield f"{place}: the answer lacks the headers {missing}"
    if documented.media_type is None:
        if response.content:
            yield f"{place}: the answer has a body: {response.text[:200]}"
        return
    media_type = response.headers["Content-Type"].split(";")[0]
    if media_type != documented.media_type.split(";")[0]:
        yield f"{place}: the answer is {media_type}"
        return
    if media_type != "application/json":
        return
    body = json.loads(stage.unnamed(response.text, number))
    for error in description.errors(documented.schema, body, closed=True):
        yield f"{place}: the answer breaks the schema: {error}"
    if documented.example is not None:
        for difference in differences(documented.example, body):
            yield f"{place}: the answer differs from the example: {difference}"


def main() -> None:
    description = Description(json.loads((ROOT / "openapi.json").read_text()))
    failures = list(check(description, Stage()))
    for failure in failures:
        print(failure, file=sys.stderr)
    if failures:
        sys.exit(f"{len(failures)} examples are not as they should be")
    print(f"{len(SCENES)} examples were answered as they stand there, {len(UNPLAYED)} are shown elsewhere")


main()
