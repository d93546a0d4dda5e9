"""What a question says, before it is known what it asks: names, words, times and the rest."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

from api.ask.lexicon import Lexicon
from api.ask.times import Time, times
from api.ask.words import QUOTES, Word, said
from graph.index import Index
from graph.names import pinyin

__all__ = ["Frame", "Token", "read"]

Made = TypeVar("Made")

_BREAKS = frozenset(",.;:!?，。；：！？、~()/—-…|\n")
_WHICH = re.compile("哪(?:\\d+|[两二三四五六七八九十]+)([个家项所位种条类款名大块样座支])")
_WHICH_OF = {"": (("ask", "which"),), "家": (("ask", "which"), ("noun", "Company"))}
# 上的市, 签的约, 动的工: verbs that are said in two pieces.
_APART = re.compile(
    "上[的了过](?=市(?![场值]))|签[的了过](?=约(?!定))|[投量达][的了过](?=产(?![品业值]))"
    "|[动开竣][的了过](?=工(?![厂业程作艺人]))|牵[的了过个](?=头)|搭[的了过](?=线)"
    "|中[的了过](?=标(?![准志]))|获[的了过](?=奖)|融[的了过](?=资)|落[的了过](?=户)"
    "|[碰见][的了过个](?=[头面](?![对条积料板]))"
    "|挂[的了过](?=牌)|封[的了过](?=关)")


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the plain text: a name, a word of some class, a time, a break, or the rest."""

    start: int
    end: int
    text: str
    sort: str  # name, word, time, break, text
    things: tuple[int, ...] = ()
    classes: tuple[Word, ...] = ()
    time: Time | None = None
    slip: bool = False  # the name is a guess: a short form, or
    taken: str = ""  # … what it was taken for

    def is_a(self, section: str, *members: str) -> bool:
        return any(s == section and (not members or m in members) for s, m in self.classes)


@dataclass(frozen=True)
class Frame:
    """The question as it was read.  `guesses`: (what was typed, what it was taken for)."""

    index: Index
    lexicon: Lexicon
    text: str
    plain: str
    tokens: tuple[Token, ...]
    at: int
    written: tuple[str, ...] = ()  # of each plain character how it was typed
    guesses: tuple[tuple[str, str], ...] = ()
    memory: dict[str, object] = field(default_factory=dict, compare=False)

    # ── words ─────────────────────────────────────────────────────────────────────────────────

    def typed(self, token: Token) -> str:
        """The token as it was typed, with its capitals."""
        return "".join(self.written[token.start:token.end]) or token.text

    def of(self, section: str, *members: str) -> list[Token]:
        return [t for t in self.tokens if t.is_a(section, *members)]

    @cached_property
    def marks(self) -> Mapping[str, Collection[str]]:
        """The members of each class of words that are said."""
        found: dict[str, set[str]] = {}
        for token in self.tokens:
            for section, member in token.classes:
                found.setdefault(section, set()).add(member)
        return found

    def has(self, section: str, *members: str) -> bool:
        said = self.marks.get(section, ())
        return any(member in said for member in members) if members else bool(said)

    def asks(self, *members: str) -> bool:
        return self.has("ask", *members)

    def verb(self, *members: str) -> bool:
        return self.has("verb", *members)

    @cached_property
    def nouns(self) -> list[str]:
        """The classes that are named, in order."""
        return list(dict.fromkeys(m for t in self.tokens for s, m in t.classes if s == "noun"))

    @cached_property
    def fields(self) -> list[str]:
        return list(dict.fromkeys(m for t in self.tokens for s, m in t.classes if s == "field"))

    # ── times ─────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def times(self) -> list[Time]:
        return [t.time for t in self.tokens if t.time is not None]

    @cached_property
    def now(self) -> bool:
        return self.has("time", "now")

    @cached_property
    def day(self) -> int:
        """The day that the question is about: the last one named, or its own."""
        return self.times[-1].at if self.times else self.at

    # ── names ─────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def names(self) -> list[Token]:
        return [t for t in self.tokens if t.sort == "name"]

    def kinds(self, token: Token) -> set[str]:
        return {self.index.kind_of(thing) for thing in token.things}

    def things(self, *kinds: str) -> list[int]:
        """The things of these classes that are named, in order; of several the first."""
        found: dict[int, None] = {}
        for token in self.names:
            mine = [t for t in token.things if not kinds or self.index.kind_of(t) in kinds]
            found |= dict.fromkeys(mine[:1])
        return list(found)

    def first(self, *kinds: str) -> int | None:
        return next(iter(self.things(*kinds)), None)

    def position(self, thing: int) -> Token:
        return next(t for t in self.names if thing in t.things)

    def once(self, key: str, made: Callable[["Frame"], Made]) -> Made:
        """What a function makes of this frame, made once."""
        if key not in self.memory:
            self.memory[key] = made(self)
        found: Made = self.memory[key]  # type: ignore[assignment]
        return found

    def without(self, *tokens: Token) -> "Frame":
        """The frame as if these tokens had not been said."""
        return replace(self, tokens=tuple(t for t in self.tokens if t not in tokens), memory={})


