"""A language model may choose an intent and slots, and nothing else; without one nobody asks."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from api.answers import Answers
from api.ask import ask
from api.ask.model import FORMS, Choice
from api.settings import Model, Settings
from ontology import XianglianError
from tests.shell import Shell

ODD = "那条充电宝的龙还差几口气呢"


class Chat(BaseHTTPRequestHandler):
    """Any endpoint of chat completions: says what it is told to say, keeps what it is asked."""

    says: ClassVar[Any] = {}
    asked: ClassVar[list[tuple[dict[str, Any], str | None]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((body, self.headers["Authorization"]))
        said = self.says if isinstance(self.says, str) else json.dumps(self.says)
        reply = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def chat() -> Iterator[Model]:
    Chat.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Model(f"http://127.0.0.1:{server.server_port}/v1", "any", "secret")
        server.shutdown()
        thread.join()


def asking(shell: Shell, model: Model | None) -> Answers:
    plain = Settings(store=shell.environ["XIANGLIAN_STORE"],
                     cache=Path(shell.environ["XIANGLIAN_CACHE"]))
    return Answers(replace(plain, model=model), at="2026-11-22")


def test_what_was_not_understood_is_heard_by_the_model_and_answered_by_us(
        shell: Shell, chat: Model) -> None:
    Chat.says = {"intent": "gap", "chain": "锂电池", "region": "长沙", "at": "2014年"}
    plain, helped = (asking(shell, model) for model in (None, chat))
    assert ask(plain, ODD)["understood"]["intent"] in ("not_found", "out_of_scope")
    assert not Chat.asked
    found = ask(helped, ODD)
    known = ask(plain, "2014年长沙锂电池产业链缺哪些环节？")
    assert found == {**known, "answer": found["answer"]}
    assert found["answer"].startswith("（语言模型把问题听成“2014年长沙锂电池产业链缺哪些环节？”）")
    (body, key), = Chat.asked
    assert (body["model"], key, body["messages"][1]["content"]) == ("any", "Bearer secret", ODD)
    assert ask(helped, "华为的供应商有哪些") == ask(plain, "华为的供应商有哪些")
    assert len(Chat.asked) == 1  # only what was not understood goes out


@pytest.mark.parametrize("says", [
    {}, "长沙缺隔膜。", "[]", {"intent": "gap"}, {"intent": "drop", "chain": "锂电池"},
    {"intent": "gap", "chain": "锂电池", "answer": "什么都不缺"},
    {"intent": "profile", "name": "金博？再说说比亚迪"}, {"intent": "gap", "chain": "甲" * 61},
    {"intent": "profile", "name": "没有的东西乙丙丁"}], ids=str)
def test_anything_else_it_says_changes_nothing(shell: Shell, chat: Model, says: Any) -> None:
    Chat.says = says
    assert ask(asking(shell, chat), ODD) == ask(asking(shell, None), ODD)


def test_a_model_that_is_not_there_changes_nothing(shell: Shell) -> None:
    away = Model("http://127.0.0.1:1/v1", "any")
    assert ask(asking(shell, away), ODD) == ask(asking(shell, None), ODD)


def test_every_intent_makes_a_question_that_is_understood(shell: Shell) -> None:
    slots = {"chain": "锂电池", "region": "长沙", "segment": "隔膜", "name": "金博股份",
             "other": "比亚迪", "metric": "营业收入", "at": "2014年"}
    answers = asking(shell, None)
    for intent in FORMS:
        question = Choice(intent=intent, **slots).question()  # type: ignore[arg-type]
        assert question is not None
        assert ask(answers, question)["understood"]["intent"] not in (
            "not_found", "out_of_scope"), question


def test_the_address_of_a_model_is_one() -> None:
    assert Settings.read({}).model is None
    assert Settings.read({"XIANGLIAN_MODEL_URL": "http://h/v1/"}).model == Model("http://h/v1", "")
    with pytest.raises(XianglianError, match="XIANGLIAN_MODEL_URL"):
        Settings.read({"XIANGLIAN_MODEL_URL": "file:///etc/passwd"})
    assert "geheim" not in repr(Settings.read(
        {"XIANGLIAN_MODEL_URL": "http://h", "XIANGLIAN_MODEL_KEY": "geheim"}))
