"""Each page also as Markdown, and `llms.txt`, their index, for machines."""

from sphinx.application import Sphinx


def setup(app: Sphinx):
    return {"parallel_read_safe": True, "parallel_write_safe": True}
