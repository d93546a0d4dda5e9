"""A question with several parts, cut into questions of one part each."""

from collections.abc import Sequence
from dataclasses import replace

from api.ask.frame import Frame, Token
from api.ask.subjects import proper

__all__ = []

_WHOLE = "全省"  # it says among whom, not of whom


def _clauses(frame: Frame) -> list[Frame]:
    """The question at its commas, where more than one part asks; names and times go along."""
    parts: list[list[Token]] = [[]]
    for token in frame.tokens:
        if token.sort == "break" and token.text in ",?;。，？；!":
            parts.append([])
        else:
            parts[-1].append(token)
    asking = [p for p in parts if any(t.is_a("ask") or "多少" in t.text for t in p)]
    if len(asking) < 2:
        return [frame]
    common = [t for t in parts[0] if t.sort in ("name", "time")]
    there = {t.end for t in frame.tokens if t.text in ("在", "搁")}  # only where, not of whom
    firm = any("Company" in frame.kinds(t) for t in common if t.sort == "name")
    out: list[Frame] = []
    for part in asking:
        head = [] if any(t.sort == "name" and proper(frame, t) and t.text != _WHOLE and not (
            firm and t.start in there) for t in part) else [
            t for t in common if t not in part and (t.sort != "time" or not any(
                x.sort == "time" for x in part))]
        if part is not parts[0]:
            head = [t for t in head if t.sort == "time" or proper(frame, t)]
        out.append(_with(frame, [*head, *part]))
    return out


def _joined(before: Frame, clause: Frame) -> Frame:
    """A clause that leans on the words of the one before: (产值多少)，增长多少."""
    kept = [t for t in before.tokens if t not in clause.tokens and not t.is_a("ask")
            and "多少" not in t.text]
    if clause.times:
        kept = [t for t in kept if t.sort != "time"]
    if clause.now or clause.has("status"):  # 目标多少，现在多少
        kept = [t for t in kept if not t.is_a("status") and t.sort != "time"]
    return _with(clause, [*kept, *clause.tokens])


def _halves(frame: Frame) -> list[Frame]:
    """新开工、新投产项目各几个: two questions with the same end."""
    cut = next((i for i, t in enumerate(frame.tokens)
                if t.text in ("、", "和", "与", "及", "以及") and i), None)
    if cut is None:
        return []
    left, right = frame.tokens[:cut], frame.tokens[cut + 1:]
    names = [t for t in left if t.sort == "time" or (t.sort == "name" and proper(frame, t))]
    tail = [t for t in right if t.is_a("ask") or t.is_a("noun")]
    head = [t for t in names if t not in right]
    return [_with(frame, [*left, *tail]), _with(frame, [*head, *right])]


def _with(frame: Frame, tokens: Sequence[Token]) -> Frame:
    return replace(frame, tokens=tuple(tokens), memory={})
