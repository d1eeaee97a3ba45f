"""What the book adds to Sphinx: execution keyed on torquelib, and repairs of the theme's pages."""

import filecmp
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
from docutils import nodes
from execution import execute, fingerprint, jobs
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.sphinx_ import NbMetadataCollector
from nbclient.exceptions import CellExecutionError
from page_files import gather
from sphinx.environment import CONFIG_OK
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

logger = logging.getLogger(__name__)


# --- one build at a time ------------------------------------------------------------------------------------------

def lock_folder(app):
    """Wait until no other build of this folder runs; two at once would write each other's files."""
    if fcntl is None:
        return
    folder = Path(app.outdir).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        app.torquelib_lock = open(folder / "building", "a")  # noqa: SIM115 - closed, and so released, with the process
    except OSError as error:
        raise ExtensionError(f"The book is built in {folder}, where nothing can be written ({error.strerror}). "
                             "Build a copy of the project in a folder of your own.") from error
    try:
        fcntl.flock(app.torquelib_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.info("Another build of this folder is running; waiting for it to end.")
        fcntl.flock(app.torquelib_lock, fcntl.LOCK_EX)


# --- execution ---------------------------------------------------------------------------------------------------

def outdated_notebooks(app, env, added, changed, removed):
    """Name the notebooks whose pages were made with another torquelib than the present one."""
    known = getattr(env, "torquelib_fingerprints", {})
    present = {name: fingerprint(read_notebook(env, name)) for name in only_page(env, notebooks(env))}
    env.torquelib_fingerprints = {**known, **present}
    return [name for name, value in present.items() if known.get(name) != value]


def only_page(env, names):
    """Leave of `names` the page that `make page` asks for; all, where none is or the settings have changed."""
    page = os.environ.get("TORQUELIB_PAGE")
    if not page or env.config_status != CONFIG_OK:
        return names
    return [name for name in names if Path(name).name.startswith(page)]


def execute_outdated(app, env, docnames):
    """Execute, several at a time, those of `docnames` for which the cache holds no outputs of the present code."""
    page = only_page(env, docnames)
    if len(page) < len(docnames):
        env.others_wait = True  # for the next whole build
        docnames[:] = page
    else:  # the cover alone is read in every build: its picture is newer than itself
        waited = getattr(env, "others_wait", False)
        app.pages_read = len(docnames) > 1 or waited
        if waited:  # a build of one page writes pages of code as it was when the reference was last read
            shutil.rmtree(Path(app.outdir, "_modules"), ignore_errors=True)
        env.others_wait = False
    cache = get_cache(env.mystnb_config.execution_cache_path)
    waiting = {}
    for name in notebooks(env).intersection(docnames):
        notebook = read_notebook(env, name)
        if cached_fingerprint(cache, notebook) != env.torquelib_fingerprints[name]:
            waiting[name] = notebook
    failed = []
    longest_first = sorted(waiting, key=lambda name: -len(waiting[name].cells))  # so that none is left alone at the end
    with ThreadPoolExecutor(max_workers=jobs()) as pool:
        runs = {pool.submit(execute, waiting[name], Path(env.doc2path(name)).parent): name for name in longest_first}
        for run in as_completed(runs):  # each is kept at once: a build that is killed goes on where it was
            name = runs[run]
            try:
                seconds = run.result()
            except (CellExecutionError, TimeoutError) as error:
                failed.append(f"{name}: {error}")
            else:
                logger.info("executed %s in %.0f s", name, seconds)
                data = {"torquelib": env.torquelib_fingerprints[name], "execution_seconds": seconds}
                bundle = CacheBundleIn(waiting[name], env.doc2path(name), data=data)
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    if failed:
        raise ExtensionError("These notebooks fail:\n\n" + "\n\n".join(sorted(failed)))


def cached_fingerprint(cache, notebook):
    try:
        return cache.match_cache_notebook(notebook).data.get("torquelib")
    except KeyError:
        return None


def notebooks(env):
    return {name for name in env.found_docs if str(env.doc2path(name)).endswith(".ipynb")}


def read_notebook(env, name):
    return nbformat.read(env.doc2path(name), as_version=4)


# --- pages -------------------------------------------------------------------------------------------------------

def changed_static_files(app, env, added, changed, removed):
    """Name the first page when a static file changed: Sphinx copies them only when it writes a page."""
    for folder in app.config.html_static_path:
        source, target = Path(app.confdir, folder), Path(app.outdir, "_static")
        for file in source.rglob("*"):
            copy = target / file.relative_to(source)
            if file.is_file() and not (copy.exists() and filecmp.cmp(file, copy, shallow=False)):
                return [env.config.root_doc]
    return []


def rewrite_every_page(app, env):
    """When a page was read again, write them all: numbers and places that others link to may have changed."""
    return env.found_docs if getattr(app, "pages_read", False) else []


# --- doors -------------------------------------------------------------------------------------------------------

def repository(environment, remote):
    """Return the address of the book's repository on GitHub, from $BOOK_REPOSITORY or the git remote, or nothing."""
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", environment.get("BOOK_REPOSITORY") or remote)
    return f"https://github.com/{found[1]}" if found else ""


def open_doors(app, config):
    """Put buttons for Binder, Colab, a hub and reports of mistakes on the pages, where the addresses are known."""
    config.html_baseurl = os.environ.get("BOOK_URL", "")  # where the book is published: a card's picture needs it
    config.html_context["html_baseurl"] = config.html_baseurl
    remote = ""
    if shutil.which("git"):
        command = ["git", "-C", app.confdir, "remote", "get-url", "origin"]
        remote = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    if address := repository(os.environ, remote):
        config.html_theme_options.update(
            repository_url=address, repository_branch=os.environ.get("BOOK_BRANCH", "main"), path_to_docs="",
            use_repository_button=True, use_issues_button=True, use_source_button=True,
            launch_buttons={"notebook_interface": "jupyterlab", "binderhub_url": "https://mybinder.org",
                            "colab_url": "https://colab.research.google.com",
                            "jupyterhub_url": os.environ.get("BOOK_HUB", "")})  # a hub that has nbgitpuller


# --- chapter numbers ---------------------------------------------------------------------------------------------

def give_back_numbers(app, env):
    """Before Sphinx counts: what it counted last time, for it to compare with."""
    for numbers, counted in zip((env.toc_secnumbers, env.toc_fignumbers), getattr(env, "own_numbers", ())):
        numbers.update({name: own for name, own in counted.items() if name in numbers})
    return []


def number_chapters(app, env):
    """A chapter and its exercises bear the number in the file's name, also while one before it is not written."""
    env.own_numbers = dict(env.toc_secnumbers), dict(env.toc_fignumbers)
    for name in env.toc_secnumbers:
        found = re.match(r"(\d+)_", name.split("/")[-1])
        if not found:
            continue

        def renumbered(old, number=int(found[1])):
            return old and (number, *old[1:])
        sections, figures = (counted.get(name, {}) for counted in env.own_numbers)
        env.toc_secnumbers[name] = {anchor: renumbered(old) for anchor, old in sections.items()}
        env.toc_fignumbers[name] = {kind: {key: renumbered(old) for key, old in numbers.items()}
                                    for kind, numbers in figures.items()}
        for numbered in (env.titles[name], *env.tocs[name].findall(nodes.reference)):
            if numbered.get("secnumber"):
                numbered["secnumber"] = renumbered(numbered["secnumber"])
    return []


def forget_pages_with_warnings(app, exception):
    """After pages with warnings, let the next build read all of them again, so that it cannot pass in silence."""
    if app._warncount and app.builder.format == "html":
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


def docstring_as_written(app, what, name, obj, options, lines):
    """Show a docstring's sentences as paragraphs; what is set in or aligned keeps its lines."""
    written = []
    for block in "\n".join(lines).strip("\n").split("\n\n"):
        rows = block.replace("`", "").splitlines()
        if any(re.search(r"^\s|\S {3,}\S", row) for row in rows):
            written += [".. code-block:: text", "   :class: docstring", "", *("   " + row for row in rows), ""]
        elif rows:
            parts = re.split(r'`+([^`]+)`+|("[\w.]+(?: \d)?")', re.sub("::$", ":", " ".join(block.splitlines())))
            words = [re.sub(r"([\\*`|_<>])", r"\\\1", re.sub("^'", "’", part)) for part in parts[::3]]
            codes = [code or value for code, value in zip(parts[1::3], parts[2::3])]  # whose quotes stay straight
            written += ["".join([words[0], *(rf"\ ``{c.strip()}``\ {w}" for c, w in zip(codes, words[1:]))]), ""]
    lines[:] = written


# --- minutes of a chapter in the sidebar ---------------------------------------------------------------------------

def note_minutes(app, doctree):
    """Keep what a chapter says of its time."""
    if found := re.search(r"^Time about (\d+) minutes", doctree.astext(), re.MULTILINE):
        app.env.metadata[app.env.docname]["minutes"] = found[1]


def with_minutes(page, name, metadata):
    """Return `page`, the text of the document `name`, with the minutes of each chapter in the list of chapters."""
    minutes = {doc.split("/")[-1]: data["minutes"] for doc, data in metadata.items() if "minutes" in data}

    def written(match):
        of = match[2].split("/")[-1].removesuffix(".html").replace("#", name.split("/")[-1])
        return f'{match[1]} <span class="minutes">{minutes[of]} min</span></a>' if of in minutes else match[0]
    return re.sub(r'(<li class="toctree-l1[^"]*"><a class="[^"]*reference internal" href="([^"]*)">[^<]*)</a>', written,
                  page)


class RunTimes(SphinxDirective):
    """The table of the chapters and the seconds each took to execute."""

    def run(self):
        self.env.note_reread()
        return [run_times()]


class run_times(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    pass


class WriteRunTimes(SphinxPostTransform):
    default_priority = 5

    def run(self, **options):
        for place in list(self.document.findall(run_times)):
            rows = nodes.tbody()
            for name, data in sorted(NbMetadataCollector.get_doc_data(self.env).items()):
                seconds = (data.get("exec_data") or {}).get("runtime")
                if seconds is not None:
                    address = self.app.builder.get_relative_uri(self.env.docname, name)
                    title = self.env.titles[name].astext()
                    number = ".".join(map(str, self.env.titles[name].get("secnumber") or ()))
                    text = f"{number}. {title}" if number else title
                    link = nodes.reference("", text, internal=True, refuri=address)
                    what = nodes.paragraph("", f"ran without error in {seconds:.0f} s")
                    rows += row(nodes.paragraph("", "", link), what)
            head = nodes.thead("", row(nodes.paragraph("", "Chapter"), nodes.paragraph("", "When this book was built")))
            group = nodes.tgroup("", nodes.colspec(colwidth=60), nodes.colspec(colwidth=40), head, rows, cols=2)
            place.replace_self(nodes.table("", group, classes=["colwidths-auto"]))


def row(*cells):
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


# The theme's faults, as (pattern, replacement): names that screen readers need.
REPAIRS = (
    # a list of references whose items are not called items
    (r'role="doc-biblioentry"', 'role="listitem"'),
    # the title above the sidebar stands in no landmark
    (r'<div class="sidebar-primary-item">(\s*<a class="navbar-brand)',
     r'<div class="sidebar-primary-item" role="navigation" aria-label="Cover">\1'),
    # handlers that a content-security policy forbids: page.js has them
    (r'onclick="toggleFullScreen\(\)"', 'data-action="fullscreen"'),
    (r'onclick="window\.print\(\)"', 'data-action="print"'),
    # a name that hides the words it stands on
    (r'<summary aria-label="Toggle hidden content">', '<summary>'),
    (r'<summary>(<span class="toctree-toggle")', r'<summary aria-label="Its pages">\1'),
    # the empty corner of a table is no header
    (r'<th(?: class="head"| scope="col")*>(?:<p></p>)?</th>', '<td></td>'),
    # a long name in code breaks after / and _, not in mid-word
    (r'<code class="[^"]*literal[^"]*">(?:<span class="pre">[^<]*</span>\s*)+</code>',
     lambda code: re.sub(r"(?<!<)([/_])(?=\w)", r"\1<wbr>", code[0])),
    (r'(<button class="btn search-button-field[^>]*?) title="Search" aria-label="Search"', r'\1'),
)


def mend_pages(app):
    """Apply REPAIRS to each page as it is written."""
    if app.builder.format != "html":
        return
    render = app.builder.templates.render

    def mended(template, context):
        page = render(template, context)
        for pattern, replacement in REPAIRS:
            page = re.sub(pattern, replacement, page)
        name = context.get("pagename", "")
        return gather(with_minutes(page, name, app.env.metadata), name, Path(app.outdir, "_static"))

    app.builder.templates.render = mended


def setup(app):
    lock_folder(app)
    os.environ["TORQUELIB_MEDIUM"] = "page"  # the kernels inherit it
    app.connect("config-inited", open_doors)
    app.add_node(run_times)
    app.add_directive("run-times", RunTimes)
    app.add_post_transform(WriteRunTimes)
    app.connect("doctree-read", note_minutes)
    app.connect("autodoc-process-docstring", docstring_as_written)
    app.connect("env-get-outdated", outdated_notebooks)
    app.connect("env-get-outdated", changed_static_files)
    app.connect("env-before-read-docs", execute_outdated)
    app.connect("env-updated", rewrite_every_page)
    app.connect("env-get-updated", give_back_numbers, priority=400)     # Sphinx counts at 500
    app.connect("env-get-updated", number_chapters, priority=600)
    app.connect("builder-inited", mend_pages)
    app.connect("build-finished", forget_pages_with_warnings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
