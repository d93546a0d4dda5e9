"""`python -m bench.http` asks the server over HTTP, and a Neo4j the same in Cypher.

Requests a second and how long 95 of 100 take, with one worker and with two, as several clients ask
at once: what is missing, a search by a part of a name, a path, and a question in Chinese.  The
Neo4j is filled from files with the same records and asked over Bolt by as many clients; a question
in Chinese has no text there.  Last come single verdicts, over the index and as Cypher.  Nothing
here is a test, and no figure makes it fail.
"""

import argparse
import http.client
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote, urlencode

from api.ask import answer
from api.settings import Settings
from bench.__main__ import line
from bench.neo4j import VERDICT, asking, filled, records_of
from graph import dates
from graph.index import Index
from graph.store import PASSWORD
from ontology import load_ontology
from tests.neo4j_server import Unavailable, install

_CLIENTS = 4
_WARM = 20
_PATIENCE = 300.0

Spent = list[float]
Call = tuple[str, dict[str, Any]]
"""A path and its parameters, or a Cypher text and its parameters."""

# The verdicts on every segment of a chain in a region, one text.
GAPS = """MATCH (:Chain {id: $chain})<-[:SEGMENT_OF]-(segment:Segment)
    WITH DISTINCT segment.id AS one CALL (one) {
    WITH one, $region AS place """ + VERDICT.replace("$region", "place").replace(
        "$segment", "one") + """ } RETURN one, present, absent"""
SEARCH = """CALL db.index.fulltext.queryNodes('xianglian_names', $words, {limit: 20})
    YIELD node, score RETURN node.id, node.name, score"""
PATH = """MATCH (a:Company {id: $one}), (b:Company {id: $other})
    MATCH p = shortestPath((a)-[:SUPPLIES_TO|SUPPORTS|COOPERATES_WITH|OWNED_BY|INVESTS_IN*..4]-(b))
    RETURN [n IN nodes(p) | n.id]"""


@dataclass(frozen=True)
class Questions:
    """Of each kind as many different ones as are asked."""

    http: Mapping[str, list[Call]]
    cypher: Mapping[str, list[Call]]


def main(arguments: Sequence[str] | None = None) -> None:
    """One size, two servers."""
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=__doc__)
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each kind of question")
    parser.add_argument("--heap", default="3g")
    chosen = parser.parse_args(arguments)
    print(f"{chosen.firms:,} firms, seed {chosen.seed}, {_CLIENTS} clients, Python "
          f"{platform.python_version()}, {os.cpu_count()} cores, {platform.system()} "
          f"{platform.machine()}", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder, ontology = Path(scratch), load_ontology()
        with closing(records_of(folder, chosen.firms, chosen.seed, ontology)) as file:
            index = Index.build(file, ontology)
            questions = made(index, chosen.seed)
            alone(index, [said["q"] for _, said in questions.http["ask"]])
            del index
            for workers in (1, 2):
                with served(folder, workers) as port:
                    for kind, calls in questions.http.items():
                        told(f"{kind}, {workers} worker{'s' * (workers > 1)}",
                             asked(web, f"127.0.0.1:{port}", calls, chosen.seconds))
            try:
                jar = install(Settings.read().cache)
            except Unavailable as error:
                print(f"Neo4j left out: {error}")
                return
            with filled(folder, jar, file, ontology, chosen.heap) as server:
                for kind, calls in questions.cypher.items():
                    told(f"{kind}, as Cypher", asked(bolt, server.url, calls, chosen.seconds))
                asking(server, ontology, chosen.seed)


def alone(index: Index, texts: Sequence[str]) -> None:
    """Questions in Chinese without the network between, after the first ones."""
    at, spent = dates.today(), list[float]()
    for text in (*texts[:_WARM], *texts):
        began = time.perf_counter()
        answer(index, text, at)
        spent.append(1000 * (time.perf_counter() - began))
    told("ask, in this process", (1000 / mean(spent[_WARM:]), spent[_WARM:]))


def made(index: Index, seed: int) -> Questions:
    """The same questions in both ways."""
    chance = random.Random(seed)
    chains, regions = index.things("Chain"), sorted(index.places.level)
    firms, at = index.things("Company"), dates.today()
    pairs = [(chance.choice(chains), chance.choice(regions)) for _ in range(200)]
    ends = [chance.sample(firms, 2) for _ in range(200)]
    words = [index.label(chance.choice(firms))[:4] for _ in range(200)]
    forms = ("{region}{chain}缺什么", "{firm}的供应商有哪些", "{region}有哪些企业做{chain}",
             "{firm}在哪里", "{chain}的链主是谁")
    said = [chance.choice(forms).format(
        region=index.label(region, at), chain=index.label(chain),
        firm=index.label(chance.choice(firms))) for chain, region in pairs]
    return Questions(
        {"gaps": [("gaps", {"chain": index.id(c), "region": index.id(r)}) for c, r in pairs],
         "search": [("entities", {"q": word, "limit": "20"}) for word in words],
         "path": [("path", {"from": index.id(a), "to": index.id(b)}) for a, b in ends],
         "ask": [("ask", {"q": text}) for text in said]},
        {"gaps": [(GAPS, {"chain": index.id(c), "region": index.id(r), "at": dates.iso(at)})
                  for c, r in pairs],
         "search": [(SEARCH, {"words": f'"{word}"'.replace("\\", "")}) for word in words],
         "path": [(PATH, {"one": index.id(a), "other": index.id(b)}) for a, b in ends]})


# The servers -------------------------------------------------------------------------------------


@contextmanager
def served(folder: Path, workers: int) -> Iterator[int]:
    """`xianglian serve` on a free port, once it is ready; the number of its port."""
    environ = os.environ | {
        "XIANGLIAN_STORE": f"sqlite:///{(folder / 'bench.db').as_posix()}",
        "XIANGLIAN_CACHE": str(folder / "cache"), "XIANGLIAN_DESK": str(folder / "desk"),
        "XIANGLIAN_RATE": "0", "PYTHONPATH": str(Path(__file__).parent.parent)}
    log = folder / f"serve-{workers}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0",
             "--workers", str(workers)], cwd=folder, env=environ, stdout=sink, stderr=sink)
    try:
        yield _ready(process, log)
    finally:
        process.terminate()
        process.wait(60)


