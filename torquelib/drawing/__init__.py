"""What the book shows: ``figure`` (the style, `Figure`), ``explorable`` (sliders),
``tables`` (computed beside expected),
``live`` (simulations that run in the page).

``arrows`` draws spins along a wire. The chapters' own drawings are the book's, in ``book/figures``. Nothing below this
layer imports matplotlib or ipywidgets.
"""
