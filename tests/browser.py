"""Clicks through a report in a headless Chromium, and takes screenshots of all that it shows.

python tests/browser.py results/demo/report.zip screenshots
"""

import re
import shutil
import sys
import zipfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
LOADED = "image => image.complete && image.naturalWidth > 0"


def chromium() -> str | None:
    """The path of an installed Chromium, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def click_through(report: Path, folder: Path) -> tuple[dict[str, str], list[str]]:
    """Open each section of a report, and look at each picture and each caption in it.

    Args:
        report: the .zip.
        folder: where it is unpacked, and where the screenshots go.

    Returns:
        The texts that were shown, by "section/entry", "" for the opening page; and what went
        wrong: complaints of the browser, and pictures that did not load.
    """
    with zipfile.ZipFile(report) as archive:
        archive.extractall(folder)
    texts, complaints = {}, []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url[:200]))
        page.goto(next(folder.glob("*/report.html")).as_uri())
        page.wait_for_selector(".prose img, .prose p")
        texts[""] = page.inner_text(".prose")
        page.wait_for_function(f"[...document.images].every({LOADED})")
        page.screenshot(path=folder / "opening.png")
        for category, subcategories in page.evaluate("categories").items():
            for subcategory, entries in subcategories.items():
                for row in range(len(entries)):
                    open_section(page, category, subcategory, alone=len(subcategories) == 1)
                    name, problem = look_at(page, row, folder)
                    texts[f"{category}/{name}"] = page.inner_text("nav")
                    complaints += [f"{category}/{name}: {problem}"] if problem else []
        browser.close()
    return texts, complaints


def open_section(page: Page, category: str, subcategory: str, alone: bool):
    page.locator("nav ol a").first.click()
    page.locator("nav li a", has_text=category).click()
    if not alone:
        only = re.compile(rf"^\s*{re.escape(subcategory)}\s*$")  # "m" is in "all models" too
        page.locator("nav ul li a", has_text=only).first.click()
    page.wait_for_selector("nav tbody tr")


def look_at(page: Page, row: int, folder: Path) -> tuple[str, str]:
    """Show an entry of a section and its caption; the entry's name, and what is wrong with it."""
    entry = page.locator("nav tbody tr").nth(row)
    name = " ".join(entry.locator("td").all_inner_texts()).strip()
    eye = entry.locator("a[iconname=eye]")
    problem = ""
    if eye.get_attribute("href") == "#":
        eye.click()
        picture = page.locator("div.grow img[src^='data/']")
        picture.wait_for()
        page.wait_for_function(f"[...document.images].every({LOADED})")
        box = picture.bounding_box()
        if box["y"] < 0 or box["width"] < 200:
            problem = f"its picture lies at {box}"
    entry.locator("a[iconname=information-circle]").click()
    page.wait_for_selector("nav .prose, nav p")
    page.screenshot(path=folder / f"{name.replace(' ', '_')}.png")
    return name, problem


if __name__ == "__main__":
    _, complaints = click_through(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.exit("\n".join(complaints) or 0)
