"""Tests that this machine cannot run: skipped, and said in one plain line each at the end."""

import os
import re
from collections import Counter
from typing import NoReturn

import pytest

_SAID = re.compile("未测.+：")


def leave_out(what: str, reason: str, variable: str = "") -> NoReturn:
    """Skips the test; fails where the environment variable says that it is required."""
    if variable and os.environ.get(variable) == "required":
        pytest.fail(f"{what}：{reason}", pytrace=False)
    pytest.skip(f"未测 {what}：{' '.join(reason.split())}")


def report(terminalreporter: pytest.TerminalReporter) -> None:
    """Writes those lines; in the process that collects what several have run, too."""
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ")
                      for report in terminalreporter.stats.get("skipped", ())
                      if isinstance(report.longrepr, tuple))
    for reason, n in reasons.items():
        if _SAID.match(reason):
            terminalreporter.write_line(f"{reason}（{n} 个测试）")
