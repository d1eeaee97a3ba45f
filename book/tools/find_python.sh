#!/bin/sh
# Print a Python that the book runs on: $PYTHON if it is given, else the first that fits.
fits='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
    if "$candidate" -c "$fits" 2>/dev/null; then
        echo "$candidate"
        exit 0
    fi
    version=$("$candidate" --version 2>&1) && found="$found
  $candidate is $version"
done
echo "The book needs Python 3.11, 3.12 or 3.13.${found:-
  No Python was found.}
Install one of them, or name one: make PYTHON=/path/to/python3.12 book
With uv (https://docs.astral.sh/uv): uv python install 3.12 && make PYTHON=\$(uv python find 3.12) book" >&2
exit 1
