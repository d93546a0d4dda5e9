"""Errors as the web tells them: application/problem+json (RFC 9457), in one table."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from graph.names import nearest
from ontology import Ambiguous, NotFound, StoreError, XianglianError

__all__ = ["TITLES", "Fault", "Problem", "Refused", "description", "problem", "reply", "told"]

# Name of the problem → its status and title; /docs explains each under #problem-name.
TITLES: Mapping[str, tuple[int, str]] = {
    "bad-question": (400, "问题写得不对"),
    "key-needed": (401, "需要密钥"),
    "not-allowed": (403, "没有这个权限"),
    "foreign-origin": (403, "不是从自己的网页来的"),
    "unknown-path": (404, "没有这个地址"),
    "unknown-name": (404, "没有这个名称"),
    "unknown-job": (404, "没有这个任务"),
    "wrong-method": (405, "这个地址不支持这种方法"),
    "wrong-format": (406, "没有这种格式"),
    "too-slow": (408, "请求发得太慢"),
    "too-large": (413, "请求太大"),
    "unknown-host": (421, "不认识的主机名"),
    "bad-parameter": (422, "参数不对"),
    "ambiguous-name": (422, "名称不止一个意思"),
    "too-many": (429, "请求太多"),
    "fault": (500, "程序内部出错"),
    "not-ready": (503, "暂时不能回答"),
}
BY_STATUS = {404: "unknown-path", 405: "wrong-method", 406: "wrong-format", 413: "too-large",
             503: "not-ready"}
LONGEST = 200  # characters of what was typed that a message repeats
MOST = 20  # faults that it tells of


class Fault(BaseModel):
    """One parameter that is wrong."""

    parameter: str
    reason: str
    nearest: list[str] = Field(default_factory=list)


class Problem(BaseModel):
    """What went wrong (RFC 9457), with the nearest right words."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "type": "/docs#problem-unknown-name", "title": "没有这个名称", "status": 404,
        "detail": "没有找到产业链「锂电磁」；最接近的是：锂电池", "instance": "/api/v1/gaps",
        "what": "产业链", "name": "锂电磁", "nearest": ["锂电池"]}})

    type: str = Field(description="哪一种问题；在 /docs 里有说明")
    title: str
    status: int
    detail: str = Field(description="一句话：错在哪里，怎么改")
    instance: str = Field(description="所问的地址")
    what: str | None = Field(None, description="哪一类名称找不到")
    name: str | None = Field(None, description="所写的名称")
    nearest: list[str] | None = Field(None, description="最接近的已知名称")
    choices: list[str] | None = Field(None, description="可能的意思，请写明其中一个")
    errors: list[Fault] | None = Field(None, description="每个不对的参数")


class Refused(XianglianError):
    """A request that is refused for a reason of the web; `kind` is a key of TITLES."""

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None,
                 **members: Any) -> None:
        self.kind, self.headers, self.members = kind, headers or {}, members
        super().__init__(detail)


def problem(kind: str, detail: str, path: str, **members: Any) -> dict[str, Any]:
    """The body of a problem; members that are None are left out."""
    status, title = TITLES[kind]
    return {"type": f"/docs#problem-{kind}", "title": title, "status": status, "detail": detail,
            "instance": path[:LONGEST],
            **{name: value for name, value in members.items() if value is not None}}


def reply(kind: str, detail: str, path: str, headers: Mapping[str, str] | None = None,
          status: int | None = None, **members: Any) -> Response:
    """The problem as a response."""
    body = problem(kind, detail, path, **members)
    if status is not None:
        body["status"] = status
    return Response(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
                    body["status"], dict(headers or {}), "application/problem+json")


