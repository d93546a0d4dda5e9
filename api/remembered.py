"""What the headings of a table meant, as a person confirmed it: kept with the name of the source.

One small file a source and class in the folder of the server's own state, not in the graph, which
holds what sources say and not how their tables were written.  So whoever loads the next table of
that source, in whatever browser, finds its columns matched.
"""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from api.jobs import now, put_down
from api.keys import private
from graph.names import normalise
from ontology import StoreError

__all__ = ["Meaning", "Remembered"]

KEPT = 500  # meanings that are remembered; those confirmed longest ago go first


@dataclass(frozen=True, slots=True)
class Meaning:
    """columns: heading → field, or a dash for a column that is not loaded."""

    source: str
    kind: str
    columns: Mapping[str, str]
    kept: str = ""


class Remembered:
    """The meanings in a folder."""

    def __init__(self, desk: Path) -> None:
        self.folder = desk / "headings"

    def keep(self, meaning: Meaning) -> None:
        """In the place of what was known of that source and class before.  Raises StoreError."""
        name = blake2b(f"{meaning.kind}\0{normalise(meaning.source)}".encode(), digest_size=16)
        try:
            file = private(self.folder) / f"{name.hexdigest()}.json"
            put_down(file, {**asdict(meaning), "kept": now()})
        except OSError as error:
            raise StoreError(f"表头的意思存不下：{error.strerror}；请看看磁盘是不是满了") from error
        for old in sorted(self.folder.glob("*.json"), key=_age)[:-KEPT]:
            with suppress(OSError):  # on Windows somebody may be reading it
                old.unlink()

    def all(self) -> list[Meaning]:
        """The latest first; a file that cannot be read is none."""
        found = list[Meaning]()
        for file in sorted(self.folder.glob("*.json"), key=_age, reverse=True):
            with suppress(OSError, ValueError, TypeError):
                found.append(Meaning(**json.loads(file.read_text(encoding="utf-8"))))
        return found

    def find(self, headings: Collection[str], source: str = "", kind: str = "") -> Meaning | None:
        """Of that source, if one is named; else the latest that knows every heading."""
        some = [one for one in self.all() if kind in ("", one.kind)]
        wanted = normalise(source)
        return next((one for one in some if wanted and normalise(one.source) == wanted
                     and set(headings) & set(one.columns)), None) or next(
            (one for one in some if set(headings) <= set(one.columns)), None)


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # it went meanwhile
        return 0.0
