"""Whether an answer is like its example: the same but for what differs from run to run."""

import re
from collections.abc import Iterator
from typing import Any

# Texts of one form stand for each other.
FORMS = [
    re.compile(form)
    for form in (
        r"[0-9a-f]{13}-[0-9a-f]{6}-server~.+",
        r"[0-9a-f]{13}-[0-9a-f]{6}-(?!server~).+",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"[A-Za-z0-9_-]{40,}",
        r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
    )
]

# Numbers that are never twice the same.
NUMBERS = {"serverTime", "_score"}

# Organisations and users get their ids from the server, also within a sentence.
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def differences(example: Any, real: Any, place: str = "") -> Iterator[str]:
    if type(example) is not type(real):
        yield f"{place}: {example!r} is {real!r}"
    elif isinstance(example, dict):
        for name in sorted(example.keys() ^ real.keys()):
            yield f"{place}.{name}: only {'the example' if name in example else 'the answer'} has it"
        for name in example.keys() & real.keys():
            if name not in NUMBERS:
                yield from differences(example[name], real[name], f"{place}.{name}")
    elif isinstance(example, list):
        if len(example) != len(real):
            yield f"{place}: {len(example)} items are {len(real)}"
        for index, (left, right) in enumerate(zip(example, real)):
            yield from differences(left, right, f"{place}[{index}]")
    elif example != real and not have_one_form(example, real):
        yield f"{place}: {example!r} is {real!r}"


def have_one_form(example: Any, real: Any) -> bool:
    if not isinstance(example, str):
        return False
    if UUID.sub("", example) == UUID.sub("", real):
        return True
    return any(form.fullmatch(example) and form.fullmatch(real) for form in FORMS)
