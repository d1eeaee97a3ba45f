"""On each page the first use of a term of the glossary leads to its entry; the source need not say so.

Titles, cells, code, formulas and links stay as they are, and so do the questions at a chapter's start: a definition
might give the answer away.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref

KEPT = (nodes.title, nodes.reference, pending_xref, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block,
        nodes.raw, nodes.comment)
WITHOUT_TERMS = {"index", "glossary", "bibliography", "reference", "status", "equation_map", "talks"}


def terms(glossary):
    """Return the entries of the glossary, each as the list of its terms: synonyms stand on lines of their own."""
    text = Path(glossary).read_text(encoding="utf-8")
    listed = re.search(r"```\{glossary\}\n(.*?)\n```", text, re.DOTALL)[1]
    entries = re.split(r"\n\s*\n", listed)
    return [[line for line in entry.splitlines() if line and not line.startswith(" ")] for entry in entries]


def pattern(entries):
    """Return a regular expression for any of the terms, in the singular or the plural."""
    words = sorted((term for entry in entries for term in entry), key=len, reverse=True)
    words = "|".join(r"\s+".join(map(re.escape, term.split())) for term in words).replace("'", "['’]")
    return re.compile(rf"(?<![\w–-])({words})(?:s|es)?(?![\w–-])", re.IGNORECASE)


def may_hold_links(text):
    node = text.parent
    while node is not None:
        if isinstance(node, KEPT) or node.get("nb_element") == "cell_code":
            return False
        if isinstance(node, nodes.Admonition) and {"tip", "question"} & set(node.get("classes", [])):
            return False
        node = node.parent
    return True


def link_terms(app, doctree):
    page, glossary = app.env.docname, Path(app.srcdir, "book", "glossary.md")
    if page.split("/")[-1] in WITHOUT_TERMS or "/reference/" in page:
        return
    app.env.note_dependency(str(glossary))
    entries = terms(glossary)
    found, entry_of = pattern(entries), {term.lower(): entry[0] for entry in entries for term in entry}
    used = {entry_of.get(reference["reftarget"].lower()) for reference in doctree.findall(pending_xref)
            if reference["reftype"] == "term"}
    for text in list(doctree.findall(nodes.Text)):
        if not may_hold_links(text):
            continue
        words, parts, end = str(text), [], 0
        for match in found.finditer(words):
            entry = entry_of[" ".join(match[1].lower().replace("’", "'").split())]
            if entry not in used:
                used.add(entry)
                shown = nodes.inline("", match[0], classes=["std", "std-term"])
                parts += [nodes.Text(words[end:match.start()]),
                          pending_xref("", shown, refdomain="std", reftype="term", reftarget=entry, refexplicit=True,
                                       refwarn=True, refdoc=page)]
                end = match.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(words[end:])])


def setup(app):
    app.connect("doctree-read", link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
