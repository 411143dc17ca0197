"""The pages in a real browser: signing in, live figures, keyboard, narrow screens, policy and downloads."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from engine.domain.message import MessageState
from engine.ports.drawing import DrawnPage
from engine.web.app import create_app
from engine.web.server import WebServer
from tests.browser.demo_store import CHANNELS, PDF, RAW, SHA, filled_store, ready
from tests.unit.web.fakes import TOKEN, FakeStore, detail, message_id, services, view

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAGES = ["/", "/messages", f"/messages/{message_id(1)}", f"/messages/{message_id(9)}", "/reviews", "/queues"]
PAGES += [f"/messages/{message_id(1)}/beside"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Painter:
    """An artist whose pages are white."""

    async def draw(self, _data: bytes, _page: int) -> DrawnPage:
        out = io.BytesIO()
        Image.new("L", (612, 792), 255).save(out, format="PNG")
        return DrawnPage(width=612.0, height=792.0, picture=out.getvalue())


@pytest.fixture
def store() -> FakeStore:
    return filled_store()


@pytest.fixture
async def url(store) -> AsyncIterator[str]:
    wired = services(store, channels=lambda: CHANNELS, ready=ready, artist=Painter())
    wired.clock.seconds = 5700.0  # type: ignore[attr-defined]
    server = WebServer(create_app(wired), "127.0.0.1", 0)
    yield await server.start()
    await server.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        await launched.close()


async def sign_in(context: BrowserContext, url: str) -> tuple[Page, list[str]]:
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(url)
    await page.get_by_label("Admin token").fill(TOKEN)
    await page.keyboard.press("Enter")
    await page.wait_for_url(url + "/")
    return page, complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
async def test_every_page_fits_the_screen_and_breaks_no_rule(browser, url, scheme, width):
    """No page scrolls sideways, none logs an error or violates its own content policy, each has one heading."""
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, complaints = await sign_in(context, url)
    for path in PAGES:
        response = await page.goto(url + path)
        assert response is not None
        assert response.status == 200
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, path
        assert await page.locator("h1").count() == 1
    assert complaints == []
    await context.close()


async def test_a_row_shows_its_box_and_a_box_its_row(browser, url):
    """Pointing at a row lights its box; following a box leads to its row; the picture is there."""
    context = await browser.new_context(viewport={"width": 1400, "height": 800})
    page, complaints = await sign_in(context, url)
    await page.goto(url + f"/messages/{message_id(1)}/beside")
    await page.wait_for_load_state("networkidle")
    box, row = page.locator("#box-r3"), page.locator("#row-r3")
    await row.hover()
    assert "lit" in (await box.get_attribute("class") or "").split()
    await page.locator("#box-r1").hover()
    assert "lit" not in (await box.get_attribute("class") or "").split()
    assert "lit" in (await page.locator("#row-r1").get_attribute("class") or "").split()
    await box.click(force=True)
    assert page.url.endswith("#row-r3")
    image = await page.request.get(url + (await page.locator("svg image").get_attribute("href") or ""))
    assert (image.status, image.headers["content-type"]) == (200, "image/png")
    assert complaints == []
    await context.close()


async def test_a_wrong_token_is_told(browser, url):
    """The form comes back with an alert and no session."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_label("Admin token").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    assert "not the token" in await page.get_by_role("alert").inner_text()
    await page.goto(url + "/messages")
    assert page.url == url + "/login"
    await context.close()


async def test_the_overview_refreshes_itself_and_keeps_the_focus(browser, url, store):
    """A new message appears without a click, and a keyboard user stays on the link they were on."""
    context = await browser.new_context()
    page, complaints = await sign_in(context, url)
    link = page.get_by_role("link", name="lab-reports", exact=True)
    await link.focus()
    store.details.append(detail(view(500, state=MessageState.PARKED)))
    await page.get_by_role("link", name="MSG00500").wait_for(timeout=15_000)
    assert await page.evaluate("document.activeElement.textContent") == "lab-reports"
    assert complaints == []
    await context.close()


async def test_an_ended_session_leads_to_the_sign_in(browser, url):
    """The page that refreshes itself goes to the form when its session is gone."""
    context = await browser.new_context()
    page, _ = await sign_in(context, url)
    await context.clear_cookies()
    await page.wait_for_url(url + "/login", timeout=15_000)
    await context.close()


async def test_the_keyboard_reaches_everything(browser, url):
    """Skip link first, then navigation; Enter follows; the search is usable without a mouse."""
    context = await browser.new_context()
    page, _ = await sign_in(context, url)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to content"
    await page.goto(url + "/messages")
    await page.get_by_label("Find").focus()
    await page.keyboard.type("MRN0007")
    async with page.expect_response(lambda answer: answer.request.method == "POST"):
        await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Clear").wait_for()
    assert await page.locator("tbody tr").count() == 1
    assert page.url == url + "/messages"
    await page.get_by_role("link", name="MSG00007").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{url}/messages/{message_id(7)}")
    await context.close()


async def test_downloads_are_the_bytes(browser, url):
    """What a person saves from the page is what was received."""
    context = await browser.new_context(accept_downloads=True)
    page, _ = await sign_in(context, url)
    await page.goto(f"{url}/messages/{message_id(1)}")
    for name, wanted, file_name in (
        ("Download as received", RAW, f"{message_id(1)}.hl7"),
        ("Download document 1", PDF, f"document-{SHA[:16]}.pdf"),
    ):
        async with page.expect_download() as coming:
            await page.get_by_role("link", name=name).click()
        download = await coming.value
        assert download.suggested_filename == file_name
        assert Path(await download.path()).read_bytes() == wanted
    await context.close()


async def test_a_script_in_a_message_does_not_run(browser, url):
    """Markup of a sender is text on the page."""
    context = await browser.new_context()
    page, complaints = await sign_in(context, url)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await page.goto(f"{url}/messages/{message_id(1)}")
    assert await page.get_by_text("<script>alert(1)</script> stays text").is_visible()
    assert (dialogs, complaints) == ([], [])
    await context.close()


async def test_signing_out_leaves_nothing_to_go_back_to(browser, url):
    """After signing out the back button shows the form and not the last page."""
    context = await browser.new_context()
    page, _ = await sign_in(context, url)
    await page.goto(url + "/messages")
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url(url + "/login")
    await page.go_back()
    assert page.url == url + "/login"
    await context.close()
