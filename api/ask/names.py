"""Questions for names: a number of firms is no list of them, and what a source leaves unnamed
stays unnamed."""

import re
from dataclasses import replace

from api.ask.frame import Frame
from api.ask.reply import Reply
from graph import structure

__all__ = ["listed"]

_REST = re.compile("剩下|其余|余下|剩余|另外(?=\\d|[两三四五六七八九十]|的|那)|别的")
# Of a thing that is built in parts.
_PART = re.compile("[二三四五]期(?=工程|项目|哪|什么|何|多|的|建|投|开|$)")
_UNNAMED = ("没有点名", "来源点了名的有", "没有列", "点名的有")
_CALLED = ("叫啥", "叫什么", "名单", "名字", "列一下", "报个名", "点名")
_COUNTED = "家个项所名位种条类座件款人省支"
_INTENTS = ("figure", "lookup", "said", "yes_no", "field", "linked", "honours", "meetings",
            "suppliers", "customers", "member", "list", "partners")


def listed(frame: Frame, reply: Reply) -> Reply:
    """The reply, or 不知道 with it as the nearest known where names are asked for that it does
    not give, or the second part of what is built and it speaks of the whole."""
    if reply.status == "answered" and (part := _PART.search(frame.plain)) and (
            part[0] not in f"{reply.answer}{reply.rows}"):
        return _unnamed(reply, f"没有来源说过{part[0]}的这件事")
    if reply.status != "answered" or reply.intent not in _INTENTS:
        return reply
    if _REST.search(frame.plain) and any(word in reply.answer for word in _UNNAMED):
        return _unnamed(reply, "来源没有点名其余的")
    if _wants_names(frame) and reply.rows and all(_only_counts(frame, row) for row in reply.rows):
        return _unnamed(reply, "来源只说了数目，没有列出名字")
    return reply


def _wants_names(frame: Frame) -> bool:
    if frame.asks("count", "much", "rank", "when", "why", "yesno") or frame.verb("most", "least"):
        return False
    return frame.asks("who", "which") or any(word in frame.plain for word in _CALLED)


def _only_counts(frame: Frame, row: dict[str, object]) -> bool:
    """A figure in pieces whose note lists nothing."""
    note = str(row.get("note") or "")
    wording = str(row.get("wording") or "")
    return (row.get("kind") == structure.OBSERVATION and str(row.get("unit") or "x") in _COUNTED
            and "、" not in note and "、" not in wording and "有" not in note[:4])


def _unnamed(reply: Reply, reason: str) -> Reply:
    told = reply.answer.rstrip("。").removeprefix("是：")
    return replace(reply, status="unknown", answer=f"不知道：{reason}。已知的是：{told}。")
