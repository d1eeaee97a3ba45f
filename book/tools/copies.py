"""Copy the notebooks into work/, where a reader runs, changes and saves them: ``python book/tools/copies.py``.

Tests compare the book's own notebooks with what they store, so a reader must not save into them. A copy that the
reader has saved is kept; one left alone follows the book.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def copy(source, work):
    """Copy the notebooks of the folder `source` into `work`, and make its `figures` importable there."""
    copied = work / ".copied"  # what was copied last: a copy that differs from it is the reader's
    copied.mkdir(parents=True, exist_ok=True)
    figures = work / "figures"
    if not figures.is_symlink():
        figures.symlink_to(source / "figures", target_is_directory=True)
    for original in sorted(source.glob("*.ipynb")):
        mine, last, text = work / original.name, copied / original.name, original.read_bytes()
        before = last.read_bytes() if last.exists() else None
        if mine.exists() and mine.read_bytes() != before:
            if text != before:
                print(f"{original.name} of the book has changed; yours is kept. Delete {mine} for the new one.")
            continue
        mine.write_bytes(text)
        last.write_bytes(text)


if __name__ == "__main__":
    copy(ROOT / "book", ROOT / "work")
