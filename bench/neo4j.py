"""`python -m bench.neo4j` sets the Neo4j store beside the plain driver, on a real server.

Every figure is measured in this run, on this machine.  A ratio compares two things that were done
to the very same rows; nothing here is a test, and no figure makes it fail.  It needs a JDK and
Maven (the server is that of the tests), and says so where they are not there.
"""

import argparse
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import islice, pairwise
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, TypeVar

import neo4j

from api.settings import Settings
from bench.__main__ import line, memory
from bench.generate import generate
from graph import dates
from graph.analysis.verdicts import STATES, grounds
from graph.index import Index
from graph.neo4j_files import write_files
from graph.neo4j_graph import schema
from graph.record import Record
from graph.refresh import refreshed
from graph.sqlite import SQLiteStore
from graph.store import PASSWORD, Store, open_store
from loaders import pipeline
from ontology import Ontology, load_ontology
from tests.neo4j_server import Server, Unavailable, install

Kept = TypeVar("Kept")
Row = dict[str, Any]

_BATCH = 10_000
_READERS = 3  # as many as the store has
_SAMPLE = 400
_QUESTIONS = 200

NODES = """MATCH (n) WHERE NOT n:XianglianLock
    RETURN elementId(n) AS at, labels(n) AS labels, properties(n) AS said"""
LINKS = """MATCH (a)-[e]->(b) RETURN elementId(a) AS head, type(e) AS type,
    elementId(b) AS tail, properties(e) AS said"""
READ = """MATCH (r:Row) WHERE r.seq > $low AND r.seq <= $high AND r.retracted IS NULL
    RETURN properties(r)"""
