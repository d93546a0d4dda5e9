"""Keys on the command line and at the door; sessions by the link that works once."""

import os
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.keys import SCOPES, Keys, Visitor
from api.sessions import Sessions
from graph.record import Record
from graph.store import open_store
from loaders.pipeline import origins_shipped, shipped
from ontology import NotFound, StoreError, XianglianError, load_ontology
from tests.serving import Server
from tests.shell import Shell

GAPS = "/api/v1/gaps?chain=锂电池"
PREVIEW = {"kind": "operatesIn", "source": "三月走访",
           "values": {"企业": "甲厂", "环节": "锂电池/铜箔"}}
WRITES = (("POST", "/api/v1/loads?file=Company.csv"), ("POST", "/api/v1/records"),
          ("DELETE", "/api/v1/sources/x"))


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **more}


def records(shell: Shell, kind: str) -> list[Record]:
    with open_store(shell.environ["XIANGLIAN_STORE"], load_ontology()) as store:  # type: ignore[attr-defined]
        return [*store.records(kinds=[kind])]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "desk")


def test_a_key_is_told_once_and_kept_hashed(keys: Keys) -> None:
    secret = keys.add("长沙联盟", "write")
    assert keys.find(secret) == Visitor("长沙联盟", "write")
    assert keys.find(secret[:-1]) is None and keys.find("") is None
    kept = [file.read_text(encoding="utf-8") for file in keys.folder.iterdir()]
    assert len(kept) == 1 and secret not in kept[0] and secret[3:] not in kept[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows 没有这样的权限位")
def test_only_the_owner_can_read_them(keys: Keys) -> None:
    keys.add("甲", "read")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (keys.folder, *keys.folder.iterdir())]
    assert modes == [0o700, 0o600]


def test_a_name_is_taken_once_and_harmless(keys: Keys) -> None:
    keys.add("Alliance", "read")
    with pytest.raises(XianglianError, match="已经有"):
        keys.add("alliance", "write")
    for name in ("", "../x", "a/b", "a\nb", "x" * 61, "CON\\"):
        with pytest.raises(XianglianError, match="名称"):
            keys.add(name, "read")
    with pytest.raises(NotFound, match="Alliance"):
        keys.remove("Aliance")
    keys.remove("ALLIANCE")
    assert keys.all() == ()


def test_a_damaged_folder_never_opens_the_door(keys: Keys) -> None:
    keys.add("甲", "read")
    next(keys.folder.iterdir()).write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="损坏"):
        keys.known()


def test_each_scope_holds_those_before_it() -> None:
    for place, scope in enumerate(SCOPES):
        visitor = Visitor("x", scope)
        assert [visitor.may(other) for other in SCOPES] == [n <= place for n in range(3)]
    assert not any(Visitor("").may(scope) for scope in SCOPES)


def test_a_link_opens_once_and_its_session_ends(tmp_path: Path, keys: Keys) -> None:
    sessions = Sessions(tmp_path, keys)
    token = sessions.link()
    cookie = sessions.open(token)
    assert cookie is not None and sessions.open(token) is None and sessions.open("") is None
    header = [f"a=b; {sessions.cookie}={cookie}"]
    assert sessions.find(header) == Visitor("本机", "write")
    assert sessions.find([f"{sessions.cookie}={cookie}x"]) is None and sessions.find([]) is None
    for other in ('prefs={"a": 1}', "a[1]=x,y z", "=", "a", "名=值", 'x="open'):  # of a neighbour
        assert sessions.find([f"{other}; {header[0]}; {other}"]) == sessions.find(header)
    files = "".join(file.name + file.read_text() for file in tmp_path.glob("*.*"))
    assert token not in files and cookie not in files
    sessions.end(header)
    assert sessions.find(header) is None
    late = sessions.link()
    os.utime(next(tmp_path.glob("*.link")), (0, 0))
    assert sessions.open(late) is None


def test_a_session_by_key_ends_with_the_key(tmp_path: Path, keys: Keys) -> None:
    from api.keys import digest

    sessions, secret = Sessions(tmp_path, keys), keys.add("甲", "write")
    cookie = sessions.begin(Visitor("甲", "write"), digest(secret))
    assert sessions.find([f"{sessions.cookie}={cookie}"]) == Visitor("甲", "write")
    keys.remove("甲")
    later = Sessions(tmp_path, Keys(tmp_path / "desk"))
    assert later.find([f"{sessions.cookie}={cookie}"]) is None


# --- the server ----------------------------------------------------------------------------------


