"""Figures and explorables of the book.

``figure`` holds the style and `Figure`, ``explorable`` the sliders; a module a chapter
(``cover``, ``ch01``, …) holds that chapter's pictures. Nothing below this layer imports
matplotlib or ipywidgets.
"""