def read(index: Index, lexicon: Lexicon, text: str, at: int) -> Frame:
    """Longest match over names, words and times from left to right; then short forms, then slips
    of the pen in what is left."""
    plain, cuts, written = _plain(text)
    tokens = _merged(_scan(lexicon, plain, cuts, at), plain)
    tokens = _zones(lexicon, _sounding(lexicon, tokens, plain))
    tokens = [new for token in tokens for new in _short_forms(lexicon, token)]
    tokens = _titled(_confirmed(_inner(lexicon, tokens)))
    guesses = tuple((plain[t.start:t.end], t.taken) for t in tokens if t.taken)
    return Frame(index, lexicon, text, plain, tuple(tokens), at, written, guesses)


def _titled(tokens: list[Token]) -> list[Token]:
    """长 behind 湘江新区, 长沙市 where somebody is asked for is their 区长, 市长."""
    for number, (one, token) in enumerate(pairwise(tokens), 1):
        after = tokens[number + 1] if number + 1 < len(tokens) else None
        if one.sort == "name" and one.end == token.start and token.text == "长" and (
                one.text[-1] in "省市州县区镇乡") and (after is None or after.is_a("ask", "who")
                                                  or after.text[0] in "是叫姓"):
            tokens[number] = replace(token, text=one.text[-1] + "长", sort="word",
                                     classes=(("titles", "words"),))
    return tokens


def _confirmed(tokens: list[Token]) -> list[Token]:
    """…吧 at the end asks for a yes."""
    for number, token in enumerate(tokens):
        after = tokens[number + 1] if number + 1 < len(tokens) else None
        if token.text == "吧" and (after is None or after.sort == "break"):
            tokens[number] = replace(token, classes=(("ask", "yesno"),))
    return tokens


def _plain(text: str) -> tuple[str, frozenset[int], tuple[str, ...]]:
    """NFKC, small letters, no quotes and spaces, one kind of brackets; where spaces stood; and
    how each character was typed."""
    flat = re.sub(r"['’][sS]\b", " ", unicodedata.normalize("NFKC", text)).translate(QUOTES)
    flat = flat.translate(str.maketrans("【】〔〕[]{}", "()()()()"))
    flat = said(_APART.sub(lambda m: m[0][0], flat))
    out: list[str] = []
    written: list[str] = []
    cuts: set[int] = set()
    for char in flat[:500]:
        if char.isspace() or unicodedata.category(char)[0] == "C":
            cuts.add(len(out))
            continue
        for small in char.casefold():
            out.append(small)
            written.append(char)
    return "".join(out), frozenset(cuts), tuple(written)


