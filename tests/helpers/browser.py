"""A real browser looks at a page: whether it fits, can be read, complains, or asks for anything from anywhere."""

import html
import json
import re
import shutil
import subprocess

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-default-apps --disable-extensions --hide-scrollbars "
    "--proxy-server=127.0.0.1:9 --enable-logging=stderr --virtual-time-budget=5000"
).split()

LOOK = """
const frame = document.querySelector("iframe");
function channels(text) {
  const found = text.match(/[\\d.]+/g).map(Number);
  return text.startsWith("color(srgb") ? [found[0] * 255, found[1] * 255, found[2] * 255, found[3] ?? 1]
    : [found[0], found[1], found[2], found[3] ?? 1];
}
function over(top, below) {
  return [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat([1]);
}
function luminance(c) {
  const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function paint(view, element) {
  const style = view.getComputedStyle(element);
  const inSvg = element.ownerSVGElement;
  if (inSvg && ["rect", "path", "circle", "polygon", "use"].includes(element.tagName)) {
    if (style.fill === "none" || !style.fill.startsWith("rgb") && !style.fill.startsWith("color")) return null;
    const c = channels(style.fill);
    c[3] *= Number(style.fillOpacity) * Number(style.opacity);
    return c[3] > 0 ? c : null;
  }
  if (inSvg) return null;
  const c = channels(style.backgroundColor);
  return c[3] > 0 ? c : null;
}
function look() {
  const doc = frame.contentDocument, view = frame.contentWindow, width = doc.documentElement.clientWidth;
  for (const each of doc.querySelectorAll("details")) each.open = true;
  frame.style.height = doc.documentElement.scrollHeight + 50 + "px";
  const wide = [];
  for (const each of doc.body.querySelectorAll("*")) {
    if (each.closest(".scroll, pre") && !each.matches(".scroll, pre")) continue;
    const box = each.getBoundingClientRect();
    if (box.width && box.right > width + 0.5) wide.push(each.tagName + " " + each.className);
  }
  const low = [], walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  let words = 0, least = 21;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement, style = view.getComputedStyle(element);
    if (!node.data.trim() || ["STYLE", "title"].includes(element.tagName) || style.visibility === "hidden") continue;
    const range = doc.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    if (!box.width || x < 0 || x >= width) continue;
    const stack = doc.elementsFromPoint(x, y);
    if (!stack.includes(element)) continue;  // to be scrolled to
    words += 1;
    const below = stack.slice(stack.indexOf(element) + 1).concat([doc.documentElement]);
    if (below.some(each => each.tagName === "image")) continue;  // its colours are not known here
    let back = [255, 255, 255, 1], layers = [];
    for (const each of [element, ...below]) {
      if (element.ownerSVGElement && each === element) continue;
      const c = paint(view, each);
      if (c) { layers.push(c); if (c[3] === 1) break; }
    }
    for (const c of layers.reverse()) back = over(c, back);
    const ink = over(channels(element.ownerSVGElement ? style.fill : style.color), back);
    const [a, b] = [luminance(ink), luminance(back)].sort((p, q) => q - p);
    const ratio = (a + 0.05) / (b + 0.05);
    const picture = element.closest(".plot") !== null;
    if (ratio < (picture ? 3 : 4.5)) low.push([ratio.toFixed(2), node.data.trim().slice(0, 40), picture]);
    if (!picture) least = Math.min(least, ratio);
  }
  const out = document.createElement("pre");
  out.id = "found";
  out.textContent = JSON.stringify({width, scroll: doc.documentElement.scrollWidth, wide, low, words, least,
    scripts: doc.scripts.length, dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
    asked: view.performance.getEntriesByType("resource").map(e => e.name).filter(e => !e.startsWith("data:")),
    tags: [...new Set([...doc.querySelectorAll("*")].map(each => each.tagName))]});
  document.body.append(out);
}
if (frame.contentDocument.readyState === "complete" && frame.contentDocument.body.childElementCount) look();
else frame.addEventListener("load", look);
"""


def browser():
    """The path of a browser; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium here; .ci/run installs it")
    return found


def look(folder, text, width=360, *, dark=False):
    """What a browser finds in a page.

    Args:
        folder: a folder for its files.
        text: the page.
        width: of its window, in pixels.
        dark: whether the reader prefers a dark page.

    Returns:
        `wide`, elements beyond the window; `low`, words that are hard to read, with their contrast; `console`, what
        the browser complained of; `asked`, what it was asked to fetch; and more. Nothing is fetched, since its proxy
        is a closed port.
    """
    program = browser()
    (folder / "look.html").write_text(
        f'<!DOCTYPE html><body style="margin:0"><iframe style="border:0;width:{width}px;height:9000px" '
        f'srcdoc="{html.escape(text)}"></iframe><script>{LOOK}</script>',
        encoding="utf-8",
    )
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    size, profile = f"--window-size={max(width, 500)},1000", f"--user-data-dir={folder / 'profile'}"
    command = [program, *FLAGS, scheme, size, profile, "--dump-dom", f"file://{folder / 'look.html'}"]
    done = subprocess.run(command, capture_output=True, timeout=120)
    written = done.stdout.decode(errors="replace")
    found = re.search(r'<pre id="found">(.*?)</pre>', written, re.DOTALL)
    assert found, done.stderr.decode(errors="replace")[-3000:]
    console = [line for line in done.stderr.decode(errors="replace").splitlines() if "CONSOLE" in line]
    return json.loads(html.unescape(found[1])) | {"console": console}
