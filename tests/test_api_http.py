"""The API as a program meets it: the command line's answers at addresses, on the shipped data."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.examples import CALLS, WRITES, cut, example
from tests.serving import Server
from tests.shell import Shell

AT = ("--at", "2026-11-22")
QUESTIONS: dict[str, tuple[str, ...]] = {
    "/api/v1/gaps?chain=锂电池&region=长沙": ("gaps", "锂电池", "--region", "长沙"),
    "/api/v1/gaps?chain=lithium battery&region=430100": ("gaps", "锂电池", "--region", "长沙"),
    "/api/v1/ask?q=2014年长沙锂电产业链缺哪些环节？": (
        "ask", "2014年长沙锂电产业链缺哪些环节？"),
    "/api/v1/ask?q=比亚迪的碳陶制动盘是谁供的": ("ask", "比亚迪的碳陶制动盘是谁供的"),
    "/api/v1/chains": ("list", "Chain"),
    "/api/v1/chains/工程机械": ("chain", "工程机械"),
    "/api/v1/matrix?chain=锂电池&chain=工程机械&region=长沙": (
        "matrix", "--chain", "锂电池", "--chain", "工程机械", "--region", "长沙"),
    "/api/v1/matrix": ("matrix",),
    "/api/v1/compare?chain=锂电池&region=长沙&from=2014&to=2026-11-22": (
        "compare", "锂电池", "--region", "长沙", "--from", "2014"),
    "/api/v1/coverage?region=长沙": ("coverage", "--region", "长沙"),
    "/api/v1/suppliers?name=华为": ("suppliers", "华为"),
    "/api/v1/customers?name=金博股份": ("customers", "金博股份"),
    "/api/v1/partners?name=三一重工&order=distance,link": (
        "partners", "三一重工", "--order", "distance,link"),
    "/api/v1/candidates?segment=锂电池/隔膜&region=长沙&limit=7": (
        "candidates", "锂电池/隔膜", "--region", "长沙", "--limit", "7"),
    "/api/v1/path?from=信维电科&to=科力尔": ("path", "信维电科", "科力尔"),
    "/api/v1/neighbourhood?id=长沙&depth=2&limit=20": (
        "neighbourhood", "长沙", "--depth", "2", "--limit", "20"),
    "/api/v1/entities?q=jinbo": ("search", "jinbo"),
    "/api/v1/entities?q=长沙&kind=Park&limit=2": (
        "search", "长沙", "--kind", "Park", "--limit", "2"),
    "/api/v1/entities/金博股份": ("company", "金博股份"),
    "/api/v1/entities/金博股份/records": ("records", "金博股份"),
    "/api/v1/entities/金博股份/links?kind=供应": ("links", "金博股份", "--kind", "供应"),
    "/api/v1/things/Park": ("list", "Park"),
    "/api/v1/things/供应?limit=5": ("list", "suppliesTo", "--limit", "5"),
    "/api/v1/things/企业?region=长沙&chain=锂电池": (
        "things", "企业", "--region", "长沙", "--chain", "锂电池"),
    "/api/v1/observations?subject=益阳高新区&status=target": (
        "observations", "--subject", "益阳高新区", "--status", "target"),
    "/api/v1/projects?region=长沙": ("projects", "--region", "长沙"),
    "/api/v1/policies": ("policies",),
    "/api/v1/demands": ("demands",),
    "/api/v1/sources?q=长沙晚报": ("sources", "长沙晚报"),
}


def ask(server: Server, call: str, status: int = 200, **headers: str) -> httpx.Response:
    reply = server.client.get(call, headers=headers)
    assert reply.status_code == status, reply.text[:500]
    return reply


def at_day(call: str) -> str:
    return call + ("&" if "?" in call else "?") + "at=2026-11-22"


# --- the same answers ------------------------------------------------------------------------


@pytest.mark.parametrize("call", QUESTIONS)
def test_every_question_has_the_command_lines_answer(server: Server, shell: Shell,
                                                     call: str) -> None:
    http = ask(server, at_day(call)).json()
    for key, value in shell.json(*QUESTIONS[call], *AT).items():
        assert http[key] == value, key


def test_every_kind_can_be_listed_and_its_things_opened(server: Server) -> None:
    model = ask(server, "/api/v1/ontology").json()
    for kind in (*model["classes"], *model["links"]):
        page = ask(server, f"/api/v1/things/{kind['name']}?limit=1").json()
        assert page["kind"] == kind["name"]
        for row in page["rows"] if "name" in (page["rows"] or [{}])[0] else ():
            shown = ask(server, f"/api/v1/entities/{row['id']}").json()
            assert shown["rows"][0]["id"] == row["id"]
            assert ask(server, f"/api/v1/entities/{row['id']}/records").json()["id"] == row["id"]


def test_a_closed_gap_says_by_whom_and_what_nobody_says(server: Server) -> None:
    answer = ask(server, "/api/v1/gaps?chain=锂电池&region=长沙").json()
    closed = next(row["closed"] for row in answer["segments"] if row["segment"] == "隔膜")
    assert {"中材锂膜", "中锂新材"} <= {firm["name"] for firm in closed["firms"]}
    assert closed["until"] == "2014" and "没有来源说过是谁牵线" in closed["said"]
    assert any("电池" in helper["name"] and helper["evidence"] for helper in closed["through"])


# --- versions --------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["/api/v1/gaps?chain=锂电池", "/api/v1/ontology", "/healthz",
                                  "/openapi.json", "/docs", "/api/v1/export?format=nquads",
                                  "/api/v1/gaps?chain=锂电池&known_at=2999"])
def test_who_has_the_answer_gets_304(server: Server, call: str) -> None:
    tag = ask(server, call).headers["etag"]
    for said in (tag, f"W/{tag}", f'"other", {tag}', f'"a,b",W/"c" ,, W/{tag} ,', "*"):
        again = ask(server, call, 304, **{"If-None-Match": said})
        assert again.content == b"" and again.headers["etag"] == tag
    for said in ('"other"', tag.strip('"'), f"w/{tag}", '"*"', ""):
        assert ask(server, call, **{"If-None-Match": said}).content


def test_nobody_has_a_copy_of_an_error(server: Server) -> None:
    star = {"If-None-Match": "*"}
    ask(server, "/api/v1/gaps?chain=锂电磁", 404, **star)
    ask(server, "/api/v1/gaps?chain=锂电池&limit=1", 422, **star)
    ask(server, "/api/v1/export?format=pdf", 404, **star)
    ask(server, "/thing/Company/没有这家", 404, Accept="text/html", **star)
    ask(server, "/api/v1/gaps?chain=锂电池&at=2014", 304, **star)


def test_another_question_or_day_has_another_tag(server: Server) -> None:
    tags = {ask(server, f"/api/v1/gaps?chain={chain}&at={at}").headers["etag"]
            for chain in ("锂电池", "工程机械") for at in ("2014", "2015")}
    assert len(tags) == 4
    version = ask(server, "/api/v1/gaps?chain=锂电池").json()["version"]
    assert all(tag.strip('"').startswith(version[:16]) for tag in tags)


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "size"), [
    ("/api/v1/things/Company", 100), ("/api/v1/things/operatesIn?region=长沙", 40),
    ("/api/v1/entities?q=长沙", 7), ("/api/v1/sources", 150), ("/api/v1/observations", 60),
    ("/api/v1/entities/长沙/links", 5), ("/api/v1/partners?name=三一重工", 5),
    ("/api/v1/candidates?segment=锂电池/电芯&region=益阳", 4), ("/api/v1/suppliers?name=华为", 1)])
def test_pages_together_are_the_whole_list(server: Server, call: str, size: int) -> None:
    join = "&" if "?" in call else "?"
    whole = ask(server, f"{call}{join}limit=500").json()
    rows, cursor = list[Any](), ""
    while True:
        page = ask(server, f"{call}{join}limit={size}&cursor={cursor}").json()
        assert len(page["rows"]) <= size
        rows += page["rows"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(rows) > size
    assert len(rows) == len({(row["id"], row.get("product")) for row in rows})
    assert rows[:len(whole["rows"])] == whole["rows"]


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "status", "said"), [
    ("/api/v1/gaps?chain=锂电磁", 404, "锂电池"),
    ("/api/v1/gaps?chain=锂电池&region=长沙氏", 404, "长沙"),
    ("/api/v1/customers?name=金搏股份", 404, "金博股份"),
    ("/api/v1/entities/没有这个东西啊", 404, "没有找到"),
    ("/api/v1/things/Compny", 404, "Company"),
    ("/api/v1/partners?name=金博股份&order=distanc", 404, "distance"),
    ("/api/v1/gaps", 422, "chain"),
    ("/api/v1/gaps?chian=锂电池", 422, "chain"),
    ("/api/v1/gaps?chain=锂电池&at=某天", 422, "看不懂日期"),
    ("/api/v1/things/Company?limit=501", 422, "500"),
    ("/api/v1/things/Company?limit=x", 422, "整数"),
    ("/api/v1/things/Company?cursor=x", 400, "next"),
    ("/api/v1/suppliers?name=华为&limit=501", 422, "500"),
    ("/api/v1/suppliers?name=华为&cursor=W10", 400, "next"),
    ("/api/v1/gaps?chain=锂电池&min_grade=pres", 422, "press"),
    ("/api/v1/gaps?chain=锂电池&min_grade=最好", 422, "官方"),
    ("/api/v1/neighbourhood?id=长沙&depth=3", 422, "2"),
    ("/api/v1/demands?type=gift", 422, "purchase"),
    ("/api/v1/export?format=pdf", 404, "csv"),
    ("/api/v1/export?format=neo4j-admin", 404, "nquads"),
    ("/api/v1/path?from=金博股份&to=金博碳素", 400, "同一家"),
    ("/api/v1/gaps?chain=锂电池&known_at=1999", 400, "早于第一次装入"),
    ("/api/v1/gap", 404, "/api/v1/gaps"), ("/nothing", 404, "/docs"),
])
def test_errors_are_problems_with_the_right_words(server: Server, call: str, status: int,
                                                  said: str) -> None:
    reply = ask(server, call, status)
    problem = reply.json()
    assert reply.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["instance"]) == (status, call.partition("?")[0])
    assert said in reply.text and problem["title"] and problem["detail"]
    anchor = problem["type"].removeprefix("/docs#")
    assert f'id="{anchor}"' in ask(server, "/docs").text


def test_an_address_in_another_encoding_is_told_which_one(server: Server) -> None:
    said = quote("锂电池", encoding="gb18030")
    assert "UTF-8" in ask(server, f"/api/v1/gaps?chain={said}", 404).json()["detail"]
    assert "UTF-8" not in ask(server, "/api/v1/gaps?chain=锂电磁", 404).json()["detail"]


def test_an_ambiguous_name_gives_the_choices(server: Server) -> None:
    problem = ask(server, "/api/v1/candidates?segment=晶圆制造", 422).json()
    assert len(problem["choices"]) > 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_other_methods_are_refused(server: Server, method: str) -> None:
    """Whoever is nobody hears first that writing needs a key."""
    reply = server.client.request(method, "/api/v1/gaps?chain=锂电池")
    assert reply.status_code == (405 if method == "OPTIONS" else 401)
    assert reply.headers["content-type"] == "application/problem+json"


def test_an_address_says_all_that_it_takes(server: Server) -> None:
    for call, allowed in (("/api/v1/gaps", "GET, HEAD"), ("/api/v1/loads", "GET, HEAD, POST"),
                          ("/api/v1/sources/x", "DELETE"), ("/api/v1/records", "POST"),
                          ("/open", "DELETE, GET, HEAD, POST"), ("/healthz", "GET, HEAD")):
        reply = server.client.options(call)
        assert (reply.status_code, reply.headers["allow"]) == (405, allowed), call
        assert allowed.replace(", ", "、") in reply.json()["detail"]


def test_head_is_get_without_the_body(server: Server) -> None:
    head = server.client.head("/api/v1/gaps?chain=锂电池")
    get = ask(server, "/api/v1/gaps?chain=锂电池")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]


def test_what_a_form_left_blank_was_not_said(server: Server) -> None:
    blank = ask(server, "/api/v1/gaps?chain=锂电池&region=长沙&at=&known_at=&min_grade=%20")
    assert blank.json()["region"] == "长沙市"


# --- what the server tells of itself -----------------------------------------------------------


def test_every_operation_is_described_with_a_real_example(server: Server) -> None:
    described = ask(server, "/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    operations = {operation["operationId"]: (path, operation)
                  for path, methods in described["paths"].items()
                  for operation in methods.values()}
    assert set(operations) == {*CALLS, *WRITES}
    for name, (_path, operation) in operations.items():
        assert operation["summary"] and operation["description"], name
        good = operation["responses"].get("200") or operation["responses"]["202"]
        content = good["content"]
        assert any(media.get("example") for media in content.values()), name
        assert all("description" in one for one in operation.get("parameters", ())), name
        for status in ("400", "401", "403", "404", "408", "413", "421", "422", "429", "500", "503"):
            assert "application/problem+json" in operation["responses"][status]["content"]
        assert "Retry-After" in operation["responses"]["429"]["headers"]
        needs = operation.get("security", described["security"])
        assert ({} in needs) == (_path_is_read(operation)), name
    listed = [name for name, (_, o) in operations.items()
              if any(one["name"] == "cursor" for one in o.get("parameters", ()))]
    assert {"suppliers", "customers", "loads", "audit", "things", "search"} <= {*listed}
    for name in listed:
        assert "next" in example(name), name
    assert not [name for name in described["components"]["schemas"] if "__" in name]


def _path_is_read(operation: dict[str, Any]) -> bool:
    """Whether it asks for no more than the graph does."""
    return not {"load", "add", "preview", "retract", "audit"} & {operation["operationId"]}


@pytest.mark.parametrize("name", CALLS)
def test_the_examples_are_shaped_like_todays_answers(server: Server, name: str) -> None:
    """If not: python -m api.examples."""
    reply = ask(server, CALLS[name])
    now = cut(reply.json() if "json" in reply.headers["content-type"] else reply.text)
    kept = example(name)
    assert type(now) is type(kept)
    assert not isinstance(now, dict) or set(now) == set(kept)


def test_every_operation_stands_in_the_documentation(server: Server) -> None:
    page = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    for path in ask(server, "/openapi.json").json()["paths"]:
        assert f"`{path.removeprefix('/api/v1/')}`" in page, path


def test_the_page_works_alone(server: Server) -> None:
    reply = ask(server, "/docs")
    assert "script-src" not in reply.headers["content-security-policy"]
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "<script" not in reply.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', reply.text)
    assert ask(server, "/docs.css").headers["content-type"].startswith("text/css")
    for call in re.findall(r'例：<a href="([^"]+)"', reply.text):
        ask(server, call.replace("&amp;", "&"))
    for address in re.findall(r"&#x27;(http://127[^&]*)", reply.text):
        assert address.isascii(), address
    assert "湘链" in ask(server, "/").text


def test_the_model_in_three_formats(server: Server) -> None:
    for accept, media in (("text/turtle", "text/turtle"), ("*/*", "application/json"),
                          ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
                          ("application/json;q=0.5, text/turtle;q=0.9", "text/turtle")):
        reply = ask(server, "/api/v1/ontology", Accept=accept)
        assert reply.headers["content-type"].startswith(media)
    refused = ask(server, "/api/v1/ontology", 406, Accept="image/png").json()
    assert "text/turtle" in refused["choices"]
    assert "xl:Company" in ask(server, "/api/v1/ontology?format=turtle").text
    assert "统一社会信用代码" in ask(server, "/api/v1/ontology?term=企业&format=html").text


def test_the_export_is_the_command_lines(server: Server, shell: Shell) -> None:
    shell.run("export", "--format", "graphml", "-o", "out.graphml")
    reply = ask(server, "/api/v1/export?format=graphml")
    assert reply.content == (shell.folder / "out.graphml").read_bytes()
    assert ask(server, "/api/v1/export").text.startswith("\ufeffkind,id")


def test_metrics_count_requests(server: Server) -> None:
    def count() -> int:
        text = ask(server, "/metrics").text
        found = re.search(r'requests_total\{route="/api/v1/gaps",method="GET",status="200"\} (\d+)',
                          text)
        assert found and 'request_seconds_bucket{route="/api/v1/gaps",le="+Inf"}' in text
        return int(found[1])

    ask(server, "/api/v1/gaps?chain=锂电池")
    before = count()
    ask(server, "/api/v1/gaps?chain=锂电池")
    assert count() == before + 1
    text = ask(server, "/metrics").text
    assert re.findall(r"# TYPE (\S+)", text) == re.findall(r"# HELP (\S+) .", text)
    records = re.search(r"^xianglian_records (\d+)$", text, re.MULTILINE)
    assert records and int(records[1]) > 1000
