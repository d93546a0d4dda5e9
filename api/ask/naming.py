"""Sentences of the data that name somebody."""

from collections.abc import Sequence

from api.ask.frame import Frame
from api.ask.lexicon import described
from api.ask.match import sayings, spellings
from api.ask.words import same
from graph.analysis.facts import Fact

__all__ = ["naming"]


def naming(frame: Frame, things: Sequence[int], most: int = 4) -> list[Fact]:
    """Sentences of the data that name all of them."""
    index = frame.index
    known = sayings(index, described(index))
    names = [[same(n) for n in spellings(index, t)] + [same(frame.position(t).text)]
             for t in things]
    numbers = [n for n in known.near([n for some in names for n in some[:1]], 200)
               if all(any(len(name) > 1 and name in known.entries[n][1] for name in some)
                      for some in names)]
    return [known.fact(n) for n in numbers[:most]]
