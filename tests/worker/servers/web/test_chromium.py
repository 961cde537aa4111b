"""The pages in a real browser: logging in by the form, the terminal drawn, nothing fetched from elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.worker.servers.web.chromium import Page, page_of_chromium, share_of_commonest_byte
from tests.worker.servers.web.kit import a_token, a_user, browsing, but

LOG_IN = "document.querySelector('#token').value = {}; document.querySelector('form').requestSubmit()"


_BLANK = 0.99


async def drawn_share(page: Page) -> float:
    """The share of the commonest byte in a picture of the page, once it is not blank any more."""
    async with asyncio.timeout(60):
        while (share := share_of_commonest_byte(await page.picture())) > _BLANK:
            await asyncio.sleep(0.05)
    return share


async def style(page: Page, selector: str, name: str) -> Any:
    """How the first such element of the page is shown."""
    return await page.run(f"getComputedStyle(document.querySelector('{selector}')).{name}")


@pytest.mark.outside("chromium")
@pytest.mark.usefixtures("home")
def test_program_is_drawn_in_chromium_with_nothing_from_elsewhere(
    require_program: Callable[[str], str], tmp_path: Path
) -> None:
    token = a_token(a_user("ben"))

    async def look() -> None:
        async with browsing(but()) as new:
            url = new().url
            async with page_of_chromium(require_program("chromium"), tmp_path / "profile", url) as page:
                await page.until_true("document.querySelector('#token') !== null")
                await page.run(LOG_IN.format(json.dumps(token)))
                await page.until(lambda: b"ben@example.com" in page.received)
                await page.until_true("document.body.classList.contains('-first-byte')")
                assert await style(page, ".opening", "display") == "none"
                drawn = await drawn_share(page)
                await page.run("document.getElementById('terminal').style.opacity = 0")
                assert share_of_commonest_byte(await page.picture()) > drawn
                await page.run("document.getElementById('terminal').style.opacity = ''")

                await page.ask("Input.insertText", text="\x11")  # ctrl+q: keys arrive without a click
                await page.until_true("document.body.classList.contains('-closed')")
                assert await style(page, "#terminal", "opacity") == "0"
                assert await page.run("location.href") == f"{url}/"
            assert [address for address in page.loaded if not address.startswith((url, "data:"))] == []
            assert page.complaints == []
            assert token not in " ".join(page.loaded)

    asyncio.run(look())
