"""The numbers of equations: each displayed equation with a number can be linked to, and the book's own are links.

The paper's equations carry the paper's numbers and a target written before them, `(eq-8)=`. The book's own, such as
(7.5), get theirs here, `eq-7-5`, and wherever the prose says (7.5) it leads there.
"""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

TAG = re.compile(r"\\tag\{([A-Z]?\d+(?:\.\d+)?)\}")
MENTION = re.compile(r"\((\d+\.\d+)\)")
UNLINKED = (nodes.reference, nodes.title, nodes.literal, nodes.literal_block, nodes.math, nodes.raw)


def anchor_of(number):
    return "eq-" + number.lower().replace(".", "-")


def equations(env):
    """Return {number: (page, TeX, title of the section)} of all numbered equations."""
    pages = getattr(env, "numbered_equations", {})
    return {number: (page, *rest) for page, found in pages.items() for number, rest in found.items()}


class Numbers(SphinxTransform):
    """Give each numbered equation of the book's own its anchor, and remember where every number stands."""

    default_priority = 880  # after the targets have handed their names to what follows them

    def apply(self, **options):
        if not hasattr(self.env, "numbered_equations"):
            self.env.numbered_equations = {}
        found = self.env.numbered_equations[self.env.docname] = {}
        for block in self.document.findall(nodes.math_block):
            section = block
            while section is not None and not (isinstance(section, nodes.section)
                                               and isinstance(section[0], nodes.title)):
                section = section.parent  # an exercise is a section without a title
            title = section[0].astext() if section is not None else ""
            for number in TAG.findall(block.astext()):
                found[number] = (block.astext(), title)
                if anchor_of(number) not in self.document.ids:
                    block["ids"].append(anchor_of(number))
                    self.document.ids[anchor_of(number)] = block


class Mentions(SphinxPostTransform):
    """Let (7.5) in the prose lead to the equation."""

    default_priority = 850
    formats = ("html", "latex")

    def run(self, **options):
        known = equations(self.env)
        for text in list(self.document.findall(nodes.Text)):
            if any(number in known for number in MENTION.findall(text)) and not stands_in(text, UNLINKED):
                text.parent.replace(text, list(self.linked(text, known)))

    def linked(self, text, known):
        end = 0
        for mention in MENTION.finditer(text):
            if mention[1] in known:
                yield nodes.Text(text[end:mention.start()])
                page = self.app.builder.get_relative_uri(self.env.docname, known[mention[1]][0])
                address = f"{page}#{anchor_of(mention[1])}"
                yield nodes.reference("", mention[0], internal=True, refuri=address, classes=["equation"])
                end = mention.end()
        yield nodes.Text(text[end:])


def stands_in(node, kinds):
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def forget_page(app, env, name):
    getattr(env, "numbered_equations", {}).pop(name, None)


def setup(app):
    app.add_transform(Numbers)
    app.add_post_transform(Mentions)
    app.connect("env-purge-doc", forget_page)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
