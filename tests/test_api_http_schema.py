"""The OpenAPI tried by a machine: no server error, and every answer as described."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as described

from api.examples import CALLS, KEY, WRITES
from tests.serving import Server
from tests.shell import Shell

BEARER = {"Authorization": f"Bearer {KEY}"}
CHECKS = [checks.not_a_server_error, described.status_code_conformance,
          described.content_type_conformance, described.response_headers_conformance,
          described.response_schema_conformance]
TRIES = settings(max_examples=12, deadline=None, derandomize=True, database=None,
                 phases=[Phase.explicit, Phase.generate],
                 suppress_health_check=list(HealthCheck))


@pytest.fixture
def open_server(scratch: Shell) -> Iterator[Server]:
    """A store that may change, and a key that may do anything."""
    with Server(scratch, XIANGLIAN_API_KEY=KEY) as running:
        yield running


def test_schemathesis_finds_nothing(open_server: Server) -> None:
    """About forty seconds: its own example and a dozen others of every operation."""
    schema = schemathesis.openapi.from_url(f"{open_server.url}/openapi.json")

    def tried(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS, headers=BEARER)

    operations = {found.definition.raw["operationId"]: found
                  for found in (one.ok() for one in schema.get_all_operations())}
    assert set(operations) == {*CALLS, *WRITES}
    for name in (*CALLS, *WRITES):  # in the order in which one needs another
        tried(real(operations[name], name))
    for operation in operations.values():
        TRIES(given(case=operation.as_strategy())(tried))()


def real(operation: Any, name: str) -> schemathesis.Case:
    """The operation's own example, which has an answer of every shape."""
    call = urlsplit(CALLS.get(name) or WRITES[name].call)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", operation.path)
    parts = re.fullmatch(pattern, call.path)
    assert parts
    body = {}
    if name in WRITES and WRITES[name].body:
        body = {"body": WRITES[name].body.encode(), "media_type": WRITES[name].media}
    case: schemathesis.Case = operation.Case(path_parameters=parts.groupdict(),
                                             query=parse_qs(call.query), **body)
    reply = case.call(headers=BEARER)
    assert reply.status_code in (200, 202), reply.text[:300]
    return case
