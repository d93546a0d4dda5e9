"""Sources of an answer, numbered as they are first cited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.merge import UNKNOWN
from visual.legend import Legend

__all__ = ["Notes", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """One line of the list of sources, in the words of the ontology."""

    number: int
    title: str
    publisher: str
    date: str
    grade: str
    address: str

    @property
    def text(self) -> str:
        """《title》 publisher, date (grade)."""
        known = [part for part in (self.publisher, self.date) if part and part != UNKNOWN]
        return " ".join([f"《{self.title}》", *known, f"（{self.grade}）"])


@dataclass
class Notes:
    """Gives every source one number; lists them at the end."""

    legend: Legend
    sources: list[Source] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def mark(self, proofs: Iterable[Mapping[str, Any]]) -> str:
        """“[1][3]” for evidence items."""
        return "".join(f"[{number}]" for number in dict.fromkeys(map(self._number, proofs)))

    def _number(self, proof: Mapping[str, Any]) -> int:
        said = proof["source"]
        if said["id"] not in self.numbers:
            number = self.numbers[said["id"]] = len(self.sources) + 1
            self.sources.append(Source(
                number, said["title"], said["publisher"], said["date"],
                self.legend.word("Grade", said["grade"]), said["address"]))
        return self.numbers[said["id"]]
