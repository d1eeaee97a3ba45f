# Two commands set everything up on a fresh machine that has Python and make: `make book` and `make test`.

VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help book page slides talks-pdf figures answers audit weights test test-all test-oldest test-newest test-without-numba test-binder links offline package mutants lab bench bench-peers outputs lock clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z -]+:.*## / {printf "make %-24s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(VENV)/.ready  ## build the book (creates .venv on first use) and say which page to open
	$(BIN)/jupyter-book build . -n -W --keep-going

page: $(VENV)/.ready  ## build one chapter of a book that is built, and say where it is: make page CHAPTER=08
	@test -n "$(CHAPTER)" || { echo "Which one? make page CHAPTER=08, or the beginning of a page's name in book/"; exit 1; }
	@test -f _build/html/index.html || $(MAKE) book
	TORQUELIB_PAGE=$(CHAPTER) $(BIN)/jupyter-book build . -n -W --keep-going -q
	@ls $(CURDIR)/_build/html/book/$(CHAPTER)*.html

.PHONY: pdf test-pdf latex
pdf: latex $(VENV)/.ready  ## the whole book on paper, _build/latex/book.pdf (needs LaTeX: it names the packages)
	$(BIN)/jupyter-book build . -n --builder latex
	cd _build/latex && latexmk -xelatex -interaction=nonstopmode -quiet book.tex
	@echo $(CURDIR)/_build/latex/book.pdf
LATEX := latexmk texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended texlive-xetex tex-gyre fonts-freefont-otf poppler-utils

latex:
	@command -v latexmk >/dev/null && command -v xelatex >/dev/null || { echo "The printed book needs LaTeX. On Debian and Ubuntu: apt-get install --no-install-recommends $(LATEX)"; exit 1; }

test-pdf: pdf  ## check the printed book: what juts out, what is missing, fonts, links
	$(BIN)/pytest -q tests/teaching/test_paper.py

.PHONY: students test-students
students: $(VENV)/.ready  ## the notebooks with stubs in place of the solutions, and checks that find what is wrong: _build/students
	$(BIN)/python book/tools/students.py

test-students: $(VENV)/.ready  ## execute all students' notebooks: as handed out each check fails, solved it passes
	ALL_CHAPTERS=1 $(BIN)/pytest -n auto -q tests/teaching/test_students.py -k executed

figures: book  ## all figures for your own slides, in one zip: SVG and PNG, light and dark, explorables as HTML (needs Chromium)
	$(BIN)/python book/tools/figures_zip.py

answers: $(VENV)/.ready  ## model answers to the teaching guide's questions, for the lecturer: _build/answers.html
	$(BIN)/python book/tools/answers.py

