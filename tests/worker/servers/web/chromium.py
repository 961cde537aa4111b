"""Headless Chromium, driven over its DevTools protocol: what the pages do in a real browser."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

_SECONDS = 60
_LARGEST = 64 << 20


class Page:
    """One page; remembers what it loaded, what its websocket brought, and what the browser complained of."""

    def __init__(self, devtools: aiohttp.ClientWebSocketResponse) -> None:
        self._devtools = devtools
        self._numbers = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self.loaded: list[str] = []
        self.complaints: list[str] = []
        self.received = b""
        """What came over the websocket."""

    async def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the protocol; its result."""
        number = next(self._numbers)
        await self._devtools.send_json({"id": number, "method": method, "params": parameters})
        await self.until(lambda: number in self._answers)
        answer = self._answers.pop(number)
        assert "error" not in answer, (method, answer)
        result: dict[str, Any] = answer["result"]
        return result

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        return (await self.ask("Runtime.evaluate", expression=script))["result"].get("value")

    async def until(self, condition: Callable[[], bool]) -> None:
        """Take in what the browser tells until this holds."""
        async with asyncio.timeout(_SECONDS):
            while not condition():
                self._take(await self._devtools.receive_json())

    async def until_true(self, script: str) -> None:
        """Wait until a JavaScript expression holds."""
        async with asyncio.timeout(_SECONDS):
            while not await self.run(script):
                await asyncio.sleep(0.05)

    async def picture(self) -> bytes:
        """What the page looks like, as PNG."""
        return base64.b64decode((await self.ask("Page.captureScreenshot", format="png"))["data"])

    def _take(self, told: dict[str, Any]) -> None:
        match told:
            case {"id": int(number)}:
                self._answers[number] = told
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.loaded.append(url)
            case {"method": "Network.webSocketFrameReceived", "params": {"response": frame}}:
                if frame["opcode"] == 2:
                    self.received += base64.b64decode(frame["payloadData"])
            case {"method": "Log.entryAdded", "params": {"entry": {"level": "error", "text": text}}}:
                self.complaints.append(text)


@asynccontextmanager
async def page_of_chromium(program: str, folder: Path, url: str) -> AsyncIterator[Page]:
    """A page that has begun to load `url`."""
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    places = (f"--user-data-dir={folder}", "--remote-debugging-port=0", "--window-size=1000,640")
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        *places,
        "about:blank",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with aiohttp.ClientSession() as session:
            address = await _page_address(process, session)
            async with session.ws_connect(address, max_msg_size=_LARGEST) as devtools:
                page = Page(devtools)
                for domain in ("Page", "Network", "Runtime", "Log"):
                    await page.ask(f"{domain}.enable")
                await page.ask("Page.navigate", url=url)
                yield page
                await page.ask("Browser.close")
        await asyncio.wait_for(process.communicate(), _SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def _page_address(process: asyncio.subprocess.Process, session: aiohttp.ClientSession) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(_SECONDS):
        while line := (await process.stderr.readline()).decode():
            if found := re.search(r"listening on ws://([^/]+)/", line):
                async with session.get(f"http://{found[1]}/json/list") as answer:
                    pages = json.loads(await answer.text())
                return str(next(one["webSocketDebuggerUrl"] for one in pages if one["type"] == "page"))
    raise AssertionError("Chromium ended without saying where its DevTools are")


def share_of_commonest_byte(png: bytes) -> float:
    """How much of a PNG's data is one byte: nearly all of it where the picture is blank.

    Rows are stored as differences to their neighbours, so that a blank one is a row of zeros.
    """
    parts, at = b"", 8
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        parts += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    data = zlib.decompress(parts)
    return Counter(data).most_common(1)[0][1] / len(data)
