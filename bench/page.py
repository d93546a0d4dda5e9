"""`python -m bench.page` prints what the views weigh and how soon they are there, in Chromium.

Without a GPU, on loopback, with the shipped data and some synthetic firms, each view in a browser
that has seen nothing before.  Every figure is measured in this run; nothing here is a test.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

from bench.generate import generate
from tests.browser import FLAGS, NAMES
from tests.serving import Server
from tests.shell import Shell

VIEWS = ("/", "/matrix", "/map", "/segment/先进储能材料/隔膜", "/ask?q=长沙锂电池缺什么", "/firms",
         "/explore?id=金博股份", "/thing/Company/金博股份", "/thing/Park/益阳高新技术产业开发区")
LARGEST = "/explore?id=先进储能材料&depth=2&limit=500"
FRAMES = """async () => {
  const box = document.getElementById("canvas").getBoundingClientRect();
  const at = [];
  const drag = (type, x, y) => document.elementFromPoint(box.x + 8, box.y + 8).dispatchEvent(
    new MouseEvent(type, { bubbles: true, clientX: x, clientY: y, button: 0, buttons: 1 }));
  drag("mousedown", box.x + 60, box.y + 60);
  for (let frame = 0; frame < 120; frame += 1) {
    drag("mousemove", box.x + 60 + 2 * frame, box.y + 60 + frame);
    at.push(await new Promise((done) => requestAnimationFrame(done)));
  }
  drag("mouseup", box.x + 300, box.y + 180);
  return at.slice(1).map((time, frame) => time - at[frame]);
}"""
PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (paint) done(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Load, serve, look at every view, drag the largest picture."""
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument("--firms", type=int, default=6_000, help="synthetic ones, for the explorer")
    chosen = parser.parse_args(arguments)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        parser.error("没有找到 Chromium（装上 chromium 即可）")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shell = Shell(Path(folder), f"sqlite:///{(Path(folder) / 'page.db').as_posix()}")
        shell.run("load")
        with Server(shell) as server, playwright.chromium.launch(
                executable_path=found, args=[*FLAGS]) as browser:
            print(f"{'view':<44}{'server':>9}{'paint':>9}{'wire':>9}")
            for address in VIEWS:
                print(weighed(server, browser, address))
        generate(chosen.firms, 1, Path(folder) / "sources")
        for source in sorted((Path(folder) / "sources").iterdir()):
            shell.run("load", str(source))
        with Server(shell) as server, playwright.chromium.launch(
                executable_path=found, args=[*FLAGS]) as browser:
            print(weighed(server, browser, LARGEST))
            print(dragged(server, browser))


def weighed(server: Server, browser: Browser, address: str) -> str:
    """Median time of the server, then paint and bytes of one visit with an empty cache."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        server.client.get(address, headers={"Accept": "text/html"})
        times.append(time.perf_counter() - start)
    with browser.new_context(viewport={"width": 1366, "height": 768}) as context:
        page, sizes = context.new_page(), list[int]()
        tools = context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.on("Network.loadingFinished", lambda said: sizes.append(said["encodedDataLength"]))
        opened(page, server, address)
        paint = float(page.evaluate(PAINT))
        page.wait_for_load_state("networkidle")
        return (f"{address:<44}{median(times) * 1000:>6.0f} ms{paint:>6.0f} ms"
                f"{sum(sizes) / 1024:>6.0f} KB")


def dragged(server: Server, browser: Browser) -> str:
    """Time between two frames while the picture is dragged with the mouse."""
    with browser.new_context(viewport={"width": 1366, "height": 768}) as context:
        page = context.new_page()
        opened(page, server, LARGEST)
        page.wait_for_selector("#canvas[data-drawn]")
        page.wait_for_timeout(500)
        page.evaluate("() => { explorer.nodes().ungrabify().panify(); }")  # not one thing of it
        count = page.evaluate("() => [explorer.nodes().length, explorer.edges().length]")
        told = [f"pan with {count[0]} things and {count[1]} links, frame by frame:"]
        for name in ("as opened", "the whole"):
            if name == "the whole":
                page.click("[data-zoom=fit]")
            before = page.evaluate("() => explorer.pan().x")
            frames = sorted(page.evaluate(FRAMES))
            moved = page.evaluate("() => explorer.pan().x") - before
            told.append(f"  {name}: median {median(frames):.1f} ms, 95 % below "
                        f"{frames[int(len(frames) * 0.95)]:.1f} ms, worst {frames[-1]:.1f} ms "
                        f"(moved by {moved:.0f})")
        return "\n".join(told)


def opened(page: Page, server: Server, address: str) -> None:
    page.goto(server.url + quote(address, safe="/?&=:"))


if __name__ == "__main__":
    main()