def _scan(lexicon: Lexicon, plain: str, cuts: Collection[int], at: int) -> Iterator[Token]:
    dated = {t.start: t for t in times(plain, at)}
    place = 0
    while place < len(plain):
        time = dated.get(place)
        until = time.end if time else place
        if _inside_word(plain, cuts, place):
            name_end, word_end = place, place
        else:
            name_end, things = lexicon.longest(plain, place)
            word_end, classes = lexicon.word(plain, place)
            name_end = place if _inside_word(plain, cuts, name_end) else name_end
            word_end = place if _inside_word(plain, cuts, word_end) else word_end
        if m := _WHICH.match(plain, place):  # 哪20个, 哪三家
            yield Token(place, m.end(), m[0], "word", classes=_WHICH_OF.get(m[1], _WHICH_OF[""]))
            place = m.end()
            continue
        best = max(until, name_end, word_end)
        if best == place:
            sort = "break" if plain[place] in _BREAKS else "text"
            yield Token(place, place + 1, plain[place], sort)
            place += 1
            continue
        said = plain[place:best]
        if time is not None and until == best:
            plan = lexicon.words.get("规划", ()) if said.endswith("规划") else ()
            yield Token(place, best, said, "time", classes=plan, time=time)
        elif word_end == best:
            yield Token(place, best, said, "word", classes=classes,
                        things=things if name_end == best else ())
        else:
            yield Token(place, best, said, "name", things=things)
        place = best


def _inside_word(plain: str, cuts: Collection[int], at: int) -> bool:
    """Whether a place lies between two Latin letters or digits of one word."""
    if not 0 < at < len(plain) or at in cuts:
        return False
    left, right = plain[at - 1], plain[at]
    return left.isascii() and right.isascii() and (
        (left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit()))


def _merged(tokens: Iterator[Token], plain: str) -> list[Token]:
    """Stretches of rest together, and a word that is a name too where nothing speaks for the
    word."""
    found: list[Token] = []
    for token in tokens:
        last = found[-1] if found else None
        if token.sort == "text" and last is not None and last.sort == "text":
            found[-1] = Token(last.start, token.end, plain[last.start:token.end], "text")
        elif token.sort == "word" and token.things:
            plainly = any(s in ("noun", "content") for s, _ in token.classes)
            found.append(replace(token, sort="name") if plainly or len(token.text) > 2
                         else replace(token, things=()))
        else:
            found.append(token)
    return found


def _short_forms(lexicon: Lexicon, token: Token) -> list[Token]:
    """The rest cut into beginnings of names (湘投金天 of 湘投金天新材料) and what remains."""
    text, found, rest, place = token.text, list[Token](), 0, 0
    if token.sort != "text" or len(text) < 2:
        return [token]
    while place < len(text) - 1:
        size, things = _begun(lexicon, text, place)
        if not things:
            place += 1
            continue
        if place > rest:
            found.append(_rest(token, rest, place))
        found.append(Token(token.start + place, token.start + place + size,
                           text[place:place + size], "name", things=things, slip=True))
        place = rest = place + size
    if rest < len(text):
        found.append(_rest(token, rest, len(text)))
    return found


def _zones(lexicon: Lexicon, tokens: list[Token]) -> list[Token]:
    """A region and 高新区 are the park of that name."""
    out: list[Token] = []
    for token in tokens:
        zone = next((m for s, m in token.classes if s == "zone"), None)
        last = out[-1] if out else None
        if zone and last is not None and last.sort == "name" and last.end == token.start:
            for thing in last.things:
                label = lexicon.index.label(thing)
                for core in (last.text, label, label.removesuffix("市")):
                    if parks := lexicon.names.get(core + zone):
                        out[-1] = Token(last.start, token.end, core + zone, "name", things=parks,
                                        taken=last.taken and core + zone)
                        break
                else:
                    continue
                break
            else:
                out.append(token)
        else:
            out.append(token)
    return out


def _inner(lexicon: Lexicon, tokens: list[Token]) -> list[Token]:
    """A rest that stands inside the name of one firm only, if nothing special is named:
    红太阳 of 中电科红太阳."""
    wide = {"Region", "Chain"}
    kind_of = lexicon.index.kind_of
    if any(t.sort == "name" and {kind_of(x) for x in t.things} - wide for t in tokens):
        return tokens
    for number, token in enumerate(tokens):
        if token.sort == "text" and len(token.text) > 2 and not token.text.isascii():
            things = lexicon.holding(token.text)
            if len(things) == 1:
                tokens[number] = Token(token.start, token.end, token.text, "name", things=things,
                                       slip=True, taken=lexicon.index.label(things[0]))
    return tokens


