"""All figures of the built book in one zip, as the pages give them away: `make figures`.

Of each figure the drawing and the picture, for light and for dark slides, of each explorable and simulation one file of
HTML, and the captions with the licence.
"""

import base64
import zipfile
from pathlib import Path

from chromium import chromium

BUILD = Path(__file__).resolve().parents[2] / "_build"
LICENCE = "From the book “Intrinsic spin torque”. Text and figures: CC BY 4.0.\n\n"
# Chromium stops a page that downloads many files in a row: what the page's script would save is kept in `taken`.
KEEP = """const made = URL.createObjectURL; let last;
URL.createObjectURL = blob => { last = blob; return made.call(URL, blob); };
HTMLAnchorElement.prototype.click = function () { window.taken = {name: this.download, blob: last}; };"""
PRESS = """async button => {
  window.taken = null;
  button.click();
  while (!window.taken) await new Promise(done => setTimeout(done, 5));
  const bytes = new Uint8Array(await window.taken.blob.arrayBuffer());
  return [window.taken.name, btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""))];
}"""


def take_all(page, archive):
    """Press every item of every figure's menu on `page`, put the files into `archive`, and return the captions."""
    captions = []
    for figure in page.locator(".torque-figure:has(.take-away)").all():
        caption = figure.locator("figcaption.torque-caption").text_content()
        captions.append(caption.replace("Take away", "").strip())
        figure.locator(".take-away").evaluate("button => button.click()")
        for item in figure.locator(".take-menu button").all():
            name, data = item.evaluate(PRESS)
            archive.writestr(name, base64.b64decode(data))
    return captions


if __name__ == "__main__":
    target, captions = BUILD / "intrinsic-spin-torque-figures.zip", []
    with chromium() as browser, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(KEEP)
        for path in sorted((BUILD / "html" / "book").glob("*.html")):
            if "take-away" in path.read_text(encoding="utf-8"):
                page.goto(path.as_uri())
                captions += take_all(page, archive)
        archive.writestr("captions.txt", LICENCE + "\n\n".join(captions) + "\n")
    print(target)
