"""A language model, where somebody has set one up, may say which intent and slots a question has.

It is asked only about questions that we did not understand.  What it says must be one of the
intents below with texts in their slots; it becomes a question in our own words, which is read and
answered like any other.  So it can mishear, but it cannot say anything.
"""

import json
import urllib.request
from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from api.journal import log
from api.settings import Model

__all__ = ["FORMS", "Choice", "meant"]

FORMS: Mapping[str, str] = {
    "gap": "{at}{region}{chain}产业链缺哪些环节？",
    "completeness": "{at}{region}{chain}产业链完整度是多少？",
    "verdict": "{at}{region}有没有{segment}？",
    "makers": "{at}{region}有哪些企业做{segment}？",
    "candidates": "{region}的{segment}可以找谁来补？",
    "nearest": "离{region}最近的{segment}在哪里？",
    "leaders": "{region}{chain}的链主是谁？",
    "suppliers": "{name}的供应商有哪些？",
    "customers": "{name}供给谁？",
    "partners": "{name}可以和谁合作？",
    "relation": "{name}和{other}有什么关系？",
    "figure": "{at}{name}的{metric}是多少？",
    "where": "{name}在哪里？",
    "profile": "介绍一下{name}",
}
_LEFT_OUT = frozenset({"at", "region"})  # a question may do without
_SECONDS = 10.0
_LARGEST = 65_536

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60,
                                        pattern=r"^[^\n\r？?。；;]*$")]
Intent = Literal["gap", "completeness", "verdict", "makers", "candidates", "nearest", "leaders",
                 "suppliers", "customers", "partners", "relation", "figure", "where", "profile"]


class Choice(BaseModel):
    """What a model may say, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    intent: Intent
    chain: Text = ""
    region: Text = ""
    segment: Text = ""
    name: Text = ""
    other: Text = ""
    metric: Text = ""
    at: Text = Field("", description="2014年")

    def question(self) -> str | None:
        """In our own words; None where a slot that the intent needs is empty."""
        form = FORMS[self.intent]
        needed = {field for _, field, _, _ in Formatter().parse(form) if field} - _LEFT_OUT
        said = self.model_dump()
        return form.format(**said) if all(said[slot] for slot in needed) else None


def meant(model: Model, text: str) -> str | None:
    """The question as the model understood it; None if it did not, or does not answer well."""
    try:
        choice = Choice.model_validate_json(_said(model, text))
    except ValidationError as error:
        log.warning({"event": "model", "refused": error.error_count()})
        return None
    except (OSError, ValueError, LookupError, TypeError) as error:
        log.warning({"event": "model", "failed": type(error).__name__})
        return None
    return choice.question()


def _said(model: Model, text: str) -> str:
    """The content of a chat completion."""
    body = {"model": model.name, "temperature": 0, "response_format": {"type": "json_object"},
            "messages": [{"role": "system", "content": _task()},
                         {"role": "user", "content": text}]}
    request = urllib.request.Request(
        f"{model.url}/chat/completions", json.dumps(body).encode(), method="POST",
        headers={"Content-Type": "application/json",
                 **({"Authorization": f"Bearer {model.key}"} if model.key else {})})
    with urllib.request.urlopen(request, timeout=_SECONDS) as reply:
        content = json.loads(reply.read(_LARGEST))["choices"][0]["message"]["content"]
    if not isinstance(content, str):
        raise TypeError("content")
    return content


def _task() -> str:
    intents = "\n".join(f"{intent}：{form}" for intent, form in FORMS.items())
    return ("你只做一件事：判断用户问的是下面哪一类，并抄出他说到的名称。"
            "不要回答问题，不要补充他没说的名称。只输出一个 JSON 对象："
            "intent 是类别，其余的键是花括号里的名称，没说到的不写；"
            "都不是就输出 {}。\n" + intents)
