"""A real example of every operation: a call, and the shipped data's answer to it, cut short.

`python -m api.examples` makes examples.json anew; a test says when that is due.
"""

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["CALLS", "KEY", "WRITES", "Write", "cut", "example", "make"]

FILE = Path(__file__).with_name("examples.json")
DAY = "at=2026-11-22"
CALLS: Mapping[str, str] = {
    "ask": f"/api/v1/ask?q=比亚迪的碳陶制动盘是谁供的&{DAY}",
    "gaps": "/api/v1/gaps?chain=锂电池&region=长沙&at=2014",
    "chains": f"/api/v1/chains?limit=2&{DAY}",
    "chain": f"/api/v1/chains/先进碳基材料?{DAY}",
    "matrix": f"/api/v1/matrix?chain=锂电池&region=长沙&region=益阳&{DAY}",
    "compare": "/api/v1/compare?chain=锂电池&region=长沙&from=2014&to=2026-11-22",
    "coverage": f"/api/v1/coverage?region=长沙&chain=锂电池&{DAY}",
    "suppliers": f"/api/v1/suppliers?name=华为&{DAY}",
    "customers": f"/api/v1/customers?name=金博股份&{DAY}",
    "partners": f"/api/v1/partners?name=中科星城&limit=2&{DAY}",
    "candidates": f"/api/v1/candidates?segment=锂电池/铜箔&region=长沙&limit=2&{DAY}",
    "path": f"/api/v1/path?from=信维电科&to=科力尔&{DAY}",
    "search": f"/api/v1/entities?q=金博&limit=3&{DAY}",
    "records": f"/api/v1/entities/金博股份/records?{DAY}",
    "links": f"/api/v1/entities/金博股份/links?limit=3&{DAY}",
    "entity": f"/api/v1/entities/金博股份?{DAY}",
    "things": f"/api/v1/things/Company?region=长沙&honour=单项冠军&limit=2&{DAY}",
    "neighbourhood": f"/api/v1/neighbourhood?id=金博股份&limit=5&{DAY}",
    "observations": f"/api/v1/observations?region=益阳&metric=产值&limit=2&{DAY}",
    "projects": f"/api/v1/projects?chain=锂电池&region=长沙&limit=2&{DAY}",
    "policies": f"/api/v1/policies?limit=2&{DAY}",
    "demands": f"/api/v1/demands?type=scenario&{DAY}",
    "sources": f"/api/v1/sources?q=长沙晚报&limit=2&{DAY}",
    "export": "/api/v1/export?format=csv",
    "ontology": "/api/v1/ontology?term=operatesIn",
}
KEY = "only-for-the-examples"
TABLE = ("企业,环节,所在地,观察日期,来源\n"
         "某某铜箔有限公司,锂电池/铜箔,长沙市,2026-06,2026年6月走访\n")
FACT = json.dumps({"kind": "operatesIn", "source": "2026年6月走访二", "values": {
    "企业": "某某铝箔有限公司", "环节": "锂电池/铝箔", "所在地": "长沙市", "观察日期": "2026-06"}},
    ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Write:
    """A call that may change the graph, or that tells of those that did."""

    method: str
    call: str
    body: str = ""
    media: str = "application/json"


# In this order: what is watched was asked for before.
WRITES: Mapping[str, Write] = {
    "load": Write("POST", "/api/v1/loads?file=operatesIn.csv", TABLE, "application/octet-stream"),
    "job": Write("GET", "/api/v1/loads/latest"),
    "events": Write("GET", "/api/v1/loads/latest/events"),
    "preview": Write("POST", "/api/v1/records/preview", FACT),
    "add": Write("POST", "/api/v1/records", FACT),
    "retract": Write("DELETE", "/api/v1/sources/2026年6月走访"),
    "loads": Write("GET", "/api/v1/loads?limit=2"),
    "audit": Write("GET", "/api/v1/audit?limit=2"),
    "me": Write("GET", "/api/v1/me"),
}


@cache
def _kept() -> Mapping[str, Any]:
    kept: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return kept


def example(name: str) -> Any:
    """The answer to the call of that operation, cut short."""
    return _kept().get(name)


def cut(answer: Any) -> Any:
    """The same with the first two items of every list, of the inner ones the first."""
    def shorter(part: Any, items: int) -> Any:
        if isinstance(part, list):
            return [shorter(item, 1) for item in part[:items]]
        if isinstance(part, dict):
            return {key: shorter(value, items) for key, value in sorted(part.items())}
        return part

    if isinstance(answer, str):
        return "".join(answer.splitlines(keepends=True)[:3])
    return shorter(answer, 2)


def make(store: str, cache: Path) -> dict[str, Any]:
    """Ask the calls of a store with the shipped data; what differs by version is left as it is."""
    import asyncio

    import httpx

    from api.app import application, running
    from api.settings import Settings

    app = application(Settings(store, cache, key=KEY, own_desk=cache.with_name("desk")))
    bearer = {"Authorization": f"Bearer {KEY}"}

    async def ask() -> dict[str, Any]:
        transport = httpx.ASGITransport(app=app)
        found: dict[str, Any] = {}
        async with running(app), httpx.AsyncClient(transport=transport,
                                                   base_url="http://127.0.0.1",
                                                   headers=bearer) as client:
            for name, call in CALLS.items():
                reply = await client.get(call)
                reply.raise_for_status()
                whole = reply.json() if "json" in reply.headers["content-type"] else reply.text
                found[name] = cut(whole)
            for name, write in WRITES.items():
                reply = await client.request(write.method, write.call, content=write.body,
                                             headers={"Content-Type": write.media})
                reply.raise_for_status()
                found[name] = _timeless(reply.text)
                if reply.status_code == 202:
                    await client.get("/api/v1/loads/latest/events")  # until it is done
        return found

    return asyncio.run(ask())


def _timeless(text: str) -> Any:
    """The answer with one job and one moment for all, so that it is the same each time."""
    text = re.sub(r"\d{8}T\d{12}-[0-9a-f]{6}", "20261122T093000000000-0a1b2c", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]{8}\+08:00", "2026-11-22T09:30:00+08:00", text)
    if not text.startswith("{"):
        return "event: done\n" + text.rpartition("event: done\n")[2]
    return cut(json.loads(text))


def main() -> None:
    """Load the shipped data into a store of its own and write the file."""
    from graph.store import open_store
    from loaders import pipeline
    from ontology import load_ontology

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'shipped.db').as_posix()}"
        model = load_ontology()
        store = open_store(url, model)
        pipeline.load(store, model, pipeline.shipped())
        store.close()
        found = make(url, Path(folder) / "cache")
    FILE.write_text(json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
                    encoding="utf-8")


if __name__ == "__main__":
    main()
