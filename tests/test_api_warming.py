"""The first question after a load finds everything made."""

import time
from pathlib import Path

from api.answers import Answers
from api.ask import ask
from api.reading import Graph, _forgetful
from api.settings import Settings
from api.warming import Warmer
from graph.analysis.filters import Filter
from graph.analysis.firms import Narrow
from tests.shell import Shell


def made(graph: Graph) -> set[str]:
    """What of the index was made for questions in words."""
    assert graph.ready is not None
    keys = (key if isinstance(key, str) else key[0] for key in graph.ready.index.memory)
    return {key for key in keys if isinstance(key, str) and key.startswith("ask")}


def referring(graph: Graph) -> set[tuple[object, ...]]:
    """What of the index tells what refers to things, for their pages."""
    assert graph.ready is not None
    return {key for key in graph.ready.index.memory
            if isinstance(key, tuple) and key[0] == "refers"}


def warmed(graph: Graph, warmer: Warmer) -> None:
    warmer.look()
    while warmer.busy:
        time.sleep(0.05)


def test_a_new_index_is_asked_at_once(scratch: Shell) -> None:
    settings = Settings(scratch.environ["XIANGLIAN_STORE"],
                        Path(scratch.environ["XIANGLIAN_CACHE"]))
    graph = Graph(settings, served=True)
    warmer = Warmer(settings, graph)
    warmer.look()  # nothing is there to be asked
    assert not warmer.busy
    for _ in range(2):
        graph.refresh()
        warmed(graph, warmer)
        before = made(graph)
        assert before >= {"ask", "ask figures", "ask sayings"}
        ask(Answers(settings, graph=graph), "株洲的轨道交通产值有多少")
        assert made(graph) == before
        known = referring(graph)
        Answers(settings, graph=graph).profile("大明机械")
        assert referring(graph) == known and known
        scratch.run("add", "Company", "企业名称=某厂", "--source", "走访")
    warmer.stop()
    graph.close()


def test_what_is_dear_to_make_is_not_forgotten_with_the_rest(scratch: Shell) -> None:
    settings = Settings(scratch.environ["XIANGLIAN_STORE"],
                        Path(scratch.environ["XIANGLIAN_CACHE"]))
    graph = Graph(settings)
    answers = Answers(settings, graph=graph)
    answers.gaps("锂电池", "长沙")
    answers.firms(Filter(), Narrow(listed=True), limit=1)
    index = graph.state().index
    before, kept = ({key[0] for key in one.memory} for one in (index, _forgetful(index)))
    assert before >= {"names", "refers", "newest", "listed", "members"}
    assert kept == before & {"names", "refers", "newest", "listed", "first"}
    graph.close()
