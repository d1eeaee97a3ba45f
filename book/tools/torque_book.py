"""What the book adds to Sphinx."""

import os


def setup(app):
    os.environ["TORQUELIB_MEDIUM"] = "page"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