def told(error: Exception, path: str, known: Sequence[str] = ()) -> Response:
    """Any error as a problem; `known` are the right words for what may have been mistyped."""
    if isinstance(error, HTTPException) and isinstance(error.__cause__, Refused):
        error = error.__cause__  # the door's, met while a body was read
    if isinstance(error, Refused):
        return reply(error.kind, str(error), path, error.headers, **error.members)
    if isinstance(error, NotFound):
        hint = "；地址里的汉字要用 UTF-8 编码" if "\ufffd" in error.name else ""
        return reply("unknown-name", f"{error}{hint}", path, what=error.what,
                     name=error.name[:LONGEST], nearest=list(error.nearest))
    if isinstance(error, Ambiguous):
        return reply("ambiguous-name", str(error), path, what=error.what,
                     name=error.name[:LONGEST], choices=list(error.choices))
    if isinstance(error, StoreError):
        return reply("not-ready", str(error), path, {"Retry-After": "5"})
    if isinstance(error, RequestValidationError):
        faults = [_fault(item, known) for item in error.errors()[:MOST]]
        detail = "；".join(dict.fromkeys(f"参数 {f['parameter']}：{f['reason']}" for f in faults))
        return reply("bad-parameter", detail, path, errors=faults)
    if isinstance(error, HTTPException):
        return _http(error, path, known)
    if isinstance(error, UnicodeError):
        return reply("bad-question", "含有不成字的字符", path)
    if isinstance(error, (XianglianError, ValueError)):
        return reply("bad-question", str(error)[:2000], path)
    return reply("fault", "程序内部出错，详情在服务器的日志里；请把当时的问题告诉维护者", path)


def description(error: Exception, path: str = "") -> dict[str, Any]:
    """The body of what `told` answers."""
    body: dict[str, Any] = json.loads(bytes(told(error, path).body))
    return body


def _http(error: HTTPException, path: str, known: Sequence[str]) -> Response:
    near = nearest(path, known, 3) if error.status_code == 404 else []
    said = {400: "正文不是完好的 JSON", 404: "没有这个地址" + (
        f"；最接近的是 {'、'.join(near)}" if near else "")
            + "；全部地址见 /docs",
            405: "这个地址只接受 " + (error.headers or {}).get("Allow", "GET").replace(", ", "、")}
    return reply(BY_STATUS.get(error.status_code, "bad-question"),
                 said.get(error.status_code, str(error.detail)), path, error.headers,
                 status=error.status_code, nearest=near or None)


def _fault(item: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """One finding of pydantic in Chinese."""
    inside = item["loc"][0] == "body"
    places = [str(part) for part in item["loc"][1:] if part != "[key]"]
    kind, limits = item["type"], item.get("ctx", {})
    if kind == "json_invalid":
        limits, places = {"place": places[0] if places else "?"}, []
    name = ".".join(places if inside else places[:1])[:LONGEST] or "正文"
    near: list[str] = []
    if kind == "missing":
        reason = "必须写"
    elif kind == "extra_forbidden":
        near = nearest(name, known, 2)
        reason = "没有这个参数" + (f"，最接近的是 {'、'.join(near)}" if near else "")
    elif kind in ("literal_error", "enum"):
        expected = str(limits["expected"]).replace(" or ", ",")
        near = [part.strip(" '") for part in expected.split(",")]
        reason = f"只能是 {'、'.join(near)}"
    else:
        reason = REASONS.get(kind, "写得不对").format(**limits)
    return {"parameter": name, "reason": reason, "nearest": near}


REASONS: Mapping[str, str] = {
    "less_than_equal": "不能大于 {le}", "greater_than_equal": "不能小于 {ge}",
    "int_parsing": "要是整数", "int_from_float": "要是整数", "int_parsing_size": "数字太大",
    "string_too_long": "最多 {max_length} 个字符", "string_too_short": "不能空着",
    "too_long": "最多 {max_length} 个", "bool_parsing": "要是 true 或 false",
    "string_pattern_mismatch": "含有不该有的字符", "value_error": "{error}",
    "string_type": "要是文字", "string_unicode": "含有不成字的字符", "int_type": "要是整数",
    "dict_type": "要是一个 JSON 对象：{{字段: 写法}}",
    "model_attributes_type": "要是一个 JSON 对象，并带 Content-Type: application/json",
    "json_invalid": "不是完好的 JSON（第 {place} 个字符处）",
}
