"""The questions over the Model Context Protocol, asked by the SDK's own client over stdio."""

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client

from api.examples import CALLS, WRITES
from api.settings import Settings
from api.tools import ROWS, Asker
from ontology import XianglianError
from tests.serving import in_a_loop
from tests.shell import Shell

# The SDK's client does not wait for a server that it has told to end, if that takes two seconds.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
DAY = {"at": "2026-11-22"}


def talked(shell: Shell, talk: Callable[[Client], Awaitable[Any]]) -> Any:
    """What comes of a talk with `xianglian mcp`."""
    root = str(Path(__file__).parent.parent)
    server = StdioServerParameters(
        command=sys.executable, args=["-c", "from api.cli import main; main()", "mcp"],
        env=shell.environ | {"PYTHONPATH": root}, cwd=shell.folder)

    async def run() -> Any:
        async with Client(stdio_client(server)) as client:
            return await talk(client)

    return in_a_loop(run())


def test_every_question_is_a_read_only_tool(shell: Shell) -> None:
    found = talked(shell, lambda client: client.list_tools()).tools
    assert {tool.name for tool in found} == {*CALLS} - {"export"}
    assert not {tool.name for tool in found} & {*WRITES}
    for tool in found:
        assert tool.annotations.read_only_hint and tool.description
        assert all(one["description"] for one in tool.input_schema["properties"].values())


def test_replies_are_those_of_the_command_line_with_evidence_and_limits(shell: Shell) -> None:
    async def talk(client: Client) -> list[Any]:
        return [await client.call_tool("gaps", {"chain": "锂电池", "region": "长沙", "at": "2014"}),
                await client.call_tool("things", {"kind": "Company", "region": "长沙", **DAY}),
                await client.call_tool("entity", {"id": "金博股份", **DAY}),
                await client.call_tool("ask", {"q": "谁给比亚迪供碳陶制动盘", **DAY})]

    gaps, things, entity, asked = talked(shell, talk)
    for reply in (gaps, things, entity, asked):
        answer = reply.structured_content
        assert not reply.is_error and json.loads(reply.content[0].text) == answer
        assert answer["limits"]["rows"] == 50 and "待核" in answer["limits"]["note"]
        assert all(item["source"]["title"] and item["source"]["date"]
                   for item in answer["evidence"])
    told = shell.json("gaps", "锂电池", "--region", "长沙", "--at", "2014")
    answer = gaps.structured_content
    assert answer["evidence"] == told["evidence"] and answer["lists"]["fill"]
    assert [row["verdict"] for row in answer["segments"]] == [
        row["verdict"] for row in told["segments"]]
    known = {item["record"] for item in answer["evidence"]}
    assert all(set(row["evidence"]) <= known for row in answer["segments"])
    page = things.structured_content
    assert len(page["rows"]) == 20 and page["limits"]["next"] == page["next"] is not None
    assert "金博股份" in asked.structured_content["answer"]


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("gaps", {"chain": "锂电磁"}, "锂电池"), ("gaps", {}, "必须写"),
    ("gaps", {"chain": "锂电池", "regoin": "长沙"}, "region"), ("load", {}, "没有工具"),
    ("matrix", {"limit": 10**9}, "limit"), ("gaps", {"chain": "' OR 1=1 --"}, "没有找到"))


def test_a_wrong_call_is_told_how_to_mend_it(shell: Shell) -> None:
    async def talk(client: Client) -> list[Any]:
        return [await client.call_tool(name, given) for name, given, _ in WRONG]

    for (_, _, said), reply in zip(WRONG, talked(shell, talk), strict=True):
        assert reply.is_error and said in reply.structured_content["detail"]


def test_odd_arguments_are_refused_in_a_sentence(shell: Shell) -> None:
    odd: list[tuple[str, dict[str, Any], str]] = [
        ("ontology", {"format": "turtle"}, "format"), ("entity", {}, "id"),
        ("entity", {"id": None}, "id"), ("gaps", {"chain": "\ud800"}, "不成字"),
        ("gaps", {"chain": ["锂电池", "人工智能"]}, "chain"),
        ("gaps", {"chain": {"a": 1}}, "chain"), ("gaps", {"chain": True}, "文字或数字"),
        ("suppliers", {"nmae": "华为"}, "nmae：没有这个参数，最接近的是 name"),
        ("supplier", {}, "suppliers"), ("gaps", {"chain": "锂电池", "min_grade": "好"}, "官方"),
        ("things", {"kind": "Company", "limit": 501}, "500"),
        ("entity", {"id": "{id}"}, "没有找到"),
        ("gaps", {"chain": "锂电池", "at": "2014-02-30"}, "没有 30 日")]
    asker = Asker(Settings(shell.environ["XIANGLIAN_STORE"],
                           Path(shell.environ["XIANGLIAN_CACHE"])))

    async def told(name: str, given: dict[str, Any]) -> str:
        try:
            good, answer = await asker.ask(name, given)
        except XianglianError as error:
            return str(error)
        assert not good
        return str(answer["detail"])

    async def run() -> None:
        for name, given, said in odd:
            assert said in await told(name, given), (name, ascii(given))
        good, answer = await asker.ask("things", {"kind": "Company", "limit": None, "at": None})
        assert good and len(answer["rows"]) == ROWS
        assert (await asker.ask("matrix", {"region": ["长沙", "益阳"]}))[0]

    in_a_loop(run())
    asker.graph.close()


def test_an_empty_graph_says_so(tmp_path: Path) -> None:
    shell = Shell(tmp_path, f"sqlite:///{(tmp_path / 'none.db').as_posix()}")
    reply = talked(shell, lambda client: client.call_tool("gaps", {"chain": "锂电池"}))
    assert reply.is_error and "xianglian load" in reply.structured_content["detail"]
    assert not (tmp_path / "none.db").exists()
