"""Every view as a picture for the documentation: `python -m tests.screenshots FOLDER`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

from tests.browser import FLAGS, found
from tests.serving import Server
from tests.shell import Shell

DAY = "2026-11-22"
# File, width, height, address, what is clicked.
VIEWS = (
    ("home", 1366, 768, f"/?chain=锂电池&region=长沙&at={DAY}&since=2014", ""),
    ("home-2014", 1366, 768, "/?chain=锂电池&region=长沙&at=2014", ""),
    ("panel", 1366, 768, f"/?chain=锂电池&region=长沙&at={DAY}&since=2014",
     '[data-segment="Segment:先进储能材料/隔膜"]'),
    ("phone", 390, 844, f"/?chain=锂电池&region=长沙&at={DAY}&since=2014", ""),
    ("english", 1366, 768, "/?chain=锂电池&region=长沙&at=2014&lang=en", ""),
    ("segment", 1366, 768, "/segment/先进储能材料/隔膜?region=长沙&at=2014", ""),
    ("matrix", 1366, 768, f"/matrix?at={DAY}", ""),
    ("map", 1366, 768, "/map?segment=Segment:先进储能材料/隔膜&at=2014", ""),
    ("ask", 1366, 768, "/ask?q=2014年长沙锂电产业链缺哪些环节？", ""),
    ("firms", 1366, 768, f"/firms?region=长沙&chain=锂电池&at={DAY}", ""),
    ("thing", 1366, 768, f"/thing/Company/金博股份?at={DAY}", ""),
    ("explore", 1366, 768, f"/explore?id=金博股份&at={DAY}", ""),
)


def take(folder: Path) -> None:
    """Write one PNG a view; needs Chromium and a Chinese font."""
    with TemporaryDirectory() as passing, sync_playwright() as playwright:
        shell = Shell(Path(passing), f"sqlite:///{Path(passing, 'shown.db').as_posix()}")
        shell.run("load")
        browser = playwright.chromium.launch(executable_path=found(), args=[*FLAGS])
        with Server(shell) as server:
            for name, width, height, address, clicked in VIEWS:
                (folder / f"{name}.png").write_bytes(
                    _shot(browser, server.url + quote(address, safe="/?&=:"), width, height,
                          clicked))
        browser.close()


def _shot(browser: Browser, address: str, width: int, height: int, clicked: str) -> bytes:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    if clicked:
        page.click(clicked)
        page.locator(".panel h2").first.wait_for()
    page.wait_for_timeout(500)  # what is drawn by scripts has come to rest
    shot = page.screenshot()
    page.close()
    return shot


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    target.mkdir(parents=True, exist_ok=True)
    take(target)