def _begun(lexicon: Lexicon, text: str, place: int) -> tuple[int, tuple[int, ...]]:
    """Two characters are enough only for a firm and only if nothing else was said there."""
    for size in range(len(text) - place, 1, -1):
        part = text[place:place + size]
        if part.isascii() and (size < 4 or size < len(text)):
            continue
        things = lexicon.begun(part)
        if size == 2:
            things = tuple(t for t in things if lexicon.index.kind_of(t) == "Company")
            things = things if len(text) == 2 and len(things) < 4 else ()
        if things:
            return size, things
    return 0, ()


def _rest(token: Token, start: int, end: int) -> Token:
    return Token(token.start + start, token.start + end, token.text[start:end], "text")


def _sounding(lexicon: Lexicon, tokens: list[Token], plain: str) -> list[Token]:
    """Names that are read as what was typed: 金搏股份, 隔摸, jinbo."""
    for number, token in enumerate(tokens):
        if token.sort != "text" or len(token.text) < 2:
            continue
        if token.text.isascii():
            found = _latin(lexicon, token)
            if found is not None:
                tokens[number] = found
        elif (window := _window(lexicon, tokens, number, plain)) is not None:
            first, last, new = window
            return _sounding(lexicon, [*tokens[:first], *new, *tokens[last + 1:]], plain)
    return tokens


def _latin(lexicon: Lexicon, token: Token) -> Token | None:
    text = token.text
    if len(text) < 4 or not text.isalpha():
        return None
    names = lexicon.spoken.get(text) or [
        name for read, some in lexicon.begun_spoken(text) for name in some]
    things = tuple(dict.fromkeys(t for name in names for t in lexicon.names[name]))
    return Token(token.start, token.end, text, "name", things=things, slip=True,
                 taken=names[0]) if 0 < len(things) < 8 else None


def _window(lexicon: Lexicon, tokens: list[Token], number: int,
            plain: str) -> tuple[int, int, list[Token]] | None:
    """The longest stretch around a piece of rest that sounds like a name: the tokens that it
    replaces, and by what."""
    token = tokens[number]
    first = number
    if number and tokens[number - 1].sort == "name" and tokens[number - 1].slip:
        first = number - 1
    for start in sorted({tokens[first].start, *range(token.start, token.end - 1)}):
        for end in range(min(start + 10, len(plain)), max(start + 1, token.start + 1), -1):
            ends = {t.end for t in tokens if t.end >= end and t.start < end}
            inside = token.start < end <= token.end
            if not inside and end not in {t.end for t in tokens}:
                continue
            text = plain[start:end]
            name = _heard(lexicon, text)
            if name is None or not ends:
                continue
            last = next(i for i, t in enumerate(tokens) if t.start < end <= t.end)
            if any(t.sort in ("time", "break") for t in tokens[first:last + 1]):
                continue
            new = [_rest(token, 0, start - token.start)] if start > token.start else []
            new.append(Token(start, end, name, "name", things=lexicon.names[name], slip=True,
                             taken=name))
            if inside and end < token.end:
                new.append(_rest(token, end - token.start, len(token.text)))
            keep = first if start < token.start else number
            return keep, last, new
    return None


def _heard(lexicon: Lexicon, text: str) -> str | None:
    """The name that sounds like this and shares a character with it in its place."""
    if len(text) < 2 or len(text) > 10 or not all("一" <= c <= "鿿" for c in text):
        return None
    kinds = {"Region", "Chain", "Segment", "Company", "Park"}
    for name in lexicon.spoken.get(pinyin(text), ()):
        same = sum(a == b for a, b in zip(name, text, strict=False))
        if len(name) == len(text) and 0 < same < len(name) and (
                len(name) > 2 or any(lexicon.index.kind_of(t) in kinds
                                     for t in lexicon.names[name])):
            return name
    return None