def test_the_command_line_makes_keys_that_the_server_honours(scratch: Shell) -> None:
    key = {scope: scratch.json("key", "add", scope, "--scope", scope)["key"] for scope in SCOPES}
    assert [row["scope"] for row in scratch.json("key", "list")["rows"]] == [
        "admin", "read", "write"]
    with Server(scratch) as server:
        assert "token=" not in server.log
        ask = server.client.get
        assert ask(GAPS).status_code == 401
        assert ask(GAPS, headers=bearer("xl_wrong")).status_code == 401
        for scope in SCOPES:
            assert ask(GAPS, headers=bearer(key[scope])).status_code == 200
            assert ask("/api/v1/me", headers=bearer(key[scope])).json() == {
                "name": scope, "scope": scope, "may_write": scope != "read"}
            assert ask("/api/v1/audit", headers=bearer(key[scope])).status_code == (
                200 if scope == "admin" else 403)
        preview = server.client.post("/api/v1/records/preview", headers=bearer(key["read"]),
                                     json=PREVIEW)
        assert preview.status_code == 200
        for method, call in WRITES:
            refused = server.client.request(method, call, headers=bearer(key["read"]),
                                            json=PREVIEW)
            assert refused.status_code == 403 and "只能查询" in refused.json()["detail"]
        assert not scratch.json("sources", "三月走访")["rows"]
        scratch.run("key", "remove", "read")
        server.until(lambda: ask(GAPS, headers=bearer(key["read"])).status_code == 401)
        assert key["write"] not in server.log


def test_what_was_shipped_is_taken_back_by_admin_alone(scratch: Shell) -> None:
    """By its name, by the title of what it cites, or by a table that speaks in its name."""
    key = {scope: scratch.json("key", "add", scope, "--scope", scope)["key"] for scope in SCOPES}
    assert {tomllib.loads((path / "source.toml").read_text("utf-8"))["name"]
            for path in shipped()} == origins_shipped()
    with Server(scratch) as server:
        def take_back(name: str, scope: str = "write") -> httpx.Response:
            return server.client.delete(f"/api/v1/sources/{quote(name)}",
                                        headers=bearer(key[scope]))

        def ended(reply: httpx.Response) -> dict[str, Any]:
            assert reply.status_code == 202, reply.text
            job = reply.headers["location"]
            said: dict[str, Any] = {}
            server.until(lambda: bool(said.update(server.client.get(
                job, headers=bearer(key["write"])).json()) or said["ended"]))
            return said

        def sent(head: str, values: str, call: str = "/api/v1/loads?file=Company.csv") -> Any:
            return ended(server.client.post(call, headers=bearer(key["write"]),
                                            content=f"{head}\n{values}\n".encode()))

        cited = next(record.values["title"] for record in records(
            scratch, "Source") if record.values["grade"] == "press")
        for name in (*sorted(origins_shipped()), str(cited)):
            refused = take_back(name)
            assert refused.status_code == 403 and "admin" in refused.json()["detail"]
            assert f"xianglian retract {name}" in refused.json()["detail"]
        for head, values in (("企业名称,来源", "甲厂,hunan-press"),
                             ("企业名称,来源,装入名", "甲厂,走访,hunan-press")):
            job = sent(head, values, "/api/v1/loads?file=Company.csv&allow_shrink=true"
                                     "&keep_good=true")
            said = job["report"]
            assert "admin" in said["problems"][0]["reason"]
            assert (said["loaded"], said["retracted"], said["rejected"]) == (0, 0, 1)
        typed = {"kind": "Company", "source": "hunan-press", "values": {"企业名称": "甲厂"}}
        for path in ("records", "records/preview"):
            reply = server.client.post(f"/api/v1/{path}", json=typed, headers=bearer(key["write"]))
            said = (ended(reply) if reply.status_code == 202 else reply.json())["report"]
            assert "admin" in said["problems"][0]["reason"] and said["loaded"] == 0

        assert sent("企业名称,来源", f"甲厂,{cited}")["written"]  # one's own, of the same title
        with (open_store(scratch.environ["XIANGLIAN_STORE"], load_ontology()) as store,  # type: ignore[attr-defined]
              store.write()):  # both wait, and when the second has its turn the first is gone
            first, second = take_back(str(cited)), take_back(str(cited))
        assert ended(first)["report"] == {"retracted": 1}
        assert ended(second)["error"]["status"] == 403
        assert ended(take_back("hunan-press", "admin"))["report"]["retracted"] > 100
        described = server.client.get("/openapi.json").json()
        assert "admin" in described["paths"]["/api/v1/sources/{name}"]["delete"]["description"]


