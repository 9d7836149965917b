"""Reasons for the faults of a YAML text, from the messages of both parsers of PyYAML."""

from __future__ import annotations

__all__ = ["REASONS", "TOO_DEEP"]

TOO_DEEP = "lists and mappings are nested too deep"

# The beginnings of the two parsers' messages; the rest may quote the document.
REASONS = {
    "found a tab": "a tab cannot indent YAML: use blanks",
    "found character": "text cannot begin with this character here: put it in quotes",
    "mapping values are not allowed": "no colon can stand here: put the text in quotes",
    "mapping keys are not allowed": "no ? can stand here: put the text in quotes",
    "block sequence entries are not allowed": "no list can begin here: use a new line",
    "sequence entries are not allowed": "no list can begin here: use a new line",
    "could not find expected directive": "a line cannot begin with %: put it in quotes",
    "found unknown directive": "a line cannot begin with %: put it in quotes",
    "found unexpected document": "the quotes that begin before are not closed",
    "found undefined alias": "this alias has no anchor before it",
    "found undefined tag": "this tag has no meaning here: put text that begins with ! in quotes",
    "found unexpected ':'": "no colon can stand here: put the text in quotes",
    "did not find expected ','": "a comma or the closing bracket is missing before this",
    "expected ','": "a comma or the closing bracket is missing before this",
    "did not find expected '-'": "this does not belong here: mend the indentation",
    "did not find expected node": "a value is missing here",
    "expected the node content": "a value is missing here",
    "did not find expected <document start>": "this cannot stand before or behind the document",
    "expected '<document start>'": "this cannot stand before or behind the document",
    "did not find expected comment": "nothing more can stand behind a | or > on its line",
    "expected chomping": "nothing more can stand behind a | or > on its line",
    "expected a comment": "nothing more can stand behind a | or > on its line",
    "did not find expected alphabetic": "a name is missing behind & or *: put the text in quotes",
    "expected alphabetic": "a name is missing behind & or *: put the text in quotes",
    "did not find expected hexdecimal": "this escape needs more hexadecimal digits",
    "expected escape sequence": "this escape needs more hexadecimal digits",
    "found unexpected end of stream": "the quotes that begin before are not closed",
    "expected <block end>": "this does not belong here: mend the indentation",
    "did not find expected key": "this does not belong here: mend the indentation",
    "could not find expected ':'": "a colon is missing, between a key and its value",
    "found unknown escape": "this is no escape of YAML: put the text in single quotes",
    "but found another document": "a second document begins here: put all into the first",
    # Newer parsers look ahead, and give up before an event comes.
    "exceeded maximum nesting depth": TOO_DEEP,
}
