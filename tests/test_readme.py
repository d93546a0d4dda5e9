"""The README shows what the program prints: its examples are run."""

import re
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.shell import Shell

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ xianglian (.+?)\n(.*?)```", README, re.DOTALL)
STORY = re.search(r"```text\n(.*?)```", README, re.DOTALL)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_an_example_prints_what_the_readme_shows(shell: Shell, command: str, shown: str) -> None:
    printed = lines(shell.run(*command.split()))
    for promised, line in zip_longest(lines(shown), printed):
        if promised == "…":
            return
        assert line == promised


def test_the_first_answer_is_the_one_in_the_readme(shell: Shell) -> None:
    """Up to today's column, which moves with the calendar."""
    assert STORY is not None
    printed = lines(shell.run("start", "--answer-only"))
    for promised in lines(STORY[1]):
        past = promised.split("截至 20")[0] if "截至" in promised else promised[:40].rstrip()
        assert any(line.startswith(past) for line in printed), promised
