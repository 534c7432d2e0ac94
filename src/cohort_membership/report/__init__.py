"""PURE: a cohort as one page of HTML, to show somebody: `known` → `page` → `html`.

`page_of` says what the page shows; the templates beside it say how. The page asks for nothing: no script, no
font, no image.
"""
