"""What is below an answer and within its lines: numbered sources, and breaks between characters."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from graph.merge import UNKNOWN

__all__ = ["Notes", "fold"]

_MOST = 30  # sources that are listed
_MARKS = 3  # sources that one mark shows
_CLOSING = "，。、；：）》」”！？"  # never begins a line


class Notes:
    """Numbers the sources of an answer as they are first cited, for a list at the end."""

    def __init__(self, grades: Mapping[str, str]) -> None:
        """`grades`: grade → its Chinese label."""
        self._grades = grades
        self._cited: dict[str, dict[str, Any]] = {}  # source id → source, in order of number

    def mark(self, proofs: Sequence[Any], pool: Sequence[dict[str, Any]] = ()) -> str:
        """“[1][3]” for evidence items, or for record ids of the pool; at most three."""
        known = {item["record"]: item for item in pool}
        numbers: dict[int, None] = {}
        for proof in proofs:
            source = (known[proof] if isinstance(proof, str) else proof)["source"]
            if len(numbers) < _MARKS:  # a source that no mark shows needs no number
                self._cited.setdefault(source["id"], source)
            if source["id"] in self._cited:
                numbers[[*self._cited].index(source["id"]) + 1] = None
        marks = "".join(f"[{number}]" for number in [*numbers][:_MARKS])
        more = len({str(proof) for proof in proofs}) > len(numbers) >= _MARKS
        return marks + ("…" if more else "")

    def lines(self) -> Iterator[str]:
        """The numbered sources, and where to find their addresses; nothing when none is cited."""
        for number, source in enumerate([*self._cited.values()][:_MOST], 1):
            known = [part for part in (source["publisher"], source["date"]) if part != UNKNOWN]
            grade = self._grades.get(source["grade"], source["grade"])
            yield f"  [{number}] {' '.join(known)}《{source['title']}》（{grade}）"
        if len(self._cited) > _MOST:
            yield f"  … 共 {len(self._cited)} 个来源"
        if self._cited:
            yield "  网址：xianglian sources --urls 标题里的字"


def fold(text: str, width: int, indent: str = "") -> Iterator[str]:
    """Lines of at most `width` cells; words of Latin letters and figures stay whole."""
    line = ""
    for token in re.findall(r"[A-Za-z0-9.,%+–_-]+|.", text):
        if line and cell_len(line + token) > width - 2 and token not in _CLOSING:
            yield line
            line = indent + token.lstrip()
        else:
            line += token
    yield line