slides: $(VENV)/.ready  ## make the slides of a book that is built anew, and say where they are
	@test -f _build/html/index.html || $(MAKE) book
	TORQUELIB_PAGE=talks $(BIN)/jupyter-book build . -n -W --keep-going -q
	@ls $(CURDIR)/_build/html/talks/*.html

talks-pdf: slides  ## print the slides, one file for each talk in _build/talks (TALKS="01 seminar" for some; needs Chromium)
	$(BIN)/python book/tools/talks_pdf.py $(TALKS)

audit: $(VENV)/.ready  ## Lighthouse on the built pages, as a table (PAGES="book/index search" for some; needs npm)
	$(BIN)/python book/tools/audit.py $(PAGES)

weights: $(VENV)/.ready  ## what each built page loads: bytes, compressed, and requests, as a table
	$(BIN)/python book/tools/audit.py --weights

test: book  ## build the book, then run the unit tests, every notebook, and the checks of the built pages
	$(BIN)/pytest -n auto --dist loadfile -m "not thorough" --nbval --nbval-cell-timeout=900 book teaching tests

.PHONY: test-thorough
test-thorough: book  ## the tests that make test leaves out, each of a kind that a quicker one stands for
	$(BIN)/pytest -n auto --dist loadfile -m thorough tests

test-all: latex test test-thorough test-students test-pdf talks-pdf test-oldest test-newest test-without-numba test-survival test-binder  ## everything: make test, then printed slides, other dependencies, no numba, and Binder

# The library's tests on other versions than the pinned ones, in an environment of their own.
test-oldest: RESOLUTION := lowest-direct
test-newest: RESOLUTION := highest
test-oldest test-newest: $(VENV)/.ready  ## test the library with the oldest or newest dependencies that pyproject.toml allows
	$(BIN)/pip install -q --disable-pip-version-check uv
	@rm -rf _build/$@ && mkdir -p _build
	$(BIN)/uv venv -q --python $(BIN)/python _build/$@
	$(BIN)/uv pip compile -q --python _build/$@/bin/python --all-extras --resolution $(RESOLUTION) pyproject.toml -o _build/$@/pins.txt
	$(BIN)/uv pip install -q --python _build/$@/bin/python -r _build/$@/pins.txt pytest nbval nbclient pyyaml dask distributed
	$(BIN)/uv pip install -q --python _build/$@/bin/python --no-deps -e .
	_build/$@/bin/python -m pytest -q tests/electrons tests/disorder tests/llg tests/test_validate.py tests/pages/test_figure.py

test-without-numba: $(VENV)/.ready  ## the electrons' tests where numba does not exist, as in a Python in the browser (slow)
	$(BIN)/python -c "import sys; sys.modules['numba'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))" -q tests/electrons

test-binder: $(VENV)/.ready  ## what Binder does, done here: its environment, postBuild, the cover in JupyterLab, each notebook
	$(BIN)/pip install -q --disable-pip-version-check uv
	$(BIN)/python tests/binder.py

.PHONY: test-survival
test-survival: book  ## build the book killed, without network, on a full disk, elsewhere, and compare the bytes (Linux)
	$(BIN)/python tests/survival.py

links: $(VENV)/.ready  ## ask every address that the pages link to whether it still answers (needs the network)
	$(BIN)/jupyter-book build . --builder linkcheck

offline: book  ## the built book as one zip: open it and double-click index.html
	@rm -f _build/intrinsic-spin-torque.zip
	cd _build && ln -sfn html intrinsic-spin-torque && $(CURDIR)/$(BIN)/python -m zipfile -c intrinsic-spin-torque.zip intrinsic-spin-torque
	@rm _build/intrinsic-spin-torque && echo $(CURDIR)/_build/intrinsic-spin-torque.zip

package: $(VENV)/.ready  ## wheel and source archive of torquelib, in _build/dist
	$(BIN)/pip install -q --disable-pip-version-check build
	$(BIN)/python -m build -q --outdir _build/dist .

mutants: $(VENV)/.ready  ## break the library at random places and count what no test notices (NUMBER=40 SEED=0 JOBS=1 FILES=)
	$(BIN)/python tests/mutants.py --number $(or $(NUMBER),40) --seed $(or $(SEED),0) --jobs $(or $(JOBS),1) $(FILES)

lab: $(VENV)/.ready  ## open copies of the notebooks, in work/, in JupyterLab
	$(BIN)/python book/tools/copies.py
	$(BIN)/jupyter lab --notebook-dir=work

bench: $(VENV)/.ready  ## measure the library's speed: the LLG engine beside a stream triad and plain NumPy, and the Kubo sums
	@for table in benchmarks/bench_llg.py benchmarks/bench_kubo.py; do echo "=== $$table"; $(BIN)/python $$table || exit 1; done

bench-peers: $(VENV)/.ready  ## measure the LLG engine beside other solvers, each installed by pip under _build/peers
	$(BIN)/python benchmarks/bench_peers.py

outputs: $(VENV)/.ready  ## execute the notebooks and store their text outputs (NOTEBOOKS="book/01_... book/02_..." for some)
	$(BIN)/python book/tools/outputs.py $(NOTEBOOKS)

lock: $(VENV)/.ready  ## compile requirements.txt anew from requirements.in
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --fork-strategy fewest --no-emit-index-url requirements.in -o requirements.txt

clean:  ## remove the built book and the environment
	rm -rf _build $(VENV)

# The environment. Each stamp is written last, so an interrupted installation starts again from nothing. The first one
# names the folder: in a copied or renamed folder the environment would still run the code of the old one, and without
# the Python it was made with it runs nothing; in both cases it is made anew.
ifneq ($(wildcard $(VENV)/.installed),)
ifneq ($(shell $(BIN)/python -c "print(open('$(VENV)/.installed').read().strip())" 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.installed
endif
endif

$(VENV)/.installed: requirements.txt
	@rm -rf $(VENV) _build
	@python=$$(PYTHON="$(PYTHON)" sh book/tools/find_python.sh) && echo "Creating $(VENV) with $$python" && "$$python" -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt
	@pwd -P > $@

$(VENV)/.ready: pyproject.toml $(VENV)/.installed
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@