# Places first, once; then the segment's own firms, of which there are few in most places.
VERDICT = """MATCH (c {id: $region}) WHERE c:Region OR c:Park
    CALL (c) { MATCH (p:Region|Park|Site)-[:PART_OF|LOCATED_IN*0..6]->(c)
               RETURN collect(DISTINCT p.id) AS places }
    MATCH (s:Segment {id: $segment})
    RETURN EXISTS {
        MATCH (s)<-[o:OPERATES_IN]-(:Company)
        WHERE o.place_id IN places AND NOT o.inferred
          AND coalesce(o.function, 'unknown') IN ['production', 'unknown']
          AND coalesce(o.valid_from, '') <= left($at, size(coalesce(o.valid_from, '')))
          AND (o.valid_to IS NULL OR left($at, size(o.valid_to)) <= o.valid_to)
          AND EXISTS { MATCH (q:Source {id: o.source})
                       WHERE coalesce(q.grade, 'industry') IN ['official', 'press', 'industry'] }
      } OR EXISTS {
        MATCH (s)-[o:PRESENT_IN]->(p) WHERE p.id IN places AND NOT o.inferred
      } AS present,
      EXISTS {
        MATCH (s)-[o:ABSENT_FROM]->(:Region)<-[:PART_OF|LOCATED_IN*0..6]-(c)
        WHERE o.valid_to IS NULL OR left($at, size(o.valid_to)) <= o.valid_to
      } AS absent"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Load the same into a server in three ways, read it in two, ask it in two."""
    parser = argparse.ArgumentParser(prog="python -m bench.neo4j", description=__doc__)
    parser.add_argument("--firms", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heap", default="3g")
    parser.add_argument("--import", dest="imported", action="store_true",
                        help="fill the server from files and leave the loads out (for 100,000)")
    chosen = parser.parse_args(arguments)
    try:
        jar = install(Settings.read().cache)
    except Unavailable as error:
        print(f"Neo4j left out: {error}")
        return
    print(f"{chosen.firms:,} firms, seed {chosen.seed}, heap {chosen.heap}, Python "
          f"{platform.python_version()}, driver {neo4j.__version__}, {os.cpu_count()} cores, "
          f"{platform.system()} {platform.machine()}", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        work = measure_imported if chosen.imported else measure
        work(Path(scratch), jar, chosen.firms, chosen.seed, chosen.heap)


def measure(folder: Path, jar: Path, firms: int, seed: int, heap: str) -> None:
    """All figures of one size: ours on one server, the plain loops on another."""
    ontology = load_ontology()
    with closing(records_of(folder, firms, seed, ontology)) as file:
        with _server(jar, folder / "ours", heap) as server:
            ours = loading(server, file, ontology)
            reading(server, file, ontology)
            asking(server, ontology, seed)
            nodes, links = _content(server)
        with _server(jar, folder / "plain", heap) as server:
            peers(server, ontology, nodes, links, ours)


def measure_imported(folder: Path, jar: Path, firms: int, seed: int, heap: str) -> None:
    """Reading and asking at a size that a load would take too long for a bench."""
    ontology = load_ontology()
    with (closing(records_of(folder, firms, seed, ontology)) as file,
          filled(folder, jar, file, ontology, heap) as server):
        reading(server, file, ontology)
        asking(server, ontology, seed)


@contextmanager
def filled(folder: Path, jar: Path, file: Store, ontology: Ontology,
           heap: str) -> Iterator[Server]:
    """A running server with what the store holds, by files for neo4j-admin."""
    rows, files = sum(file.origins().values()), folder / "files"
    with get_context("spawn").Pool(1) as alone:  # so that its memory is its own
        written, most = alone.apply(_files, (folder / "bench.db", files))
    say("files for neo4j-admin", f"{rows / written:,.0f} rows/s",
        f"{rows:,} rows, {written:.1f} s, {most:,.0f} MB at most in that process")
    command = re.findall(r"^ +neo4j-admin (.+)$", (files / "README.md").read_text("utf-8"),
                         re.MULTILINE)[0]
    server = Server(jar, folder / "ours", heap=heap, pagecache="1g", options=())
    taken, _ = timed(lambda: server.admin(*command.split(), folder=files))
    with server.start():
        os.environ[PASSWORD] = server.password
        opened, _ = timed(lambda: open_store(server.store, ontology).close())
        say("import by neo4j-admin", f"{rows / (taken + opened):,.0f} rows/s",
            f"{taken:.1f} s, then {opened:.1f} s for indexes and constraints")
        yield server


def _files(store: Path, target: Path) -> tuple[float, float]:
    """Seconds, and the most memory in MB."""
    ontology = load_ontology()
    with closing(SQLiteStore(store, ontology)) as file:
        return timed(lambda: write_files(file, ontology, target))[0], memory()


def records_of(folder: Path, firms: int, seed: int, ontology: Ontology) -> SQLiteStore:
    """The shipped and the synthetic data, loaded into a file."""
    generate(firms, seed, folder / "sources")
    store = SQLiteStore(folder / "bench.db", ontology)
    pipeline.load(store, ontology, pipeline.shipped())
    pipeline.load(store, ontology, sorted((folder / "sources").iterdir()))
    return store


def _server(jar: Path, home: Path, heap: str) -> Server:
    """A server with Java's usual compiler."""
    server = Server(jar, home, heap=heap, pagecache="1g", options=()).start()
    os.environ[PASSWORD] = server.password
    return server


def timed(work: Callable[[], Kept]) -> tuple[float, Kept]:
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done


def say(name: str, figure: str, note: str) -> None:
    print(line(name, figure, note), flush=True)


def _batches(some: Iterable[Kept]) -> Iterator[list[Kept]]:
    waiting = iter(some)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


# Loading -----------------------------------------------------------------------------------------


def loading(server: Server, file: Store, ontology: Ontology) -> float:
    """Records that are ready, until they count, and until the readable graph is drawn."""
    with closing(open_store(server.store, ontology)) as store:
        start = time.perf_counter()
        with store.write() as writer:
            for origin in sorted(file.origins()):
                for batch in _batches(file.records(origin=origin)):
                    writer.put(origin, batch)
            writer.commit()
            counted = time.perf_counter() - start
        seconds = time.perf_counter() - start
        rows = sum(store.origins().values())
    say("our load, until it is all readable", f"{rows / seconds:,.0f} rows/s",
        f"{rows:,} rows, {seconds:.1f} s, of which {counted:.1f} s until they count")
    say("  peak memory of this process", f"{memory():,.0f} MB", "with the making of the records")
    return seconds


def _content(server: Server) -> tuple[list[Row], list[Row]]:
    """Every node and every link that our load made."""
    with server.driver() as driver, driver.session() as session:
        nodes, links = ([dict(row) for row in session.run(query)] for query in (NODES, LINKS))
        return nodes, links


def peers(server: Server, ontology: Ontology, nodes: Sequence[Row], links: Sequence[Row],
          ours: float) -> None:
    """The same nodes, links and properties by plain loops; same constraints and indexes."""
    open_store(server.store, ontology).close()
    with server.driver(notifications_min_severity="OFF") as driver, driver.session() as session:
        for text in (*schema(ontology), "CALL db.awaitIndexes(300)", "MATCH (n) DETACH DELETE n"):
            session.run(text).consume()
        seconds, _ = timed(lambda: _unwind(session, nodes, links))
        say("bare UNWIND of the same graph", f"{seconds:.1f} s",
            f"{len(nodes):,} nodes, {len(links):,} links; ours takes {ours / seconds:.2f} times "
            "as long; goal ≤ 1.5")
        each = _one_by_one(session, nodes, links)
    whole = each * (len(nodes) + len(links))
    say("one MERGE a call", f"{1 / each:,.0f} calls/s",
        f"{2 * _SAMPLE} calls; the whole would take {whole:,.0f} s (extrapolated), "
        f"{whole / ours:.0f} times as long as ours; goal ≥ 30")


def _key(node: Row) -> tuple[str, str]:
    """The label and property by which a node is found quickest."""
    if "Row" in node["labels"]:
        return "Row", "seq"
    return next(label for label in node["labels"] if label.isascii()), "id"


def _unwind(session: neo4j.Session, nodes: Sequence[Row], links: Sequence[Row]) -> None:
    """10,000 a transaction, one text for each kind; ends are found by unique constraints."""
    place: dict[str, tuple[str, str, Any]] = {}
    by_labels: dict[tuple[str, ...], list[Row]] = {}
    for node in nodes:
        by_labels.setdefault(tuple(node["labels"]), []).append(node["said"])
        label, name = _key(node)
        place[node["at"]] = label, name, node["said"].get(name)
    by_type: dict[tuple[str, ...], list[Row]] = {}
    for link in links:
        head, tail = place[link["head"]], place[link["tail"]]
        by_type.setdefault((*head[:2], link["type"], *tail[:2]), []).append(
            {"a": head[2], "b": tail[2], "said": link["said"]})
    for labels, said in by_labels.items():
        named = "".join(f":`{label}`" for label in labels)
        _write(session, f"UNWIND $rows AS row CREATE (n{named}) SET n = row", said)
    for (a, key, type, b, other), rows in by_type.items():
        _write(session, f"UNWIND $rows AS row MATCH (a:`{a}` {{{key}: row.a}}) "
                        f"MATCH (b:`{b}` {{{other}: row.b}}) "
                        f"CREATE (a)-[e:`{type}`]->(b) SET e = row.said", rows)


def _write(session: neo4j.Session, query: str, rows: Sequence[Row]) -> None:
    for batch in _batches(rows):
        session.execute_write(
            lambda transaction, some: transaction.run(query, rows=some).consume(), batch)


def _one_by_one(session: neo4j.Session, nodes: Sequence[Row], links: Sequence[Row]) -> float:
    """Seconds a call, over nodes and links that are not there yet, half and half."""
    things = [node for node in nodes if _key(node)[1] == "id" and "id" in node["said"]]
    some = Random(1).sample(things, _SAMPLE + 1)
    start = time.perf_counter()
    for number, node in enumerate(some[1:]):
        id = f"once {number}"
        session.run(f"MERGE (n:`{_key(node)[0]}` {{id: $id}}) "
                    "SET n = $said", id=id, said=node["said"] | {"id": id}).consume()
    for number, (a, b) in enumerate(pairwise(some)):
        said = links[number % len(links)]["said"] | {"id": str(number)}
        session.run(f"MATCH (a:`{_key(a)[0]}` {{id: $a}}) "
                    f"MATCH (b:`{_key(b)[0]}` {{id: $b}}) "
                    "MERGE (a)-[e:ONCE {id: $id}]->(b) SET e = $said",
                    a=a["said"]["id"], b=b["said"]["id"], id=str(number), said=said).consume()
    return (time.perf_counter() - start) / (2 * _SAMPLE)


# Reading -----------------------------------------------------------------------------------------


def reading(server: Server, file: Store, ontology: Ontology) -> None:
    """The index from the server, beside the driver that merely reads; then a small change."""
    with closing(open_store(server.store, ontology)) as store, server.driver() as driver:
        rows = sum(store.origins().values())
        bare = min(timed(lambda: _read(driver, rows))[0] for _ in range(3))
        columns = min(timed(store.columns)[0] for _ in range(3))
        seconds, index = min((timed(lambda: Index.build(store, ontology)) for _ in range(2)),
                             key=lambda run: run[0])
        local = timed(lambda: Index.build(file, ontology))[0]
        say("driver merely reads the same rows", f"{rows / bare:,.0f} rows/s",
            f"{rows:,} rows, {bare:.1f} s, {_READERS} sessions")
        say("our columns", f"{rows / columns:,.0f} rows/s",
            f"{columns:.1f} s, {columns / bare:.2f} times as long")
        say("index built from Neo4j", f"{rows / seconds:,.0f} rows/s",
            f"{seconds:.1f} s, {seconds / bare:.2f} times as long; goal ≤ 1.5")
        say("  the same from the SQLite file", f"{rows / local:,.0f} rows/s", f"{local:.1f} s")
        refreshing(store, index, ontology)


def _read(driver: neo4j.Driver, rows: int) -> int:
    def part(low: int) -> int:
        with driver.session(default_access_mode=neo4j.READ_ACCESS, fetch_size=5_000) as session:
            return session.execute_read(lambda transaction: len([
                row[0] for row in transaction.run(READ, low=low, high=low + _BATCH)]))

    with ThreadPoolExecutor(_READERS) as pool:
        return sum(pool.map(part, range(0, rows, _BATCH)))


def refreshing(store: Store, index: Index, ontology: Ontology) -> None:
    """The index after a load of one record."""
    firm = Record("Company:一家", "Company", "Source:走访", {"name": "一家"})
    with store.write() as writer:
        writer.put("bench", [firm])
        writer.commit()
    delta, found = timed(lambda: refreshed(index, store))
    again = timed(lambda: Index.build(store, ontology))[0]
    say("index after one record more", f"{delta:.2f} s",
        f"{'by a delta' if found else 'NOT by a delta'}; building anew takes {again:.1f} s, "
        f"{again / delta:.0f} times as long")


# Asking ------------------------------------------------------------------------------------------


def asking(server: Server, ontology: Ontology, seed: int) -> None:
    """The same verdicts over the index and as one Cypher text each."""
    random, at = Random(seed), dates.today()
    with closing(open_store(server.store, ontology)) as store:
        index = Index.build(store, ontology)
    segments, regions = index.things("Segment"), sorted(index.places.level)
    pairs = [(random.choice(segments), random.choice(regions)) for _ in range(_QUESTIONS)]
    with server.driver(notifications_min_severity="OFF") as driver, driver.session(
            default_access_mode=neo4j.READ_ACCESS) as session:
        def cypher(segment: int, region: int) -> str:
            row = session.run(VERDICT, segment=index.id(segment), region=index.id(region),
                              at=dates.iso(at)).single()
            return STATES[bool(row and row["present"]) + 2 * bool(row and row["absent"])]

        quick, one = _asked(lambda segment, region: grounds(index, segment, region, at).verdict,
                            pairs)
        slow, other = _asked(cypher, pairs)
    same = sum(a == b for a, b in zip(one, other, strict=True))
    say("a verdict over the index", f"{quick:.3f} ms", f"median of {len(pairs)}")
    say("the same as Cypher", f"{slow:.2f} ms",
        f"{slow / quick:,.0f} times as long; {same} of {len(pairs)} agree: the text leaves out "
        "shelf lives, complete lists and dated borders")


def _asked(ask: Callable[[int, int], str],
           pairs: Sequence[tuple[int, int]]) -> tuple[float, list[str]]:
    """The median in ms, after some questions that warm up, and the answers."""
    spent, answers = [], []
    for segment, region in (*pairs[:50], *pairs):
        start = time.perf_counter()
        answers.append(ask(segment, region))
        spent.append(1000 * (time.perf_counter() - start))
    return median(spent[50:]), answers[50:]


if __name__ == "__main__":
    main()
