"""What is done to a question before it is understood: two figures in one breath become two parts,
what is not asked (不是秘书长) is taken out, and 反过来 brings the other side of the part before."""

import re
from collections.abc import Sequence
from dataclasses import replace

from api.ask.compound import with_tokens
from api.ask.frame import Frame, Token
from api.ask.subjects import proper

__all__ = ["cut"]

# 不是秘书长, 别说秘书长, 我问的不是长沙: a part of the question that says what is not asked.
_NOT_ASKED = re.compile("(?:而|可|但|我)*(?:问的|说的|指的|要的|想问的)*"
                        "(?:不是|并非|不问|不要|别说|别答|别给|不用)(?:问|说|指|讲|答|给|要)*")
_REVERSED = ("反过来", "倒过来", "反之", "反向", "反着")
_CLAUSE = ",;，。；、"


def cut(frame: Frame) -> Frame:
    """The question with these things done; the text stays as it was typed."""
    tokens = _reversed(frame, _asked_only(_in_two(frame.tokens)))
    return frame if tokens == list(frame.tokens) else replace(
        with_tokens(frame, tokens), text=frame.text)


def _in_two(tokens: Sequence[Token]) -> list[Token]:
    """营收多少净利多少: a break after the first 多少, where a second one ends what follows;
    谁做隔膜谁做电解液: before the second 谁."""
    out: list[Token] = []
    for number, token in enumerate(tokens):
        if token.is_a("ask", "who") and _who_again(tokens[:number]):
            out.append(Token(token.start, token.start, ",", "break"))
        out.append(token)
        rest = tokens[number + 1:]
        end = next((n for n, t in enumerate(rest) if t.sort == "break"), len(rest))
        asks = next((n for n, t in enumerate(rest[:end]) if t.is_a("ask", "much", "count")), 0)
        before = tokens[number - 1] if number else None
        if (_asks_much(token) and asks and before is not None and _tells(before)
                and _tells(rest[0]) and not rest[asks + 1:end]):
            out.append(Token(token.end, token.end, ",", "break"))
    return out


def _who_again(before: Sequence[Token]) -> bool:
    """Whether the part asks 谁 already, and the words before are a name: not 谁给谁."""
    start = max((n for n, t in enumerate(before) if t.sort == "break"), default=-1) + 1
    part = before[start:]
    return bool(part) and part[-1].sort in ("name", "text") and any(
        t.is_a("ask", "who") for t in part)


def _tells(token: Token) -> bool:
    """Whether it may be the end or the beginning of what is counted."""
    return token.is_a("content") or (token.sort in ("text", "name") and len(token.text) > 1)


def _asks_much(token: Token) -> bool:
    return token.is_a("ask", "much") or token.is_a("ask", "count")


def _asked_only(tokens: Sequence[Token]) -> list[Token]:
    """Without the parts that say what is not asked, if another part asks."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        parts[-1].append(token)
        if token.sort == "break" and token.text in _CLAUSE:
            parts.append([])
    kept = [part for part in parts if not _not_asked(part)]
    asks = any(t.is_a("ask") or t.is_a("verb", "name_of") for part in kept for t in part)
    return [t for part in (kept if asks else parts) for t in part]


def _not_asked(part: Sequence[Token]) -> bool:
    if not part or any(t.is_a("ask") for t in part):
        return False
    text = "".join(t.text for t in part if t.sort != "break")
    found = _NOT_ASKED.match(text)
    return found is not None and found.end() < len(text)


def _reversed(frame: Frame, tokens: Sequence[Token]) -> list[Token]:
    """反过来，益阳去投资的: the names of the part before that this one leaves out; 反过来呢: the
    part before with its two names in the other order."""
    at = next((n for n, t in enumerate(tokens) if t.text in _REVERSED), None)
    if at is None:
        return list(tokens)
    before, after = list(tokens[:at]), list(tokens[at + 1:])
    said = {thing for t in after for thing in t.things}
    missing = [t for t in before if t.sort == "name" and proper(frame, t)
               and said.isdisjoint(t.things)]
    while after and after[0].sort == "break":
        after = after[1:]
    if all(t.sort == "break" or t.is_a("blank") or t.is_a("ask", "count", "much") for t in after):
        return _swapped(frame, before)
    if before and before[-1].sort != "break":
        before.append(Token(tokens[at].start, tokens[at].start, ",", "break"))
    return [*before, *dict.fromkeys(missing), *after]


def _swapped(frame: Frame, before: Sequence[Token]) -> list[Token]:
    """The part and, after a break, the same with its first two names exchanged."""
    names = [t for t in before if t.sort == "name" and proper(frame, t)][:2]
    if len(names) < 2 or not before:
        return list(before)
    other = {names[0].start: names[1], names[1].start: names[0]}
    cut_ = [] if before[-1].sort == "break" else [
        Token(before[-1].end, before[-1].end, ",", "break")]
    return [*before, *cut_, *(other.get(t.start, t) for t in before if t.sort != "break")]
