"""An index beside its store, memory-mapped: opened at once, thrown away at will.

One folder holds one state: arrays as .npy (never pickled), texts as one UTF-8 file with offsets,
and meta.json with the checksum of every file.  It is written under another name and renamed, so a
kill leaves nothing that is read; what cannot be read for any reason is built again.
"""

import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from graph.claims import Claims, Denials
from graph.identity import Doubt
from graph.index import Index
from graph.merge import SourceFacts, Sources
from graph.places import Places
from graph.refresh import refreshed
from graph.slices import Adjacency, Marks
from graph.store import Store
from graph.table import Table
from ontology.model import Ontology

__all__ = ["FORMAT", "Texts", "cached_index", "mapped_index", "open_index", "save_index"]

WRITING = 600  # seconds that writing a state may take
FORMAT = 3  # raise it whenever the arrays or their meaning change
PARTS = {"table": Table, "places": Places, "claims": Claims, "denials": Denials, "marks": Marks,
         "links": Adjacency, "ties": Adjacency}


@dataclass(frozen=True)
class Texts(Sequence[str]):
    """A list of texts in one block of bytes: text i is block[at[i]:at[i + 1]]."""

    block: NDArray[np.uint8]
    at: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.at) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            low, high, step = place.indices(len(self))
            if step != 1 or high <= low:
                return [self[i] for i in range(low, high, step)]
            at = self.at[low:high + 1].tolist()
            said = self.block[at[0]:at[-1]].tobytes()
            return [said[a - at[0]:b - at[0]].decode() for a, b in pairwise(at)]
        i = place + len(self) if place < 0 else place
        if not 0 <= i < len(self):
            raise IndexError(place)
        return self.block[self.at.item(i):self.at.item(i + 1)].tobytes().decode()


def cached_index(store: Store, ontology: Ontology, folder: Path) -> Index:
    """The index of the store's present content, from `folder` if it is there, else built and kept.

    A folder that cannot be written costs nothing but time.
    """
    mine = folder / store.cache_key()
    found = open_index(mine / _name(store.version(), ontology), ontology)
    if found is None:
        found = _refreshed(store, ontology, mine) or Index.build(store, ontology)
        with suppress(OSError):
            save_index(found, mine / _name(found.version, ontology))
            _forget(mine, _name(found.version, ontology))
    return found


def mapped_index(index: Index, store: Store, folder: Path) -> Index:
    """The same index as it is kept in `folder`, written there if need be, so that several
    processes hold it in memory once; the index itself where that cannot be."""
    if isinstance(index.table.terms, Texts):
        return index
    mine = folder / store.cache_key()
    place = mine / _name(index.version, index.ontology)
    found = open_index(place, index.ontology)
    if found is None:
        with suppress(OSError):
            save_index(index, place)
            _forget(mine, place.name)
        found = open_index(place, index.ontology)
    return replace(found, memory=index.memory, called=index.called) if found else index


def _refreshed(store: Store, ontology: Ontology, folder: Path) -> Index | None:
    """An earlier state that is kept there, brought up to date."""
    for earlier in sorted(folder.glob(f"index-{_model(ontology)}-*")):
        if found := open_index(earlier, ontology):
            return refreshed(found, store)
    return None


def _model(ontology: Ontology) -> str:
    """Names the ontology and the form of the arrays: with another one nothing can be taken over."""
    said = f"{ontology.fingerprint} {FORMAT} {np.dtype(np.int32).str}"
    return blake2b(said.encode(), digest_size=6).hexdigest()


def _name(version: str, ontology: Ontology) -> str:
    return f"index-{_model(ontology)}-{version}"


def _forget(folder: Path, keep: str) -> None:
    """Remove other states; one that is still open (Windows) goes another time, and one that is
    being written is left to its writer for a while."""
    for old in folder.iterdir():
        young = old.name.startswith("new-") and time.time() - old.stat().st_mtime < WRITING
        if old.name != keep and not young:
            shutil.rmtree(old, ignore_errors=True)


