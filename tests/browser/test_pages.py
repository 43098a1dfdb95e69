"""Every page of the built book in a real browser: widths and colour schemes, requests, accessibility, controls."""

import re
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urlsplit

import pytest
from built_book import AXE, HTML, find_lack, list_built

pytestmark = pytest.mark.browser

WIDTHS = (390, 768, 1280)
SCHEMES = ("light", "dark")
GRAVE = {"serious", "critical"}
TERMS = {  # what a reader would type to find a chapter; the chapter's own heading where it is not named here
    "data_scarcity": "learning curve",
    "head_only": "threshold",
    "honest_splits": "leak",
    "partial_unfreezing": "cached activations",
    "batch_norm": "running mean",
    "full_fine_tuning": "learning rate",
}

# What is wider than the page: the page itself, or something in it that no box around it lets the reader scroll to.
MEASURE = """() => {
  const wide = [], inside = document.documentElement.clientWidth;
  const page = document.documentElement.scrollWidth;
  if (page > innerWidth) wide.push(`the page is ${page} wide`);
  const tell = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") ?? ""}`;
  const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowX);
  for (const e of document.querySelectorAll(".bd-article *")) {
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.right <= inside + 1 || !e.checkVisibility()) continue;
    let around = e;
    while (around && !scrolls(around)) around = around.parentElement;
    if (!around || around.matches("html, body")) wide.push(`${tell(e)} ends at ${Math.round(box.right)}`);
  }
  return wide.slice(0, 5);
}"""
IMAGES = """() => [...document.querySelectorAll(".bd-article img, .bd-article svg[role=img]")]
  .filter((e) => e.tagName === "IMG" ? !e.alt.trim() || !e.naturalWidth : !e.querySelector("title"))
  .map((e) => e.outerHTML.slice(0, 120))"""
WEIGHT = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
MAX_WEIGHT = 2_000_000  # bytes of a page with all that it loads, uncompressed
CHECK = """() => axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.map(
    (rule) => [rule.impact, rule.id, rule.nodes.length, rule.nodes[0].html.slice(0, 160)]))"""
HOLD_STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pages_at_all_widths(scheme, open_context, site):
    page = open_context(color_scheme=scheme).new_page()
    problems, name = [], ""

    def note(kind, text):
        problems.append(f"{name} {scheme}: {kind}: {text}")

    page.on("console", lambda message: note("console", message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: note("script", error))
    page.on("requestfailed", lambda asked: note("failed request", asked.url))
    page.on(
        "response", lambda answer: note("status", f"{answer.status} {answer.url}") if answer.status >= 400 else None
    )
    page.on(
        "request", lambda asked: None if asked.url.startswith((site, "data:", "blob:")) else note("external", asked.url)
    )
    axe = AXE.read_text(encoding="utf-8") if AXE.exists() else None
    for name in list_built():
        page.set_viewport_size({"width": WIDTHS[0], "height": 844})
        page.goto(f"{site}/{name}.html")
        page.add_style_tag(content=HOLD_STILL)
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            for line in page.evaluate(MEASURE):
                note(f"at {width}", line)
        for line in page.evaluate(IMAGES):
            note("picture without words or bytes", line)
        if axe:
            page.evaluate(axe)
            for impact, rule, count, where in page.evaluate(CHECK):
                if impact in GRAVE:
                    note(f"axe, {impact}", f"{rule} ({count}): {where}")
    assert not problems, "\n".join(problems)


def test_pages_are_light(open_context, site):
    weights = {}
    for name in list_built():
        page = open_context().new_page()  # a new context has nothing cached, whose bytes would be told as none
        page.goto(f"{site}/{name}.html")
        weights[name] = page.evaluate(WEIGHT)
        page.context.close()
    assert min(weights.values()) > 500_000, f"the theme's styles alone weigh as much: {weights}"
    assert {name: weight for name, weight in weights.items() if weight > MAX_WEIGHT} == {}


def test_axe_finds_what_is_planted(open_context):
    if not AXE.exists():
        pytest.skip("axe-core could not be fetched (tools/vendor.py --tests): accessibility was NOT tested")
    page = open_context().new_page()
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"><input></main></html>')
    page.evaluate(AXE.read_text(encoding="utf-8"))
    grave = {rule for impact, rule, *_ in page.evaluate(CHECK) if impact in GRAVE}
    assert {"image-alt", "label"} <= grave


def test_questions_by_mouse_and_by_keyboard(open_context, site):
    page = open_context(viewport={"width": 390, "height": 844}).new_page()
    asked = 0
    for name in list_built():
        if "tl-question" not in (HTML / f"{name}.html").read_text(encoding="utf-8"):
            continue
        page.goto(f"{site}/{name}.html")
        for question in page.locator("fieldset.tl-question").all():
            feedback, options = question.locator(".tl-feedback"), question.locator("input[type=radio]")
            assert feedback.inner_text().strip() == "", name
            question.locator("label").first.click()
            first = feedback.inner_text().strip()
            options.first.press("ArrowDown")
            second = feedback.inner_text().strip()
            assert options.nth(1).is_checked() and first and second and first != second, name
            asked += 1
        page.reload()  # nothing is stored: Tab reaches the question, Space answers it
        question = page.locator("fieldset.tl-question").first
        question.locator("input").first.focus()
        page.keyboard.press("Space")
        assert question.locator("input").first.is_checked() and question.locator(".tl-feedback").inner_text().strip()
    assert asked > 0


def test_what_scrolls_can_be_scrolled_by_keyboard(open_context, site):
    page = open_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{site}/chapters/head_only.html")
    boxes = page.locator("[data-tl-scrolls]")
    assert boxes.count() > 0
    boxes.first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")


def test_search_finds_each_chapter(open_context, site):
    page = open_context().new_page()
    missed = []
    for name in list_built():
        if name.count("/") > 1:
            continue
        heading = re.search(r"<h1>(.*?)<", (HTML / f"{name}.html").read_text(encoding="utf-8"))[1]
        page.goto(f"{site}/search.html?q={quote(TERMS.get(name.rpartition('/')[2], heading))}")
        page.wait_for_function("/finished|did not match/.test(document.querySelector('#search-results').innerText)")
        if not page.locator(f"#search-results a[href*='{name}.html']").count():
            missed.append(name)
    assert missed == []


class Links(HTMLParser):
    """Anchors and links of a page."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.anchors |= {found.get("id"), found.get("name") if tag == "a" else None} - {None}
        if tag == "a" and found.get("href"):
            self.links.add(found["href"])


def test_links_and_anchors_lead_somewhere(request):
    if lack := find_lack():
        request.config.browser_lack = lack
        pytest.skip(lack)
    pages = {(HTML / f"{name}.html").resolve(): None for name in list_built()}
    pages |= {path.resolve(): None for path in (HTML / "genindex.html", HTML / "search.html") if path.exists()}
    read = {path: Links(path.read_text(encoding="utf-8")) for path in pages}
    broken = []
    for path, page in read.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.exists():
                broken.append(f"{path.stem}: {link} is not there")
            elif anchor and target in read and anchor not in read[target].anchors:
                broken.append(f"{path.stem}: {link} has no such anchor")
    assert not broken, "\n".join(broken)
