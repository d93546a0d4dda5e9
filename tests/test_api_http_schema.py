"""The OpenAPI tried by a machine: no server error, and every answer as described."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as described

from api.examples import CALLS
from tests.serving import Server

CHECKS = [checks.not_a_server_error, described.status_code_conformance,
          described.content_type_conformance, described.response_headers_conformance,
          described.response_schema_conformance]
TRIES = settings(max_examples=12, deadline=None, derandomize=True, database=None,
                 phases=[Phase.explicit, Phase.generate],
                 suppress_health_check=list(HealthCheck))


def test_schemathesis_finds_nothing(server: Server) -> None:
    """About thirty seconds: its own example and a dozen others of every operation."""
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")

    def tried(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        tried(real(operation))
        TRIES(given(case=operation.as_strategy())(tried))()
    assert len(operations) == len(CALLS)


def real(operation: Any) -> schemathesis.Case:
    """The operation's own example, which has an answer of every shape."""
    call = urlsplit(CALLS[operation.definition.raw["operationId"]])
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", operation.path)
    parts = re.fullmatch(pattern, call.path)
    assert parts
    case: schemathesis.Case = operation.Case(path_parameters=parts.groupdict(),
                                             query=parse_qs(call.query))
    reply = case.call()
    assert reply.status_code == 200, reply.text[:300]
    return case
