"""Boxes that open and close, as the browser's own <details>: a link, a search or a printer that needs one opens it."""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node


class Box(nodes.General, nodes.Element):
    """An admonition of class dropdown."""


class BoxTitle(nodes.Element):
    """What of a box is always seen."""


class Boxes(SphinxPostTransform):
    """Make each dropdown a Box with an id that stays: a solution's from its exercise, another's from its title."""

    default_priority = 900  # after sphinx-exercise has written the titles
    formats = ("html",)

    def run(self, **options):
        taken = {name for node in self.document.findall(nodes.Element) for name in node.get("ids", ())}
        for node in list(self.document.findall(nodes.Admonition)):
            for section in node.children:  # sphinx-exercise calls each of them exercise-content or solution-content
                if isinstance(section, nodes.section):
                    section["ids"] = []
            if "dropdown" not in node["classes"]:
                continue
            title = node.pop(0)
            if isinstance(node, solution_node):  # its link would lead away instead of opening the box
                for link in list(title.findall(nodes.reference)):
                    link.replace_self(link.children)
                name = f"solution-{node['target_label']}"
            else:
                name = node["ids"][0] if node["ids"] else free_name(nodes.make_id(title.astext()), taken)
            others = [other for other in node["ids"] if other != name]  # in a tag of their own they would take a line
            node["ids"] = []
            title = BoxTitle("", *title.children, ids=others)
            box = Box("", title, *node.children, ids=[name], classes=node["classes"])
            node.replace_self(box)


def free_name(wanted, taken):
    """Return `wanted`, with a number if that is `taken`, and take it."""
    wanted, count, name = wanted or "box", 1, wanted or "box"
    while name in taken:
        count += 1
        name = f"{wanted}-{count}"
    taken.add(name)
    return name


def visit_box(self, node):
    self.body.append(self.starttag(node, "details", CLASS="admonition"))


def depart_box(self, node):
    self.body.append("</details>\n")


def visit_box_title(self, node):
    self.body.append(self.starttag(node, "summary", "", CLASS="admonition-title"))


def depart_box_title(self, node):
    self.body.append("</summary>\n")


def setup(app):
    app.add_node(Box, html=(visit_box, depart_box))
    app.add_node(BoxTitle, html=(visit_box_title, depart_box_title))
    app.add_post_transform(Boxes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