def _ready(process: "subprocess.Popen[bytes]", log: Path) -> int:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        text = log.read_text("utf-8")
        if "/docs" in text:
            port = int(text.partition("/docs")[0].rpartition(":")[2])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
            with closing(connection), suppress(OSError):  # refused until a worker listens
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return port
        time.sleep(0.2)
    raise SystemExit(log.read_text("utf-8")[-2000:])


# The clients -------------------------------------------------------------------------------------


def asked(client: Callable[[str, Sequence[Call], float], Spent], address: str,
          calls: Sequence[Call], seconds: float) -> tuple[float, Spent]:
    """Requests a second of all clients together, and how long each took, in ms."""
    share = [calls[part::_CLIENTS] for part in range(_CLIENTS)]
    with get_context("spawn").Pool(_CLIENTS) as pool:
        spent = pool.starmap(client, [(address, some, seconds) for some in share])
    return sum(len(some) for some in spent) / seconds, [one for some in spent for one in some]


def told(name: str, measured: tuple[float, Spent]) -> None:
    rate, spent = measured
    spent.sort()
    high = spent[int(0.95 * (len(spent) - 1))]
    print(line(name, f"{rate:,.0f} requests/s", f"median {median(spent):.1f} ms, 95 % within "
               f"{high:.1f} ms, {len(spent):,} requests"), flush=True)


def web(address: str, calls: Sequence[Call], seconds: float) -> Spent:
    """One connection that asks one question after another."""
    connection = http.client.HTTPConnection(address, timeout=_PATIENCE)

    def ask(call: Call) -> None:
        connection.request("GET", f"/api/v1/{quote(call[0])}?{urlencode(call[1])}")
        answer = connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {answer.read()[:500]!r}")
        answer.read()

    with closing(connection):
        return _spent(ask, calls, seconds)


def bolt(address: str, calls: Sequence[Call], seconds: float) -> Spent:
    """One session that sends one text after another."""
    import neo4j

    with neo4j.GraphDatabase.driver(address, auth=("neo4j", os.environ[PASSWORD]),
                                    notifications_min_severity="OFF") as driver, driver.session(
            default_access_mode=neo4j.READ_ACCESS) as session:
        return _spent(lambda call: session.run(call[0], call[1]).consume(), calls, seconds)


def _spent(ask: Callable[[Call], object], calls: Sequence[Call], seconds: float) -> Spent:
    for call in calls[:_WARM]:
        ask(call)
    spent: Spent = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        ask(calls[len(spent) % len(calls)])
        spent.append(1000 * (time.perf_counter() - began))
    return spent


if __name__ == "__main__":
    main()