def test_a_reader_sees_no_jobs_of_others(scratch: Shell) -> None:
    key = {scope: scratch.json("key", "add", scope, "--scope", scope)["key"] for scope in SCOPES}
    with Server(scratch) as server:
        ask = server.client.get
        for _ in range(3):
            job = server.client.post("/api/v1/loads?file=Company.csv&dry_run=true", content=b"x",
                                     headers=bearer(key["write"])).json()["links"]["self"]
        for path in ("/api/v1/loads", job, f"{job}/events", "/api/v1/loads/latest"):
            assert ask(path, headers=bearer(key["read"])).status_code == 403
            assert ask(path).status_code == 401

        def listed(path: str, scope: str) -> list[Any]:
            rows, cursor = list[Any](), ""
            while cursor is not None:
                page = ask(f"/api/v1/{path}?limit=2&cursor={cursor}",
                           headers=bearer(key[scope])).json()
                rows, cursor = [*rows, *page["rows"]], page["next"]
            return rows

        ids = [row["id"] for row in listed("loads", "write")]
        assert len(ids) == 3 and ids == sorted(ids, reverse=True)
        server.until(lambda: ask(job, headers=bearer(key["write"])).json()["ended"] is not None)
        assert len({(row["job"], row["state"]) for row in listed("audit", "admin")}) == 6
        for bad in ("x", "-1", "W10", "../..", "１", "9" * 5000, "%00"):
            for path, scope in (("loads", "write"), ("audit", "admin")):
                reply = ask(f"/api/v1/{path}?cursor={bad}", headers=bearer(key[scope]))
                assert reply.status_code in (400, 422), reply.text


def test_a_browser_signs_in_by_the_link_once(scratch: Shell) -> None:
    with Server(scratch, "--workers", "2") as server:
        link = next(part for part in server.log.split() if "token=" in part).partition("：")[2]
        own = {"Origin": server.url}
        assert server.client.get(GAPS).status_code == 200
        assert server.client.post("/api/v1/records", json=PREVIEW, headers=own).status_code == 401
        assert httpx.head(link).status_code == 200  # a messenger that looks uses nothing up
        with httpx.Client() as browser:
            first = browser.get(link)
            assert first.status_code == 303
            cookie = first.headers["set-cookie"]
            assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
            for _ in range(6):  # both workers
                assert httpx.get(link).status_code == 401
                said = httpx.get(f"{server.url}/api/v1/me", cookies=dict(browser.cookies)).json()
                assert said == {"name": "本机", "scope": "write", "may_write": True}
            post = f"{server.url}/api/v1/records"
            assert browser.post(post, json=PREVIEW).status_code == 403
            for origin in ("http://evil.example", "null", "https://127.0.0.1:1", server.url + "0",
                           f"http://evil.example, {server.url}"):
                reply = browser.post(post, json=PREVIEW, headers={"Origin": origin})
                assert reply.status_code == 403, origin
            two = browser.post(post, json=PREVIEW,
                               headers=[("Origin", server.url), ("Origin", "http://evil.example")])
            assert two.status_code == 403
            assert browser.post(post, json=PREVIEW, headers={
                "Origin": server.url, "Host": "evil.example"}).status_code == 421
            assert browser.post(post, json=PREVIEW, headers=own).status_code == 202
            assert browser.delete(f"{server.url}/open", headers=own).status_code == 204
            assert browser.post(post, json=PREVIEW, headers=own).status_code == 401
        assert link.partition("=")[2] not in server.log.partition("\n{")[2]


def test_a_key_becomes_a_cookie_for_a_browser(scratch: Shell) -> None:
    key = scratch.json("key", "add", "网页", "--scope", "write")["key"]
    with Server(scratch) as server, httpx.Client(base_url=server.url) as browser:
        assert browser.post("/open", headers={"Origin": server.url}).status_code == 401
        foreign = bearer(key, Origin="http://evil.example")
        assert browser.post("/open", headers=foreign).status_code == 403
        assert browser.post("/open", headers=bearer(key)).status_code == 204
        assert browser.get("/api/v1/me").json()["name"] == "网页"
        scratch.run("key", "remove", "网页")
        scratch.run("key", "add", "另一把")
        server.until(lambda: browser.get("/api/v1/me").status_code == 401)


def test_another_address_is_served_with_a_kept_key_and_never_without(scratch: Shell) -> None:
    key = scratch.json("key", "add", "甲")["key"]
    with Server(scratch, "--host", "0.0.0.0", wait=False) as server:
        url = f"http://127.0.0.1:{server.port}"
        server.until(lambda: httpx.get(f"{url}/readyz").status_code == 200)
        assert httpx.get(url + GAPS).status_code == 401
        assert httpx.get(url + GAPS, headers=bearer(key)).status_code == 200
        scratch.run("key", "remove", "甲")
        server.until(lambda: httpx.get(url + GAPS, headers=bearer(key)).status_code == 401)
        assert httpx.get(url + GAPS).status_code == 401
