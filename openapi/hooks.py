"""What schemathesis has to know of texts whose form alone is not enough."""

import schemathesis
from hypothesis import strategies as st

# Until then clocks are in the past, for whoever runs this.
LATEST = 1_780_000_000_000


def clock(millis: int, sequence: int, node: str) -> str:
    return f"{millis:013x}-{sequence:06x}-{node}"


clocks = st.builds(
    clock, st.integers(0, LATEST), st.integers(0, 0xFFFFFF), st.sampled_from(["phone", "laptop", "a b-c~"])
)

schemathesis.openapi.format("hlc", clocks)


@schemathesis.serializer("application/x-ndjson")
def lines(_: object, value: object) -> bytes:
    """Lines go out as they are."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def filter_case(_: object, case: schemathesis.Case) -> bool:
    """What is no text becomes one when it goes out as lines, and a server cannot tell."""
    return case.media_type != "application/x-ndjson" or isinstance(case.body, str | bytes)
