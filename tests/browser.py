"""Chromium and a Chinese font, where this machine has them; a plain line says what was left out.

XIANGLIAN_TEST_BROWSER=required makes their absence a failure.
"""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.left_out import leave_out
from visual.png import NO_FONT, has_chinese

VARIABLE = "XIANGLIAN_TEST_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")


def found() -> str | None:
    """Where this machine has a Chromium."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser that asks nobody for anything by itself."""
    path = found()
    if path is None:
        leave_out("浏览器", "没有找到 Chromium（装上 chromium 即可）", VARIABLE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chinese_font() -> None:
    """Pictures with Chinese letters need one of the system's fonts."""
    if not has_chinese():
        leave_out("中文字体", NO_FONT, VARIABLE)
