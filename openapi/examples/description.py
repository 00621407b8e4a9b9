"""openapi.json: its examples, requests and schemas."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

METHODS = ("get", "put", "post", "patch", "delete")

JSON = "application/json"


@dataclass
class Answer:
    """What is documented of an answer."""

    status: int
    headers: list[str]
    media_type: str | None = None
    schema: Any = None
    example: Any = None


@dataclass
class Request:
    """A request as an example shows it."""

    method: str
    path: str
    parameters: dict[str, str]
    body: Any = None
    media_type: str | None = None
    takes_session: bool = False
    answer: str = field(default="")


class Description:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.components = document["components"]
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }

    def resolve(self, value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            target: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            value = target
        return value

    # -- schemas

    def errors(self, schema: Any, value: Any, *, closed: bool = False) -> list[str]:
        schemas = close(self.components["schemas"]) if closed else self.components["schemas"]
        whole = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **(close(schema) if closed else schema),
            "components": {"schemas": schemas},
        }
        validator = jsonschema_rs.validator_for(whole, validate_formats=True)
        return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(value)]

    def broken_examples(self) -> Iterator[str]:
        """Every example that breaks its schema."""
        for place, schema, example in self.examples():
            for error in self.errors(schema, example, closed=True):
                yield f"{place}: the example breaks the schema: {error}"

    def examples(self) -> Iterator[tuple[str, Any, Any]]:
        for name, schema in self.components["schemas"].items():
            for example in schema.get("examples", [schema["example"]] if "example" in schema else []):
                yield f"schema {name}", schema, example
        for name, response in self.components["responses"].items():
            for media_type, content in response["content"].items():
                for example_name, example in named(content):
                    yield f"response {name} {example_name}", content["schema"], example
        for operation_id, (_, _, operation) in self.operations.items():
            for parameter in operation.get("parameters", []):
                parameter = self.resolve(parameter)
                if "example" in parameter:
                    yield f"{operation_id} {parameter['name']}", parameter["schema"], parameter["example"]
            contents = [("request", operation.get("requestBody", {}))]
            contents += operation["responses"].items()
            for place, owner in contents:
                for content in self.resolve(owner).get("content", {}).values():
                    for example_name, example in named(content):
                        yield f"{operation_id} {place} {example_name}", content["schema"], example

    # -- requests and answers

    def answers(self) -> Iterator[tuple[str, Answer]]:
        """Every answer, by the name of its example: `syncCollection 200 first`, `getOrganisation 404`."""
        for operation_id, (_, _, operation) in self.operations.items():
            for status, response in operation["responses"].items():
                if "$ref" not in response:
                    yield from self.answers_of(f"{operation_id} {status}", status, response)
        for name, response in self.components["responses"].items():
            yield from self.answers_of(name, self.status_of(name), response)

    def answers_of(self, name: str, status: str, response: Any) -> Iterator[tuple[str, Answer]]:
        # A token is renewed only when it is old.
        headers = [header for header in response.get("headers", {}) if header != "X-Auth-Token"]
        content = response.get("content", {})
        if not content:
            yield name, Answer(int(status), headers)
        for media_type, what in content.items():
            schema = what.get("schema")
            examples = list(named(what))
            if not examples:
                suffix = "" if len(content) == 1 else f" {media_type}"
                yield name + suffix, Answer(int(status), headers, media_type, schema)
            for example_name, example in examples:
                full = f"{name} {example_name}".strip()
                yield full, Answer(int(status), headers, media_type, schema, example)

    def status_of(self, name: str) -> str:
        ref = f"#/components/responses/{name}"
        for _, _, operation in self.operations.values():
            for status, response in operation["responses"].items():
                if response.get("$ref") == ref:
                    return status
        raise KeyError(f"no operation has the answer {name}")

    def request(self, answer: str) -> Request:
        """The request that the description itself shows for an answer."""
        operation_id, *rest = answer.split(" ")
        if operation_id not in self.operations:
            # An answer that many operations have.
            return Request("", "", {}, answer=answer)
        method, path, operation = self.operations[operation_id]
        parameters = {}
        for parameter in map(self.resolve, operation.get("parameters", [])):
            if parameter["in"] == "path":
                parameters[parameter["name"]] = self.example_of(parameter)
        request = Request(method.upper(), path, parameters, answer=answer)
        request.takes_session = bool(operation["security"])
        contents = self.resolve(operation.get("requestBody", {})).get("content", {})
        for media_type, content in list(contents.items())[:1]:
            examples = dict(named(content))
            wanted = " ".join(rest[1:])
            if examples:
                request.body = copy.deepcopy(examples.get(wanted, next(iter(examples.values()))))
            request.media_type = media_type
        return request

    def example_of(self, parameter: Any) -> str:
        if "example" in parameter:
            return str(parameter["example"])
        schema = self.resolve(parameter["schema"])
        return str((schema.get("examples") or schema.get("enum"))[0])


def named(content: Any) -> Iterator[tuple[str, Any]]:
    """The examples of a body by name; one alone has none."""
    if "example" in content:
        yield "", content["example"]
    for name, example in content.get("examples", {}).items():
        yield name, example["value"]


def close(schema: Any) -> Any:
    """The schema without room for members that it does not name."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: close(value) for name, value in schema.items() if name not in ("example", "examples")}
    if "properties" in schema and "additionalProperties" not in schema and "allOf" not in schema:
        closed["additionalProperties"] = False
    return closed
