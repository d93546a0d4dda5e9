"""`python -m bench` prints what the store and the index do at a size, beside plain peers.

Every figure is measured in this run, on this machine.  A ratio compares two things that were done
to the very same rows; nothing here is a test, and no figure makes it fail.
"""

import argparse
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from statistics import median

from bench.generate import generate
from graph import dates
from graph.analysis.gaps import gaps
from graph.analysis.matrix import matrix
from graph.analysis.paths import paths
from graph.analysis.search import search
from graph.analysis.verdicts import grounds, segment_verdict
from graph.index import Index
from graph.sqlite import SQLiteStore
from loaders import pipeline
from ontology import Ontology, load_ontology


def main(arguments: Sequence[str] | None = None) -> None:
    """Generate, load, index, ask; print one line a figure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    print(f"{chosen.firms:,} firms, seed {chosen.seed}, Python {platform.python_version()}, "
          f"SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.machine()}")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), chosen.firms, chosen.seed)


def measure(folder: Path, firms: int, seed: int) -> None:
    """All figures of one size."""
    ontology = load_ontology()
    start = time.perf_counter()
    generate(firms, seed, folder / "sources")
    print(f"generated in {time.perf_counter() - start:.1f} s")
    file = folder / "bench.db"
    with closing(SQLiteStore(file, ontology)) as store:
        pipeline.load(store, ontology, pipeline.shipped())
        loading(store, ontology, sorted((folder / "sources").iterdir()))
        peer(file, folder / "peer.db")
        asking(store, ontology, seed)
    print(line("peak memory of this process", f"{memory():,.0f} MB", ""))


def loading(store: SQLiteStore, ontology: Ontology, sources: list[Path]) -> None:
    """Files → checked, resolved, written, committed."""
    before = sum(store.origins().values())
    start = time.perf_counter()
    report = pipeline.load(store, ontology, sources)
    seconds = time.perf_counter() - start
    records = sum(store.origins().values()) - before
    print(line("load, files to commit", f"{records / seconds:,.0f} records/s",
               f"{report.rows:,} rows, {records:,} records, {seconds:.1f} s, "
               f"{report.rejected} rejected"))
    for origin in sorted(set(store.origins()) & {source.name for source in sources}):
        staging(store, origin)


def staging(store: SQLiteStore, origin: str) -> None:
    """The store's own part: records that are ready, put under a new origin; not committed."""
    ready = list(store.records(origin=origin))
    with store.write() as writer:
        start = time.perf_counter()
        for low in range(0, len(ready), 10_000):
            writer.put(f"again {origin}", ready[low:low + 10_000])
        seconds = time.perf_counter() - start
    print(line(f"  store only: {origin}", f"{len(ready) / seconds:,.0f} records/s",
               f"{len(ready):,} records, {seconds:.1f} s"))


def peer(file: Path, target: Path) -> None:
    """A plain `executemany` of the final rows, with the same tables, indexes and durability."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as plain:
        schema = source.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL "
                                "AND name NOT LIKE 'sqlite_%' ORDER BY type = 'index'").fetchall()
        tables = {name: source.execute(f"SELECT * FROM {name}").fetchall()
                  for kind, name, _ in schema if kind == "table"}
        plain.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        start = time.perf_counter()
        with plain:
            for _, _, sql in schema:
                plain.execute(sql)
            for name, rows in tables.items():
                marks = ",".join("?" * len(rows[0])) if rows else ""
                plain.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        seconds = time.perf_counter() - start
        records = len(tables["record"])
    print(line("  peer: executemany of the same rows", f"{records / seconds:,.0f} records/s",
               f"{seconds:.1f} s"))


def asking(store: SQLiteStore, ontology: Ontology, seed: int) -> None:
    """Index build, then each kind of question over many different subjects."""
    start = time.perf_counter()
    index = Index.build(store, ontology)
    seconds = time.perf_counter() - start
    print(line("index build", f"{len(index.table) / seconds:,.0f} records/s",
               f"{len(index.table):,} records, {seconds:.2f} s; goal ≥ 500,000"))
    random, at = Random(seed), dates.today()
    chains, regions = index.things("Chain"), sorted(index.places.level)
    segments, firms = index.things("Segment"), index.things("Company")
    labels = [index.label(firm) for firm in random.sample(firms, 200)]
    index.names().search("预热")

    def pick(some: Sequence[int]) -> int:
        return random.choice(some)

    print(timed("one verdict", 1, lambda: grounds(index, pick(segments), pick(regions), at)))
    print(timed("one verdict with evidence", 5, lambda: segment_verdict(
        index, grounds(index, pick(segments), pick(regions), at), at)))
    print(timed("full matrix", 50, lambda: matrix(index, at), 20))
    print(timed("gaps, whole answer", None, lambda: gaps(
        index, index.id(pick(chains)), index.id(pick(regions)), at), 20))
    print(timed("path of up to 4 steps", 5, lambda: paths(
        index, index.id(pick(firms)), index.id(pick(firms)), at)))
    print(timed("search by name", 20, lambda: search(index, random.choice(labels)[:4], at)))


def timed(name: str, goal: float | None, ask: Callable[[], object], times: int = 200) -> str:
    """Median and 95th percentile over `times` different questions, in ms."""
    ask()
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        spent.append(1000 * (time.perf_counter() - start))
    high = sorted(spent)[int(0.95 * (times - 1))]
    note = f"95 % within {high:.2f} ms" + (f"; goal < {goal} ms" if goal else "")
    return line(name, f"{median(spent):.2f} ms", note)


def line(name: str, figure: str, note: str) -> str:
    return f"{name:<38}{figure:>20}   {note}"


def memory() -> float:
    """The peak of resident memory so far, in MB; 0 where the system does not tell."""
    with suppress(OSError):  # Linux counts in ru_maxrss what the parent had when it began us
        status = Path("/proc/self/status").read_text("ascii", "replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1_000_000 if sys.platform == "darwin" else 1_000)


if __name__ == "__main__":
    main()
