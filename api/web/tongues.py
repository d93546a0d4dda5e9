"""An English page: our sentences in English, and what stays Chinese marked as such."""

import re
from collections.abc import Iterable

from graph.wording import Said

__all__ = ["in_english", "joined", "marked"]

_PIECES = re.compile(r"(<(script|style|title|textarea)\b.*?</\2>|<[^>]*>)", re.S)
_HAN = r"[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]"
_RUN = re.compile(rf"{_HAN}(?:[^A-Za-z&]*{_HAN})?")
_LETTER = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def in_english(value: object) -> object:
    """What a template writes, in English where it has any."""
    return value.en if isinstance(value, Said) else value


def joined(parts: Iterable[object], between: str = "") -> str:
    """The parts in English, one after the other, to be escaped as a whole."""
    return between.join(str(in_english(part)) for part in parts)


def marked(page: str) -> str:
    """The page with every run of Chinese in its text in an element of that language, so that it is
    read aloud as Chinese; attributes and scripts stay as they are."""
    parts, last = list[str](), 0
    for piece in _PIECES.finditer(page):
        parts += [page[last:piece.start()], piece[0]]
        last = piece.end()
    parts.append(page[last:])
    for at in range(0, len(parts), 2):  # text; before it stands the tag in which it begins
        if _LETTER.search(parts[at]):
            _mark(parts, at)
    return "".join(parts)


def _mark(parts: list[str], at: int) -> None:
    tag = parts[at - 1] if at else ""
    if " lang=" in tag:
        return
    if tag.startswith("<option"):  # holds nothing but text
        parts[at - 1] = f'<option lang="zh"{tag.removeprefix("<option")}'
        return
    name = "tspan" if tag.startswith(("<text", "<tspan", "</tspan")) else "span"
    parts[at] = _RUN.sub(lambda run: f'<{name} lang="zh">{run[0]}</{name}>' if _LETTER.search(
        run[0]) else run[0], parts[at])
