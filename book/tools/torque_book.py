"""What the book adds to Sphinx: execution keyed on torquelib, local MathJax, and repairs of the theme's pages."""

import importlib.util
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from execution import execute, fingerprint
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient.exceptions import CellExecutionError
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)


# --- execution ---------------------------------------------------------------------------------------------------

def outdated_notebooks(app, env, added, changed, removed):
    """Name the notebooks whose pages were made with another torquelib than the present one."""
    known = getattr(env, "torquelib_fingerprints", {})
    env.torquelib_fingerprints = {name: fingerprint(read_notebook(env, name)) for name in notebooks(env)}
    return [name for name, value in env.torquelib_fingerprints.items() if known.get(name) != value]


def execute_outdated(app, env, docnames):
    """Execute, several at a time, those of `docnames` for which the cache holds no outputs of the present code."""
    cache = get_cache(app.config.nb_execution_cache_path)
    waiting = {}
    for name in notebooks(env).intersection(docnames):
        notebook = read_notebook(env, name)
        if cached_fingerprint(cache, notebook) != env.torquelib_fingerprints[name]:
            waiting[name] = notebook
    failed = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = {name: pool.submit(execute, notebook, Path(env.doc2path(name)).parent) for name, notebook in waiting.items()}
        for name, job in jobs.items():
            try:
                job.result()
            except (CellExecutionError, TimeoutError) as error:
                failed.append(f"{name}: {error}")
            else:
                logger.info("executed %s", name)
                data = {"torquelib": env.torquelib_fingerprints[name]}
                bundle = CacheBundleIn(waiting[name], env.doc2path(name), data=data)
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    if failed:
        raise ExtensionError("These notebooks fail:\n\n" + "\n\n".join(failed))


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

def copy_mathjax(app, exception):
    """Copy MathJax beside the pages: the combined component in use and all that it may load later."""
    target = Path(app.outdir, "_static", "mathjax")
    if exception is None and app.builder.format == "html" and not target.exists():
        source = Path(importlib.util.find_spec("mathjax").origin).parent / "static" / "mathjax"
        other_components = shutil.ignore_patterns("*-svg*.js", "*-full*.js", "mml-*.js", "tex-mml-*.js", "node-main.js")
        shutil.copytree(source / "es5", target / "es5", ignore=other_components)
        shutil.copy(source / "LICENSE", target)


# The theme's faults, as (pattern, replacement): what a page must not load, and names that screen readers need.
REPAIRS = (
    # 1.5 MB of drawn icons, each of which the theme's style sheet already has as a font
    (r'<script src="[^"]*fontawesome\.js[^"]*"></script>\n?', ""),
    (r'(<meta name="viewport" content="width=device-width, initial-scale=1"\s*/>\s*)', ""),
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
        return page

    app.builder.templates.render = mended


def setup(app):
    os.environ["TORQUELIB_MEDIUM"] = "page"  # the kernels inherit it
    app.connect("env-get-outdated", outdated_notebooks)
    app.connect("env-before-read-docs", execute_outdated)
    app.connect("builder-inited", mend_pages)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
