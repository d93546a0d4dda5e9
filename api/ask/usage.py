"""Questions about 湘链 itself: how lists are put in, taken back, got out."""

from collections.abc import Mapping

from api.ask.frame import Frame
from api.ask.reply import Reply
from api.ask.subjects import proper
from api.ask.words import table

__all__ = ["fits", "usage"]

_HOW = ("怎么", "怎样", "如何", "咋", "能不能", "可以吗", "能吗", "在哪", "哪里", "哪儿",
        "什么命令",
        "how")


def fits(frame: Frame) -> bool:
    """怎么把我的名单导进去: what is done with 湘链, and the question how; no thing is named."""
    return (_topic(frame) is not None and any(word in frame.plain for word in _HOW)
            and not any(proper(frame, t) for t in frame.names))


def usage(frame: Frame) -> Reply | None:
    """What to do, on the page and on the command line."""
    topic = _topic(frame)
    if topic is None:
        return None
    said: Mapping[str, str] = table()["answers"][topic]
    return Reply("usage", said["ask"], said["tell"], call=said["call"])


def _topic(frame: Frame) -> str | None:
    """The first of the things that one does with 湘链 whose words are in the question."""
    return next((topic for topic, spellings in table()["usage"].items()
                 if any(word in frame.plain for word in spellings)), None)
