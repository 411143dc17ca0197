"""What an operator does, in a real browser: pause and resume a queue, retry a delivery; with and without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from engine.domain.message import DeliveryState, MessageState
from engine.web.app import create_app
from engine.web.server import WebServer
from tests.browser.demo_store import CHANNELS, filled_store, ready
from tests.unit.web.acting_store import ActingStore
from tests.unit.web.fakes import TOKEN, services

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def store() -> ActingStore:
    return filled_store()


@pytest.fixture
async def url(store: ActingStore) -> AsyncIterator[str]:
    wired = services(store, channels=lambda: CHANNELS, ready=ready)
    server = WebServer(create_app(wired), "127.0.0.1", 0)
    yield await server.start()
    await server.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        await launched.close()


async def sign_in(context: BrowserContext, url: str) -> Page:
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_label("Admin token").fill(TOKEN)
    await page.keyboard.press("Enter")
    await page.wait_for_url(url + "/")
    return page


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_queue_is_paused_and_resumed(browser, url, store, scripts):
    """One click pauses, the page says so, reloading does not do it again, one click resumes."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=scripts)
    page = await sign_in(context, url)
    await page.get_by_role("link", name="Queues").click()
    await page.get_by_role("button", name="Pause ehr of lab-reports").click()
    await page.get_by_text("Paused: 1 of 3.").wait_for()
    assert store.pauses == {("lab-reports", "ehr")}
    await page.reload()
    assert len(store.audits) == 1
    await page.get_by_role("button", name="Resume ehr of lab-reports").click()
    await page.get_by_role("button", name="Pause ehr of lab-reports").wait_for()
    assert store.pauses == set()
    assert await page.get_by_text("Paused:").count() == 0
    await context.close()


async def test_a_parked_delivery_is_retried(browser, url, store):
    """From the page of its message; afterwards the page says what was done and offers what applies now."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await sign_in(context, url)
    parked = next(item.message for item in store.details if item.message.state is MessageState.PARKED)
    await page.goto(f"{url}/messages/{parked.id}")
    await page.get_by_role("button", name="Retry").click()
    await page.get_by_role("status").get_by_text("Queued to be sent now").wait_for()
    assert await page.get_by_role("button", name="Send now").is_visible()
    (now,) = [item.message for item in store.details if item.message.id == parked.id]
    assert [one.state for one in now.deliveries] == [DeliveryState.QUEUED]
    assert [audit.action for audit in store.audits] == ["retry"]
    await context.close()


async def test_who_withdraws_says_why(browser, url, store):
    """The browser does not send the form without a reason; with one the message is withdrawn; nothing scrolls sideways."""
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await sign_in(context, url)
    held = next(item.message for item in store.details if item.message.state is MessageState.REVIEW)
    await page.goto(f"{url}/messages/{held.id}")
    await page.locator("summary", has_text="Withdraw").click()
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    await page.get_by_role("button", name="Withdraw the message").click()
    assert store.audits == []
    await page.get_by_label("Why").fill("entered by hand")
    await page.get_by_role("button", name="Withdraw the message").click()
    await page.get_by_text("What was sent stays sent").wait_for()
    assert [audit.action for audit in store.audits] == ["withdraw"]
    await context.close()


async def test_a_case_is_closed_with_its_outcome(browser, url, store):
    """From the list of reviews, on a narrow screen, without the card growing out of it."""
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await sign_in(context, url)
    await page.goto(f"{url}/reviews")
    first = page.locator("article").first
    await first.locator("summary").click()
    card, form = await first.bounding_box(), await first.locator("details").bounding_box()
    assert form["x"] + form["width"] <= card["x"] + card["width"]
    await first.get_by_label("Outcome").select_option("rejected")
    await first.get_by_label("Why").fill("not our patient")
    await first.get_by_role("button", name="Close the case").click()
    await page.wait_for_url(f"{url}/reviews")
    assert [item.state for item in store.review_views].count("rejected") == 1
    await context.close()
