"""The page from which a stranger can use the API: written from the OpenAPI, without scripts."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from api.examples import CALLS, WRITES, Write
from api.pages import page
from api.problems import TITLES

__all__ = ["reference"]

INTRO = """
<p>问题都用 GET 问，答案是 JSON。每个问题下面有可以直接填写的表格和一个真实的例子。
要写入（装入、录入、收回）见最后一节：每次写入是一个任务，回答 202 和任务的地址。</p>
<ul>
<li>产业链、地区、企业、环节可以写名称、别名、英文名、代码或编号；环节写成 产业链/环节。</li>
<li><code>at</code> 是截至哪天，<code>known_at</code> 是按哪天已录入的资料，
<code>min_grade</code> 是只采用哪一等级以上的来源；每个问题都可以加。</li>
<li>列表最多 500 行一页；<code>next</code> 不是 null 时，照抄到 <code>cursor</code> 取下一页。</li>
<li>每个答案都带 <code>version</code>（内容版本）和 ETag；内容没变时，
带 <code>If-None-Match</code> 再问得到 304。</li>
<li>设了密钥的服务器要求 <code>Authorization: Bearer 密钥</code>；写入总要。read 的密钥只查询，
write 的也能装入、录入和收回自己装入的，admin 的还能收回随附的来源。</li>
<li>地址里的汉字要用 UTF-8 编码，多数程序库会自己做；curl 写成
<code>curl -G http://127.0.0.1:8000/api/v1/gaps --data-urlencode chain=锂电池</code>。</li>
<li>没有人说过的不是“没有”：判定有 present（具备）、absent（缺失）、contested（存疑）、
unknown（待核）四种。</li>
<li>机器可读的说明：<a href="/openapi.json">/openapi.json</a>（OpenAPI 3.1）；模型：
<a href="/api/v1/ontology?format=html">类别、关系和字段</a>。</li>
</ul>
"""


def reference(described: Mapping[str, Any]) -> str:
    """HTML of the whole page; everything that comes from data is escaped."""
    tags: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation.get("tags", ["其他"])[0], []).append(
                (f"{method.upper()} {path}", operation))
    links = "".join(f'<a href="#{_id(operation)}">{escape(operation["summary"])}</a>'
                    for operations in tags.values() for _, operation in operations)
    body = [INTRO, f"<nav>{links}</nav>"]
    for tag, operations in tags.items():
        body.append(f"<h2>{escape(tag)}</h2>")
        body += [part for path, operation in operations for part in _operation(path, operation)]
    return page("湘链接口", "".join([*body, *_problems()]))


def _id(operation: Mapping[str, Any]) -> str:
    return escape(f"op-{operation['operationId']}")


def _operation(address: str, operation: Mapping[str, Any]) -> Iterator[str]:
    method, _, path = address.partition(" ")
    yield (f'<h3 id="{_id(operation)}">{escape(operation["summary"])}</h3>'
           f'<p><span class="method">{method}</span> <code>{escape(path)}</code></p>'
           f'<p>{escape(operation.get("description", ""))}</p>')
    parameters = operation.get("parameters", [])
    if parameters:
        rows = "".join(map(_row, parameters))
        yield f"<table><tr><th>参数</th><th>说明</th><th>例子</th></tr>{rows}</table>"
    if method == "GET" and "{" not in path and parameters:
        fields = "".join(map(_field, parameters))
        yield f'<form action="{escape(path)}">{fields}<button>问</button></form>'
    if write := WRITES.get(operation["operationId"]):
        yield f"<p>例：</p><pre>{escape(_curl(write))}</pre>"
    elif call := CALLS.get(operation["operationId"]):
        yield f'<p>例：<a href="{escape(call)}">{escape(call)}</a></p>'
    good = operation["responses"].get("200") or operation["responses"].get("202", {})
    for media, content in good.get("content", {}).items():
        if "example" in content:
            told = content["example"]
            text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, indent=1)
            yield (f"<details><summary>回答的样子（{escape(media)}，各列表只留开头）</summary>"
                   f"<pre>{escape(text)}</pre></details>")


def _curl(write: Write) -> str:
    """The call as it is typed (curl sends an address as it is, and HTTP has no Chinese in one);
    the body of a load is a file."""
    parts = ["curl -H 'Authorization: Bearer 密钥'"]
    if write.method == "DELETE":
        parts.append("-X DELETE")
    if write.media != "application/json":
        parts.append("--data-binary @operatesIn.csv")
    elif write.body:
        parts.append(f"-H 'Content-Type: application/json' -d '{write.body}'")
    return " ".join([*parts, f"'http://127.0.0.1:8000{quote(write.call, safe='/?&=:')}'"])


def _row(parameter: Mapping[str, Any]) -> str:
    name = escape(parameter["name"]) + ("（必填）" if parameter.get("required") else "")
    said = escape(parameter.get("description", ""))
    usual = parameter["schema"].get("default")
    said += f"；不写则 {escape(str(usual))}" if usual not in (None, []) else ""
    return (f"<tr><td><code>{name}</code></td><td>{said}</td>"
            f"<td>{escape(_example(parameter))}</td></tr>")


def _example(parameter: Mapping[str, Any]) -> str:
    first = next(iter(parameter["schema"].get("examples", [])), "")
    return "、".join(map(str, first)) if isinstance(first, list) else str(first)


def _field(parameter: Mapping[str, Any]) -> str:
    """One input; a blank one is sent too, and blank means not said."""
    name, required = escape(parameter["name"]), " required" if parameter.get("required") else ""
    return (f'<label>{name} <input name="{name}" placeholder="{escape(_example(parameter))}"'
            f"{required}></label>")


def _problems() -> Iterator[str]:
    yield ("<h2>错误</h2><p>每个错误都是 <code>application/problem+json</code>（RFC 9457）："
           "<code>type</code>、<code>title</code>、<code>status</code>、<code>detail</code>，"
           "另有 <code>nearest</code>（最接近的名称）、<code>choices</code>（请写明哪一个）、"
           "<code>errors</code>（每个不对的参数）。</p><table><tr><th>状态</th><th>type</th>"
           "<th>意思</th></tr>")
    for name, (status, title) in TITLES.items():
        yield (f'<tr id="problem-{name}"><td>{status}</td><td><code>/docs#problem-{name}</code>'
               f"</td><td>{escape(title)}</td></tr>")
    yield "</table>"
