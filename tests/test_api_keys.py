"""Keys on the command line and at the door; sessions by the link that works once."""

import os
import stat
import sys
from pathlib import Path

import httpx
import pytest

from api.keys import SCOPES, Keys, Visitor
from api.sessions import Sessions
from ontology import NotFound, StoreError, XianglianError
from tests.serving import Server
from tests.shell import Shell

GAPS = "/api/v1/gaps?chain=锂电池"
PREVIEW = {"kind": "operatesIn", "source": "三月走访",
           "values": {"企业": "甲厂", "环节": "锂电池/铜箔"}}
WRITES = (("POST", "/api/v1/loads?file=Company.csv"), ("POST", "/api/v1/records"),
          ("DELETE", "/api/v1/sources/x"))


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **more}


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


def test_a_browser_signs_in_by_the_link_once(scratch: Shell) -> None:
    with Server(scratch, "--workers", "2") as server:
        link = next(part for part in server.log.split() if "token=" in part).partition("：")[2]
        own = {"Origin": server.url}
        assert server.client.get(GAPS).status_code == 200
        assert server.client.post("/api/v1/records", json=PREVIEW, headers=own).status_code == 401
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
