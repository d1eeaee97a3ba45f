"""What a page loads: one sheet with the rules that some page uses, one deferred script, fonts cut to the glyphs."""

import base64
import hashlib
import logging
import re
from io import BytesIO
from pathlib import Path

import tinycss2
from fontTools import subset
from fontTools.ttLib import TTFont
from mathematics import MATHJAX

SHEETS = ("basic.css", "styles/theme.css", "styles/pydata-sphinx-theme.css", "pygments.css",
          "styles/sphinx-book-theme.css", "copybutton.css", "mystnb.*.css", "exercise.css",
          "sphinx-design.min.css",
          "mathematics.css", "book.css")
SCRIPTS = ("documentation_options.js", "doctools.js", "clipboard.min.js", "copybutton.js",
           "scripts/sphinx-book-theme.js", "scripts/bootstrap.js", "scripts/pydata-sphinx-theme.js",
           "page.js", "takeaway.js", "search.js")
LATER = {script for script in SCRIPTS if script == "copybutton.js" or script.startswith("scripts/")}
"""What the first paint does not wait for: each is a task of its own, so that none holds up a reader's first touch."""
# MathJax's fonts that stretched signs use without a class; the others are named by a formula's classes
ALWAYS = {"MJXZERO", "MJXTEX", *(f"MJXTEX-S{size}" for size in (1, 2, 3, 4))}
logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each glyph
# MathJax's lines rest on a font of no height, MJXZERO. A browser has it a moment after the first paint; until then this
# one, cut flat, stands in, so that no line moves. It has the space only, whose font gives a line its height.
FLAT = ('@font-face{font-family:"MJXFLAT";src:' + ",".join(f'local("{name}")' for name in (
    "Times New Roman", "Liberation Serif", "DejaVu Serif", "Noto Serif", "Roboto", "Arial"))
    + ";unicode-range:U+20;ascent-override:0%;descent-override:0%;line-gap-override:0%}\n")
SMALL = 6000  # bytes: a font up to this size stands in the sheet, which saves a request

# the theme's search for what scrolls lays out the whole page, once for each thing found; page.js does it
STOPS = re.compile(r'"complete"===document\.readyState\?(\w)\(\):window\.addEventListener\("load",\1\)')

# what the theme puts into a page's head one by one
HEAD = re.compile(
    r'\s*<link[^>]* rel="stylesheet"[^>]*>|\s*<link rel="stylesheet"[^>]*>|\s*<link rel="preload" as="script"[^>]*>'
    r'|\s*<script[^>]* src="[^"]*_static/[^"]*\.js[^"]*"[^>]*></script>'
    r"|\s*<script>(?:window\.MathJax|DOCUMENTATION_OPTIONS)[^<]*</script>")
# the theme learns only when its script has loaded whether "auto" is light or dark, and then restyles the whole page
# Where a browser lets nothing be kept, its script would end at the first access, and the search and the switch with it.
UNDECIDED = re.compile(r'document\.documentElement\.dataset\.mode = localStorage[^<]*?"auto";\s*'
                       r'document\.documentElement\.dataset\.theme = localStorage[^<]*?"auto";')
DECIDED = """{
      const chosen = document.documentElement.dataset;
      try { localStorage.setItem("mode", localStorage.getItem("mode") || "auto"); }
      catch {
        const kept = {}, getItem = name => kept[name] || null, setItem = (name, value) => { kept[name] = value; };
        Object.defineProperty(window, "localStorage", {value: {getItem, setItem}});
      }
      chosen.mode = localStorage.getItem("mode") || "auto";
      chosen.theme = chosen.mode !== "auto" ? chosen.mode
        : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    }"""
TOGGLER = re.compile(r'<img [^>]*class="toggler"[^>]*/>')  # blurred pictures that fold the list of modules' one group
FRAMES = re.compile(r'<script type="text/plain">([^<]{2000,})</script>')


def gather(page, name, static):
    """Return the text of `page` with the theme's sheets and scripts replaced by one of each, and with the frames of
    explorables in files beside it, in `static`."""
    root = re.search(r'data-content_root="([^"]*)"', page)
    if root is None:  # the page that only leads to the cover
        return page

    frames, folder = {}, static / "frames"

    def beside(found):
        file = f"{Path(name).name}-{hashlib.sha256(found[1].encode()).hexdigest()[:8]}.js"
        frames[folder / file] = f'document.currentScript.packed = "{found[1]}";\n'
        return f'<script type="text/plain" data-src="{root[1]}_static/frames/{file}"></script>'

    page = FRAMES.sub(beside, page)
    for stale in set(folder.glob(f"{Path(name).name}-*.js")) - set(frames):
        stale.unlink()
    for file, text in frames.items():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    page = UNDECIDED.sub(DECIDED, HEAD.sub("", TOGGLER.sub("", page)), 1)
    page = page.replace(' data-bs-spy="scroll"', "", 1)  # it lays out the whole page; page.js does it
    page = page.replace(' data-bs-toggle="tooltip"', "").replace("data-bs-title=", "title=")  # the browser's own do
    files = (f'<link rel="stylesheet" href="{root[1]}_static/pages.css" />\n'
             f'    <script defer src="{root[1]}_static/pages.js"></script>\n    ')
    rule = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}" />\n    '
    return page.replace("<title>", rule + files + "<title>", 1)


def policy(page):
    """Return what the browser may load and run: this site's files, and the scripts that stand on the page now.

    Styles may stand in attributes: the lengths of formulas and of drawings do.
    """
    scripts = re.findall(r"<script(?![^>]* src=)(?![^>]*text/plain)[^>]*>(.*?)</script>", page, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts}
    allowed = " ".join(f"'sha256-{found}'" for found in sorted(hashes))
    return (f"default-src 'self'; script-src 'self' {allowed}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
            "form-action 'self'")