def save_index(index: Index, folder: Path) -> None:
    """Write the index as that folder, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
    try:
        meta = {"version": index.version, "mark": index.mark,
                "floor": index.floor, "shown": index.shown,
                "review": [asdict(doubt) for doubt in index.review],
                "kinds": index.table.kinds, "usual": index.table.usual,
                "sources": [asdict(facts) for facts in index.table.sources.values()],
                "level": list(index.places.level.items()), "problems": index.places.problems,
                "nodes": index.claims.nodes}
        for name, array in _arrays(index):
            with (new / f"{name}.npy").open("wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
        sums = {path.name: _sum(path) for path in sorted(new.iterdir())}
        text = json.dumps({**meta, "sums": sums}, ensure_ascii=False)
        (new / "meta.json").write_text(f"{zlib.crc32(text.encode())}\n{text}", encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # another process was quicker
            new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _sum(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while part := file.read(1 << 24):
            total = zlib.crc32(part, total)
    return total


def _arrays(index: Index) -> Iterator[tuple[str, NDArray[Any]]]:
    """Every array of the index under the name of its file."""
    for name in ("canon", "about", "owned"):
        yield name, getattr(index, name)
    for part in PARTS:
        for field in fields(getattr(index, part)):
            value = getattr(getattr(index, part), field.name)
            if isinstance(value, np.ndarray):
                yield f"{part}-{field.name}", value
            elif field.name in ("terms", "values"):
                said = [text.encode() for text in value]
                yield f"{part}-{field.name}", np.frombuffer(b"".join(said), np.uint8)
                yield f"{part}-{field.name}-at", np.cumsum([0, *map(len, said)], dtype=np.int64)


def open_index(folder: Path, ontology: Ontology) -> Index | None:
    """The index of that folder, memory-mapped; None if it is not there or not whole."""
    try:
        return _opened(folder, ontology)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _opened(folder: Path, ontology: Ontology) -> Index:
    check, _, text = (folder / "meta.json").read_text(encoding="utf-8").partition("\n")
    if int(check) != zlib.crc32(text.encode()):
        raise ValueError(folder)
    meta = json.loads(text)
    if any(_sum(folder / name) != total for name, total in meta["sums"].items()):
        raise ValueError(folder)
    sources = Sources(ontology)
    for facts in meta["sources"]:
        sources[facts["id"]] = SourceFacts(**facts | {"order": tuple(facts["order"])})
    plain: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    plain["table"] = {"kinds": tuple(meta["kinds"]), "usual": meta["usual"], "sources": sources}
    plain["places"] = {"level": dict(meta["level"]), "problems": tuple(
        (fault, tuple(places)) for fault, places in meta["problems"])}
    plain["claims"] = {"nodes": meta["nodes"]}
    parts: dict[str, Any] = {part: _part(folder, part, kind, plain[part])
                             for part, kind in PARTS.items()}
    parts |= {name: _array(folder, name) for name in ("canon", "about", "owned")}
    review = tuple(Doubt(**doubt | {"ids": tuple(doubt["ids"])}) for doubt in meta["review"])
    return Index(ontology, meta["version"], None, **parts, review=review, floor=meta["floor"],
                 shown=meta["shown"], mark=meta["mark"])


def _part(folder: Path, part: str, kind: type, plain: Mapping[str, Any]) -> Any:
    """One dataclass of the index: plain values as they are, the rest from its files."""
    assert is_dataclass(kind)
    values = dict(plain)
    for field in fields(kind):
        if field.name in ("terms", "values"):
            values[field.name] = Texts(_array(folder, f"{part}-{field.name}"),
                                       _array(folder, f"{part}-{field.name}-at"))
        elif field.name not in values and field.name != "memory":
            values[field.name] = _array(folder, f"{part}-{field.name}")
    return kind(**values)


def _array(folder: Path, name: str) -> NDArray[Any]:
    """A view of the file; an empty array cannot be mapped."""
    path = folder / f"{name}.npy"
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        array = np.load(path, allow_pickle=False)
    return array.view(np.ndarray)
