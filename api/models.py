"""The ontology over HTTP: JSON, the Turtle it is compiled from, or a page to read."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.responses import Response

from api.pages import page
from api.problems import Refused
from api.replies import Replies, dumped, fixed
from ontology import explain

__all__ = ["model"]

MEDIA = {"json": "application/json", "turtle": "text/turtle", "html": "text/html"}


def model(request: Request, replies: Replies, term: str | None, format: str | None) -> Response:
    """In the format that was named, else that the Accept header prefers; raises NotFound."""
    format = format or _preferred(request.headers.get("accept", "*/*"))
    if format == "turtle":
        return fixed(request, _turtle(replies.settings.ontology), "text/turtle; charset=utf-8")
    said = explain(replies.graph.ontology, term)
    if format == "html":
        return fixed(request, _html(said).encode(), "text/html; charset=utf-8")
    return fixed(request, dumped(said), "application/json")


def _preferred(accept: str) -> str:
    """The format with the highest weight in an Accept header; JSON among equals."""
    weights = dict.fromkeys(MEDIA, 0.0)
    for part in accept.split(",")[:50]:
        kind, *parameters = (piece.strip().casefold() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = max(0.0, min(1.0, float(parameter[2:])))
                except ValueError:
                    weight = 0.0
        for format, media in MEDIA.items():
            if kind in (media, "*/*", media.partition("/")[0] + "/*"):
                weights[format] = max(weights[format], weight)
    best = max(weights, key=lambda format: weights[format])
    if not weights[best] > 0:
        raise Refused("wrong-format", f"可用的格式是 {'、'.join(MEDIA.values())}",
                      choices=list(MEDIA.values()))
    return best


def _turtle(folder: Path | None) -> bytes:
    """All Turtle files one after the other: prefixes may be said again."""
    where = folder if folder is not None else files("ontology")
    texts = {file.name: file.read_text(encoding="utf-8") for file in where.iterdir()
             if file.name.endswith(".ttl")}
    return "\n".join(texts[name] for name in sorted(texts)).encode()


def _html(said: dict[str, Any]) -> str:
    if said["type"] == "ontology":
        parts = [f"<h2>{title}</h2>{_terms(said[key])}" for key, title in (
            ("classes", "类别"), ("links", "关系"), ("vocabularies", "词表"),
            ("thresholds", "阈值"))]
        return page("湘链的模型", "<p>每个词点开都有说明。格式：<a href=\"?format=json\">JSON</a>、"
                    "<a href=\"?format=turtle\">Turtle</a></p>" + "".join(parts))
    if said["type"] == "field":
        return page("字段", _columns(said["fields"]))
    body = f"<p>{escape(said['comment']['zh'])}<br>{escape(said['comment']['en'])}</p>"
    body += _columns([*said.get("ends", ()), *said.get("fields", ())])
    body += _terms(said["choices"]) if "choices" in said else ""
    body += f"<p>{said['value']:g}</p>" if "value" in said else ""
    title = f"{said['label']['zh']} {said['name']}"
    return page(title, body + '<p><a href="/api/v1/ontology?format=html">整个模型</a></p>')


def _terms(items: Sequence[dict[str, Any]]) -> str:
    rows = "".join(
        f'<tr><td><a href="?format=html&amp;term={escape(item["name"])}">'
        f'{escape(item["label"]["zh"])}</a></td><td>{escape(item["name"])}</td>'
        f'<td>{escape(item.get("comment", {}).get("zh", ""))}</td></tr>' for item in items)
    return f"<table><tr><th>名称</th><th>英文</th><th>说明</th></tr>{rows}</table>"


def _columns(fields: Sequence[dict[str, Any]]) -> str:
    if not fields:
        return ""
    rows = "".join(
        f"<tr><td>{escape(field['label']['zh'])}</td><td>{escape(field['name'])}</td>"
        f"<td>{escape(field.get('datatype') or '、'.join(field.get('refers', ())) or '任何事物')}"
        f"</td><td>{escape(field['comment']['zh'])}</td><td>{escape(field.get('example', ''))}</td>"
        "</tr>" for field in fields)
    heads = "".join(f"<th>{head}</th>" for head in ("字段", "英文", "类型", "说明", "例子"))
    return f"<table><tr>{heads}</tr>{rows}</table>"