def write_files(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    pages = [path for path in sorted(Path(app.outdir).rglob("*.html")) if not {"_static", "talks"} & set(path.parts)]
    bundle(app, "pages", SHEETS, SCRIPTS, pages)


def bundle(app, name, sheets, scripts, pages):
    """Write `name`.js, the scripts in one, and `name`.css, the rules of the sheets that some of the pages use."""
    static = Path(app.outdir, "_static")
    texts = [(static / script).read_text(encoding="utf-8") for script in scripts]
    script = "\n;".join(f"setTimeout(() => {{{text}\n}})" if name in LATER else text
                        for name, text in zip(scripts, texts, strict=True))
    script = STOPS.sub("0", re.sub(r"^//# sourceMappingURL=.*$", "", script, flags=re.M))
    (static / f"{name}.js").write_text(script, encoding="utf-8")

    names = set(re.findall(r"[\w-]+", script))
    for path in pages:
        page = path.read_text(encoding="utf-8")
        for value in re.findall(r'(?:class|id)="([^"]*)"', page):
            names.update(value.split())
        names.update(word for own in re.findall(r"<script[^>]*>(.*?)</script>", page, re.S)
                     for word in re.findall(r"[\w-]+", own) if len(own) < 40000)
    rules = []
    for pattern in sheets:
        for path in sorted(static.glob(pattern)) if isinstance(pattern, str) else [pattern]:
            text = path.read_text(encoding="utf-8")
            if path.parent != static:
                text = text.replace("url(../", "url(")
            rules += tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    faces = [rule for rule in rules if rule.type == "at-rule" and rule.lower_at_keyword == "font-face"]
    sheet = "\n".join(filter(None, (used(rule, names) for rule in rules if rule not in faces)))
    sheet = sheet.replace("MJXZERO,", "MJXZERO, MJXFLAT,")
    (static / f"{name}.css").write_text(FLAT + font_faces(static, name, sheet, faces, names) + sheet, encoding="utf-8")


def used(rule, names):
    """Return the text of `rule` without the selectors that fit no page, or nothing."""
    if rule.type == "error":
        raise ValueError(f"a style sheet of a page cannot be read: {rule.message}")
    if rule.type == "qualified-rule":
        kept = [selector for selector in selectors(rule.prelude) if set(tokens(selector)) <= names]
        body = squeezed(tinycss2.serialize(rule.content))
        return f"{','.join(kept)}{{{body}}}" if kept and body else ""
    if rule.lower_at_keyword in ("charset", "import"):  # what they name stands in SHEETS
        return ""
    prelude = squeezed(tinycss2.serialize(rule.prelude))
    if rule.content is None:
        return f"@{rule.at_keyword} {prelude};"
    if rule.lower_at_keyword in ("media", "supports", "layer"):
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        body = "".join(filter(None, (used(each, names) for each in inner)))
    else:
        body = squeezed(tinycss2.serialize(rule.content))
    return f"@{rule.at_keyword} {prelude}{{{body}}}" if body else ""


def selectors(prelude):
    """Split the list of selectors at its outer commas."""
    parts = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [squeezed(tinycss2.serialize(part)) for part in parts]


def tokens(selector):
    """Return the classes and ids that must be on a page for `selector` to fit something."""
    selector = re.sub(r"\[[^\]]*\]|:(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)", "", selector)
    return re.findall(r"[.#](-?[A-Za-z_][\w-]*)", selector)


def squeezed(text):
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.S)).strip()


def font_faces(static, bundle, sheet, faces, names):
    """Cut the icons and MathJax's fonts to the characters in `sheet`, and return the rules that load them."""
    written = []
    characters = {int(code, 16) for code in re.findall(r"\\([0-9a-fA-F]{2,6})", sheet)}
    characters |= {ord(c) for c in sheet}
    folder = static / "fonts" / bundle
    folder.mkdir(parents=True, exist_ok=True)
    for face in faces:
        text = tinycss2.serialize(face.content).replace("\\", "")
        family = re.search(r'font-family: ?"?([\w -]+)"?', text)[1].strip()
        if family.startswith("MJX") and family not in ALWAYS and family.removeprefix("MJX") not in names:
            continue
        if "fa-solid-900" in text:
            source = static / "vendor/fontawesome/webfonts/fa-solid-900.ttf"
        elif found := re.search(r"(MathJax_[\w-]+)\.woff", text):
            source = MATHJAX / "es5/output/chtml/fonts/woff-v2" / f"{found[1]}.woff"
        else:
            continue
        data = source.read_bytes() if family == "MJXZERO" else cut(source, characters)
        if len(data) <= SMALL:
            address = "data:font/woff;base64," + base64.b64encode(data).decode()
        else:
            (folder / f"{source.stem}.woff").write_bytes(data)
            address = f"fonts/{bundle}/{source.stem}.woff"
        weight = re.findall(r"font-weight: ?\w+", text)
        written.append(";".join([f'@font-face{{font-family:"{family}"', f'src:url({address}) format("woff")',
                                 "font-display:block", *weight]) + "}\n")
    return "".join(dict.fromkeys(written))


def cut(source, characters):
    """Return the font file `source` with the given characters only, as WOFF."""
    options = subset.Options(flavor="woff", layout_features=[], hinting=False, drop_tables=["FFTM"])
    font = TTFont(source, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    font.flavor = "woff"
    buffer = BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def setup(app):
    app.connect("build-finished", write_files, priority=900)  # the theme rewrites pygments.css at 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
