"""Text in a picture: how wide it is, where it breaks, and what XML may hold of it."""

import re
import unicodedata
from collections.abc import Mapping

__all__ = ["FONTS", "clean", "cut", "legal", "stack", "tag", "width", "wrap"]

# The first that a machine has is used: Linux, Windows, macOS, and older ones of each.
FONTS = ("Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Source Han Sans SC",
         "Hiragino Sans GB", "WenQuanYi Micro Hei", "SimHei", "Segoe UI Symbol", "sans-serif")
CLOSING = "，。、；：）》」”！？·…"  # never begins a line
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_NARROW = {"i": 0.28, "l": 0.28, "I": 0.32, ".": 0.3, ",": 0.3, " ": 0.26, "1": 0.56, "%": 0.92,
           "m": 0.93, "M": 0.85, "W": 0.9, "w": 0.8}


def stack() -> str:
    """The fonts as an attribute or a style sheet names them."""
    return ",".join(f"'{name}'" if " " in name else name for name in FONTS)


def width(text: str, size: float) -> float:
    """About how many pixels a text of that font size takes; rather too many than too few."""
    return size * sum(_advance(char) for char in text)


def _advance(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WFA":
        return 1.0
    return _NARROW.get(char, 0.68 if char.isupper() else 0.57)


def cut(text: str, size: float, room: float) -> str:
    """The text, or as much of its beginning as fits together with “…”."""
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip("、，；· ") + "…"


def wrap(text: str, size: float, room: float, lines: int) -> list[str]:
    """At most that many lines; Latin words and figures stay whole where they can."""
    found: list[str] = []
    line = ""
    tokens = re.findall(r"[A-Za-z0-9.%+–-]+ ?|.", " ".join(text.split()))
    for at, token in enumerate(tokens):
        if line and width(line + token, size) > room and token not in CLOSING:
            if len(found) == lines - 1:
                return [*found, cut(line + "".join(tokens[at:]), size, room)]
            found.append(line.rstrip())
            line = ""
        line += token
    return [*found, cut(line, size, room)] if line.strip() else found


def legal(text: object) -> str:
    """The text without the characters that XML forbids."""
    return _ILLEGAL.sub("", str(text))


def clean(text: object) -> str:
    """The same with markup escaped."""
    return "".join(_ENTITIES.get(char, char) for char in legal(text))


def tag(name: str, attributes: Mapping[str, object], *children: str) -> str:
    """One element; attributes of None are left out, `class_` stands for class; children are
    markup already."""
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{_plain(value)}"'
                   for key, value in attributes.items() if value is not None)
    inner = "".join(children)
    return f"<{name}{said}>{inner}</{name}>" if inner else f"<{name}{said}/>"


def _plain(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else clean(value)
