"""Chromium and a Chinese font, where this machine has them; a plain line says what was left out.

XIANGLIAN_TEST_BROWSER=required makes their absence a failure.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from visual.png import NO_FONT, has_chinese

VARIABLE = "XIANGLIAN_TEST_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")
MISSING = pytest.StashKey[dict[str, str]]()


def _leave_out(config: pytest.Config, what: str, reason: str) -> None:
    if os.environ.get(VARIABLE) == "required":
        pytest.fail(f"{what}：{reason}", pytrace=False)
    config.stash.setdefault(MISSING, {})[what] = reason
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A real browser that asks nobody for anything by itself."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        _leave_out(request.config, "浏览器", "没有找到 Chromium（装上 chromium 即可）")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chinese_font(request: pytest.FixtureRequest) -> None:
    """Pictures with Chinese letters need one of the system's fonts."""
    if not has_chinese():
        _leave_out(request.config, "中文字体", NO_FONT)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter,
                            config: pytest.Config) -> None:
    """One plain line for each thing that was not there."""
    for what, reason in config.stash.get(MISSING, {}).items():
        skipped = sum(reason in str(report.longrepr)
                      for report in terminalreporter.stats.get("skipped", []))
        terminalreporter.write_line(f"未测{what}（{skipped} 个测试）：{reason}")
