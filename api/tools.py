"""The questions as tools of the Model Context Protocol, read-only: `xianglian mcp`.

A tool is an operation of the OpenAPI and its reply is the answer over HTTP, so that there is one
description and one set of limits; only evidence that stands at the top already is not repeated.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

import anyio
import typer
from starlette.types import ASGIApp, Message

from api.settings import Limits, Settings
from graph.names import nearest
from ontology import XianglianError

__all__ = ["Tool", "mcp", "tools"]

LEFT_OUT = ("export",)  # a whole graph is no answer for a model
FORMAT = "format"  # of an answer, which here is always JSON
ROWS = 20  # of a page, unless asked for more
LIMITS = Limits(rows=50)
NOTE = ("判定有四种：present 具备、absent 缺失、contested 存疑、unknown 待核。"
        "没有来源说过的是待核，不是没有。引用事实时请连同 evidence 里的来源和日期；"
        "没有写在这里的，不要补。")


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation: its address with {parts}, and its parameters as a JSON schema."""

    name: str
    title: str
    description: str
    path: str
    schema: dict[str, Any]

    def address(self, given: Mapping[str, Any]) -> tuple[str, str]:
        """Path and query of the call with these arguments; raises XianglianError."""
        path, query = self.path, {}
        for name, value in given.items():
            self._check(name, value)
            if f"{{{name}}}" in self.path:
                path = path.replace(f"{{{name}}}", str(value))
            else:
                query[name] = value
        if missing := [name for name in self.schema["required"]
                       if name not in given and f"{{{name}}}" in self.path]:
            raise XianglianError(f"参数 {missing[0]}：必须写")  # the operation tells of the others
        return path, urlencode(query, doseq=True)

    def _check(self, name: str, value: Any) -> None:
        """Raises XianglianError for what an address cannot say; the rest the operation checks."""
        if name == FORMAT:
            raise XianglianError(f"参数 {name}：没有这个参数")
        known = self.schema["properties"].get(name, {})
        many = value if isinstance(value, list) and known.get("type") == "array" else [value]
        if not all(isinstance(one, (str, int, float)) and one is not True and one is not False
                   for one in many):
            raise XianglianError(f"参数 {name}：只能是文字或数字")
        if any("\ud800" <= char <= "\udfff" for one in many for char in str(one)):
            raise XianglianError(f"参数 {name}：含有不成字的字符")


def tools(described: Mapping[str, Any]) -> dict[str, Tool]:
    """The questions of an OpenAPI description, by name."""
    found = (_tool(path, methods["get"]) for path, methods in described["paths"].items())
    return {tool.name: tool for tool in found if tool.name not in LEFT_OUT}


def _tool(path: str, operation: Mapping[str, Any]) -> Tool:
    parameters = operation.get("parameters", ())
    properties = {one["name"]: {**one["schema"], "description": one["description"]}
                  for one in parameters if one["name"] != FORMAT}
    if "limit" in properties:
        properties["limit"]["default"] = ROWS
    return Tool(operation["operationId"], operation["summary"], operation["description"], path, {
        "type": "object", "properties": properties, "additionalProperties": False,
        "required": [one["name"] for one in parameters if one.get("required")]})


class Asker:
    """Asks the questions of one graph, within this process."""

    def __init__(self, settings: Settings) -> None:
        from api.app import Said, answering
        from api.reading import Graph

        self.graph = Graph(settings)
        app = answering(settings, self.graph)
        self.tools, self.app = tools(app.openapi()), Said(app)

    async def ask(self, name: str, given: Mapping[str, Any]) -> tuple[bool, dict[str, Any]]:
        """Whether it was answered; the answer, or the problem."""
        if name not in self.tools:
            near = nearest(name, self.tools)
            raise XianglianError(f"没有工具「{name[:60]}」；{'最接近的' if near else '全部'}是 "
                                 + "、".join(near or self.tools))
        tool = self.tools[name]
        given = {key: value for key, value in given.items() if value is not None}
        if "limit" in tool.schema["properties"]:
            given = {"limit": ROWS, **given}
        status, said = await _fetched(self.app, *tool.address(given))
        return (True, _slim(said)) if status == 200 else (False, said)


async def _fetched(app: ASGIApp, path: str, query: str) -> tuple[int, dict[str, Any]]:
    status, body = 500, b""

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    await app({"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
               "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "",
               "query_string": query.encode("ascii"), "headers": [(b"host", b"127.0.0.1")],
               "client": ("127.0.0.1", 0), "server": ("127.0.0.1", 80)}, receive, send)
    return status, json.loads(body)


def _slim(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with each piece of evidence whole at the top, by its record elsewhere."""
    def short(part: Any) -> Any:
        if isinstance(part, list):
            return [short(item) for item in part]
        if isinstance(part, dict):
            return {key: [item["record"] for item in value] if key == "evidence" and isinstance(
                value, list) else short(value) for key, value in part.items()}
        return part

    limits = {"rows": LIMITS.rows, "seconds": LIMITS.seconds,
              "truncated": bool(answer.get("truncated")), "next": answer.get("next"), "note": NOTE}
    return {**short(answer), "evidence": answer.get("evidence", []), "limits": limits}


def mcp(store: Annotated[str | None, typer.Option(
            "--store", metavar="地址", help="图谱存放处，如 sqlite:///图谱.db")] = None) -> None:
    """让支持 MCP 的助手来查：同样的问题作为只读工具。

    经标准输入输出。

    先装 pip install 'xianglian[mcp]'，再在助手里登记命令 xianglian mcp。
    """
    try:
        from mcp import types
        from mcp.server.lowlevel import Server
        from mcp.server.stdio import stdio_server
    except ImportError as error:
        raise XianglianError(f"还缺一个组件，请运行：{sys.executable} -m pip install "
                             "'xianglian[mcp]'") from error
    asker = Asker(replace(Settings.read(store=store), limits=LIMITS))

    async def listed(context: Any, asked: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[types.Tool(
            name=tool.name, title=tool.title, description=f"{tool.title}。{tool.description}",
            input_schema=tool.schema, annotations=types.ToolAnnotations(
                read_only_hint=True, idempotent_hint=True, open_world_hint=False))
            for tool in asker.tools.values()])

    async def called(context: Any, asked: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            good, answer = await asker.ask(asked.name, asked.arguments or {})
        except XianglianError as error:
            good, answer = False, {"detail": str(error)}
        text = json.dumps(answer, ensure_ascii=False, sort_keys=True)
        return types.CallToolResult(content=[types.TextContent(text=text)], is_error=not good,
                                    structured_content=answer)

    async def serve() -> None:
        from api.replies import program

        server: Any = Server("xianglian", version=program(), title="湘链", instructions=NOTE,
                             on_list_tools=listed, on_call_tool=called)
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    anyio.run(serve)
    asker.graph.close()
