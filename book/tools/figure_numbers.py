"""Figures of a chapter are numbered in the order in which they stand, and can be referred to.

A cell whose id is ``fig-NAME``, or that is tagged so, gives its figure a name: ``{ref}`fig-NAME``` writes "Figure 7.3"
and leads there. (An id may change without the chapter being executed again, a tag may not.)
"""

import html
import json
import re
from pathlib import Path

from docutils import nodes

FIGURE = re.compile(r'<figure class="torque-figure')
CAPTION = '<figcaption class="torque-caption">'
TAKE_AWAY = '<button type="button" class="take-away" aria-expanded="false">Take away</button>'  # takeaway.js


def number_figures(app, doctree):
    """Write the number of each figure before its caption, and note its name."""
    chapter = re.search(r"(\d+)_[^/]*$", app.env.docname)
    page = Path(app.env.docname).name.replace("index", "cover").replace("_", " ").capitalize()
    count, source = 0, Path(app.env.doc2path(app.env.docname))
    cells = json.loads(source.read_text(encoding="utf-8"))["cells"] if source.suffix == ".ipynb" else ()
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") != "cell_code":
            continue
        names = [name.removeprefix("tag_") for name in cell["classes"] if name.startswith("tag_fig-")]
        names += [name for name in (cells[cell["cell_index"]]["id"],) if name.startswith("fig-")]
        for bundle in cell.findall(nodes.container):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            raw = next((raw for raw in bundle.findall(nodes.raw)
                        if "html" in raw["format"] and FIGURE.search(raw.astext())), None)
            if raw is None:
                continue
            count += 1
            title = f"Figure {int(chapter[1])}.{count}" if chapter else f"{page}, figure {count}"
            named = names.pop(0) if names else None
            anchor = named or (title.lower().replace(" ", "-").replace(".", "-") if chapter else f"figure-{count}")
            numbered = FIGURE.sub(f'<figure id="{anchor}" class="torque-figure', raw.astext(), count=1)
            words = re.search(f"{CAPTION}(.*?)</figcaption>", numbered, re.DOTALL)[1]
            numbered = numbered.replace(CAPTION, f"{CAPTION}<b>{title}.</b> ")
            raw[:] = [nodes.Text(numbered.replace(f"{words}</figcaption>", f"{words} {TAKE_AWAY}</figcaption>", 1))]
            for image in list(bundle.findall(nodes.image)):  # on paper
                image.parent.insert(0, nodes.target("", "", ids=[anchor]))
                image.parent.append(nodes.paragraph("", "", nodes.strong("", f"{title}."),
                                                    nodes.Text(" " + html.unescape(words))))
            if named:
                label, domain = (app.env.docname, named, title), app.env.domains["std"]
                domain.labels[named], domain.anonlabels[named] = label, label[:2]


def setup(app):
    app.connect("doctree-read", number_figures)
    return {"env_version": 3, "parallel_read_safe": True, "parallel_write_safe": True}
