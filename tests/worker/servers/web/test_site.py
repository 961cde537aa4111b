"""The site over a real socket: who is let in, as whom, what is refused, and when it ends."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import WSCloseCode

from models import people, tokens
from models.audit import WAYBILL
from models.people import User
from models.tokens import Token
from tests.worker.servers.web.kit import Browser, a_token, a_user, browsing, but, until
from worker.servers.web.doors import SECRET_HEADER
from worker.servers.web.rules import Proxy, Rules

pytestmark = pytest.mark.usefixtures("home")

Visit = Callable[[Callable[[], Browser]], Awaitable[None]]


@pytest.fixture
def ben() -> User:
    return a_user("ben")


def visit(act: Visit, rules: Rules | None = None) -> None:
    """Do something at a running site."""

    async def run() -> None:
        async with browsing(rules or but()) as new:
            await act(new)

    asyncio.run(run())


# Coming in


def test_token_logs_in_and_the_program_is_that_users(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        assert await browser.log_in(a_token(ben)) == 200
        status, page = await browser.get("/")
        assert (status, "ben@example.com" in page) == (200, True)
        async with browser.tab() as tab:
            await tab.until("ben@example.com")

    visit(act)


def test_stranger_is_sent_to_the_login_and_gets_nothing_else(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        status, page = await browser.get("/")
        assert (status, 'name="token"' in page) == (200, True)
        assert await browser.tab_status() == 403
        assert (await browser.get("/download/x"))[0] == 403
        assert await browser.tab_status(Cookie="waybill-80=x") == 403
        assert ben.email not in page

    visit(act)


@pytest.mark.parametrize("ending", ["wrong", "revoked", "expired", "inactive"])
def test_token_that_opens_nothing_is_refused(ben: User, ending: str) -> None:
    token, text = tokens.create(WAYBILL, ben, "laptop", days=1)
    if ending == "wrong":
        text = text[:-1]
    elif ending == "revoked":
        tokens.revoke(WAYBILL, token, reason="lost")
    elif ending == "expired":
        Token.update(expires_at=Token.created_at).where(Token.id == token.id).execute()
    else:
        people.edit(WAYBILL, ben, active=False)

    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        assert await browser.log_in(text) == 403
        assert browser.cookies() == []
        assert await browser.tab_status() == 403

    visit(act)


@pytest.mark.parametrize("path", ["/", "/login"])
def test_token_in_an_address_opens_nothing_and_is_called_out(ben: User, path: str) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser, token = new(), a_token(ben)
        assert (await browser.headers(f"{path}?token={token}"))["Location"] == "/login?leaked"
        status, page = await browser.get(f"{path}?token={token}")
        assert (status, "That address held a token" in page, token in page) == (200, True, False)
        assert 'name="token"' in (await browser.get("/"))[1], "nobody was let in"
        assert "held a token" not in (await browser.get("/login"))[1]

    visit(act)


def test_wrong_tokens_in_a_row_keep_out_the_right_one_but_not_who_is_in(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        inside, guessing = new(), new()
        text = a_token(ben)
        assert await inside.log_in(text) == 200
        assert [await guessing.log_in(f"waybill_{number}") for number in range(3)] == [403] * 3
        assert await guessing.log_in(text) == 429
        assert (await inside.get("/"))[0] == 200

    visit(act, but(wrong_tokens=3))


def test_cookie_is_out_of_reach_of_scripts_and_other_sites_and_is_not_the_token(ben: User) -> None:
    text = a_token(ben)

    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in(text)
        (cookie,) = browser.cookies()
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert cookie["max-age"] == cookie["expires"] == ""
        assert text not in cookie.value

    visit(act)


def test_logging_out_ends_the_cookie(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser, thief = new(), new()
        await browser.log_in(a_token(ben))
        (cookie,) = browser.cookies()
        stolen = {"Cookie": f"{cookie.key}={cookie.value}"}
        assert (await thief.get("/", **stolen))[1].count("ben@example.com") > 0
        assert await browser.log_out() == 200
        assert await thief.tab_status(**stolen) == 403

    visit(act)


# What another site can make a browser do


def test_request_of_another_origin_is_refused(ben: User) -> None:
    text = a_token(ben)

    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        own = browser.origin
        await browser.log_in(text)
        for origin in (
            "http://evil.example",
            "null",
            "http://127.0.0.1",
            "https://",
            f"ftp{browser.url[4:]}",
        ):
            browser.origin = {"Origin": origin}
            refused = [await browser.tab_status(), await browser.log_in(text), await browser.log_out()]
            assert refused == [403] * 3, origin
        browser.origin = {}
        assert await browser.tab_status() == 403
        browser.origin = own
        assert await browser.tab_status() == 101

    visit(act)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[", "10.0.0.1:80"])
def test_request_for_another_host_name_is_refused(host: str) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        assert (await new().get("/login", Host=host))[0] == 421
        assert (await new().get("/login", Host="localhost:9000"))[0] == 200

    visit(act)


def test_answers_carry_headers_that_keep_the_page_to_itself(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in(a_token(ben))
        for path in ("/", "/login", "/nothing", "/static/js/textual.js", "/assets/waybill.css"):
            headers = await browser.headers(path)
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Server"] == "waybill"
            assert (headers.get("Cache-Control") == "no-store") == (
                not path.startswith(("/static", "/assets"))
            )

    visit(act)


def test_nothing_beside_the_served_files_can_be_fetched(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in(a_token(ben))
        for path in (
            "/static/",
            "/assets/",
            "/assets/%2e%2e/site.py",
            "/static/..%2fserver.py",
            "/static/js/",
        ):
            assert (await browser.get(path))[0] in (403, 404), path

    visit(act)


# How long, and how many


def test_revoked_token_ends_open_tabs_and_the_login_and_no_other(ben: User) -> None:
    token, text = tokens.create(WAYBILL, ben, "laptop", days=1)

    async def act(new: Callable[[], Browser]) -> None:
        browser, other = new(), new()
        await browser.log_in(text)
        await other.log_in(a_token(ben))
        async with browser.tab() as tab, other.tab() as kept:
            await tab.until("ben@example.com")
            await kept.until("ben@example.com")
            tokens.revoke(WAYBILL, token, reason="lost")
            assert await tab.until_closed() == WSCloseCode.GOING_AWAY
            assert await browser.tab_status() == 403
            await kept.socket.send_json(["ping", "1"])
            assert await kept.until_told("pong") == "1"

    visit(act)


def test_tab_that_nobody_touches_is_ended(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in(a_token(ben))
        async with browser.tab() as tab:
            assert await tab.until_closed() == WSCloseCode.GOING_AWAY
        assert await browser.tab_status() == 403

    visit(act, but(idle_seconds=0.5))


def test_tabs_beyond_the_most_are_refused_until_one_is_closed(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in(a_token(ben))
        async with browser.tab():
            assert await browser.tab_status() == 503
            status, page = await browser.get("/")
            assert (status, "All 1 sessions are in use" in page) == (503, True)
        async with asyncio.timeout(30):
            while await browser.tab_status() != 101:
                await asyncio.sleep(0.05)

    visit(act, but(max_sessions=1))


def test_program_that_is_quit_closes_its_tab(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in(a_token(ben))
        async with browser.tab() as tab:
            await tab.until("ben@example.com")
            await tab.type("\x11")  # ctrl+q
            assert await tab.until_closed() == WSCloseCode.OK

    visit(act)


@pytest.mark.parametrize("message", ["[", "{}", '["stdin", 3]', '["exit"]'])
def test_message_that_the_page_never_sends_closes_the_tab(ben: User, message: str) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in(a_token(ben))
        async with browser.tab() as tab:
            await tab.socket.send_str(message)
            assert await tab.until_closed() == WSCloseCode.UNSUPPORTED_DATA

    visit(act)


def test_size_beyond_reason_is_cut_down(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in(a_token(ben))
        browser.columns = 9_999
        async with browser.tab() as tab:
            await tab.until("ben@example.com")
            await tab.socket.send_json(["resize", {"width": 10**12, "height": "x"}])
            await tab.type("\x11")  # ctrl+q
            assert await tab.until_closed() == WSCloseCode.OK
            assert " " * 501 not in tab.text

    visit(act)


# Files


def test_file_of_a_program_is_given_to_its_own_user_only_and_to_be_saved(ben: User) -> None:
    anna = a_user("anna")

    async def act(new: Callable[[], Browser]) -> None:
        browser, other = new(), new()
        await browser.log_in(a_token(ben))
        await other.log_in(a_token(anna))
        async with browser.tab() as tab:
            await tab.until("ben@example.com")
            await tab.type("\x10")  # ctrl+p: the palette
            await tab.until("Search")
            await tab.type("Screenshot")
            await tab.until("Save this screen")
            await tab.type("\r")
            path = f"/download/{await tab.until_told('deliver_file_start')}"
            assert (await other.get(path))[0] == 404
            headers, picture = await browser.file(path)
            assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
            assert headers["Content-Type"] == "application/octet-stream"
            assert picture.startswith(b"<svg")

    visit(act)


# What is told


def test_log_names_user_and_token_by_number_and_holds_no_secret(
    ben: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = a_token(ben)

    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        await browser.log_in("waybill_guessed")
        await browser.log_in(text)
        cookies.append(browser.cookies()[0].value)
        async with browser.tab():
            pass
        await until(lambda: "web.closed" in caplog.text)

    cookies: list[str] = []
    visit(act)
    assert f"web.login user_id={ben.id} token_id=1" in caplog.text
    for secret in (text, "waybill_guessed", *cookies):
        assert secret not in caplog.text


# Behind a proxy


SECRET = "between-the-two-of-us"
TRUSTED = {SECRET_HEADER: SECRET, "X-Waybill-User": "ben@example.com"}


def proxied(network: str = "127.0.0.1") -> Rules:
    proxy = Proxy(networks=(ipaddress.ip_network(network),), secret=SECRET, user_header="X-Waybill-User")
    return but(proxy=proxy)


def test_proxy_says_who_comes_and_the_program_is_that_users(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        browser = new()
        browser.origin = {"Origin": "https://waybill.example.com", "Host": "waybill.example.com"}
        status, page = await browser.get("/", **TRUSTED)
        assert (status, ben.email in page, browser.cookies()) == (200, True, [])
        assert (await browser.get("/login"))[0] == 404
        async with browser.tab(**TRUSTED) as tab:
            await tab.until("ben@example.com")
            people.edit(WAYBILL, ben, active=False)
            assert await tab.until_closed() == WSCloseCode.GOING_AWAY
        assert await browser.tab_status(**TRUSTED) == 403

    visit(act, proxied())


@pytest.mark.parametrize(
    "wrong",
    [
        {SECRET_HEADER: "guessed"},
        {SECRET_HEADER: ""},
        {"X-Waybill-User": "nobody@example.com"},
        {"X-Waybill-User": ""},
    ],
)
def test_who_is_not_the_proxy_or_nobodys_user_is_refused(ben: User, wrong: dict[str, str]) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        assert (await new().get("/", **TRUSTED))[0] == 200
        assert (await new().get("/", **(TRUSTED | wrong)))[0] == 403
        assert await new().tab_status(**(TRUSTED | wrong)) == 403
        assert (await new().get("/"))[0] == 403

    assert ben.active
    visit(act, proxied())


def test_proxys_word_from_another_address_is_refused(ben: User) -> None:
    async def act(new: Callable[[], Browser]) -> None:
        assert (await new().get("/", **TRUSTED))[0] == 403

    assert ben.active
    visit(act, proxied("10.0.0.0/8"))
