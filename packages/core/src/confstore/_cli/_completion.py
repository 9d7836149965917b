"""What a shell asks of us while somebody types."""

from __future__ import annotations

import os
import re

from click.shell_completion import BashComplete, add_completion_class, split_arg_string

__all__ = ["PreciseBashComplete"]

# Of click's own script this one differs in three points: bash splits words at colons and equals
# signs too, as in `-s file:dev.json`, so the line is passed as it was typed, and what stands
# before the last such sign is taken off each reply; a name is quoted, for an option's may be
# `$(reboot)`, and is run with the line that it was completed into; and `KEY=` is followed by a
# value, not by a space.
_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' reply type value typed
    typed="${COMP_LINE:0:COMP_POINT}"
    while read -r reply; do
        type="${reply%%%%,*}" value="${reply#*,}"
        case "$type" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            *)
                [[ "$value" == *= ]] && compopt -o nospace
                COMPREPLY+=("$value")
                ;;
        esac
    done < <(env COMP_LINE="$typed" COMP_WORD="$2" %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


# What a shell takes for itself, outside of quotes and inside of each kind.
_SPECIAL = {
    "": re.compile(r"""[\s!"#$&'()*;<>?\[\\\]^`{|}~]"""),
    '"': re.compile(r"""[!"$\\`]"""),
}


@add_completion_class
class PreciseBashComplete(BashComplete):
    """Completion for bash, from the line as it was typed."""

    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one, without quotes."""
        # A letter more, for else nothing tells a word that is yet to come.
        _, *before, last = split_arg_string(os.environ["COMP_LINE"] + "x")
        return before, last[:-1]

    def complete(self) -> str:
        """The replies, one a line, each with its type."""
        args, incomplete = self.get_completion_args()
        word = "".join(split_arg_string(os.environ["COMP_WORD"]))
        # What bash takes for words of their own, and leaves as it is.
        kept = len(incomplete.removesuffix(word))
        quote = _open_quote(os.environ["COMP_LINE"])
        return "\n".join(
            f"{item.type},{_quoted(str(item.value)[kept:], quote)}"
            for item in self.get_completions(args, incomplete)
        )


def _open_quote(line: str) -> str:
    """The quote that was not closed yet, empty without one."""
    quote, is_escaped = "", False
    for character in line:
        if is_escaped:
            is_escaped = False
        elif character == "\\" and quote != "'":
            is_escaped = True
        elif character in {"'", '"'} and quote in {"", character}:
            quote = "" if quote else character
    return quote


def _quoted(text: str, quote: str) -> str:
    # Between apostrophes nothing escapes one: they end, and begin again.
    if quote == "'":
        return text.replace("'", r"'\''")
    return _SPECIAL[quote].sub(r"\\\g<0>", text)
