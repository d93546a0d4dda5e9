"""What people say when they ask, by class, read once from words.toml."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from graph.names import normalise

__all__ = ["QUOTES", "bare", "said", "same", "table", "words"]

QUOTES = str.maketrans("", "", "“”\"‘’'「」『』《》〈〉`")
_ASIDE = ("phrase", "back", "usage", "answers", "metrics", "said",
          "sorts")  # no words of a question
Word = tuple[str, str]  # class and member of it: ("ask", "who")


@lru_cache(maxsize=1)
def table() -> Mapping[str, Any]:
    """The whole file."""
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


@lru_cache(maxsize=1 << 16)
def bare(text: str) -> str:
    """The spelling by which words and names are looked up: normalised, without quotes."""
    return normalise(normalise(text).translate(QUOTES))


@lru_cache(maxsize=1)
def words() -> Mapping[str, tuple[Word, ...]]:
    """Spelling → the classes that it belongs to, in the order of the file."""
    found: dict[str, dict[Word, None]] = {}
    for spelling, word in _every():
        found.setdefault(bare(spelling), {})[word] = None
    return {spelling: tuple(classes) for spelling, classes in found.items()}


def _every() -> Iterator[tuple[str, Word]]:
    for section, members in table().items():
        for member, spellings in members.items() if section not in _ASIDE else ():
            kind = "content" if section == "same" else section
            for spelling in (member, *spellings) if section == "same" else spellings:
                yield spelling, (kind, member)


_GOT = re.compile("奖|补[贴助]|资金|荣誉|称号|证书|名次|冠军|政策|投资|融资")


def said(text: str) -> str:
    """The text with ways of speaking as they are written: 从谁那拿的货 → 从谁那买的货."""
    for section, patterns in _said().items():
        for pattern, plain in patterns if section == "always" or not _GOT.search(text) else ():
            text = pattern.sub(plain, text)
    return text


@lru_cache(maxsize=1)
def _said() -> Mapping[str, Sequence[tuple[re.Pattern[str], str]]]:
    return {section: [(re.compile(pattern), plain) for pattern, plain in pairs]
            for section, pairs in table()["said"].items()}


@lru_cache(maxsize=1 << 14)
def same(text: str) -> str:
    """The text with every word of figures in its first spelling: 规上企业 → 规模以上企业.

    Longest first and never inside what another one gave, so that doing it twice changes nothing.
    """
    return _spellings().sub(lambda m: _same()[m[0]], bare(text))


@lru_cache(maxsize=1)
def _same() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for chief, others in table()["same"].items():
        for one in (chief, *others):
            found[bare(one)] = bare(chief)
    found.pop("", None)
    return found


@lru_cache(maxsize=1)
def _spellings() -> re.Pattern[str]:
    """Any of the spellings, the longest first."""
    return re.compile("|".join(map(re.escape, sorted(_same(), key=len, reverse=True))))
