"""`confstore completion`, and the completion of bash, which click's own does not suffice for."""

from __future__ import annotations

import os
import re

import click
from click.shell_completion import (
    BashComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session

__all__ = ["VARIABLE", "completion"]

VARIABLE = "_CONFSTORE_COMPLETE"
"""The environment variable that click's scripts set: the program's name in capitals."""

# Click's own script passes the words of bash, which also splits at colons and equals signs, as in
# `-s file:dev.json`; this one passes the line. After `KEY=` and a folder comes more, and no space.
_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' reply type value typed
    typed="${COMP_LINE:0:COMP_POINT}"
    while read -r reply; do
        type="${reply%%%%,*}" value="${reply#*,}"
        case "$type" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ "$value" == *[=/] ]] && compopt -o nospace
                COMPREPLY+=("$value")
                ;;
        esac
    done < <(env COMP_LINE="$typed" COMP_WORD="$2" %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

# Bash inserts a reply unquoted, and an option may be named `$(reboot)`: only such names are offered
# that mean themselves to every shell.
_PLAIN = re.compile(r"[\w@%+=:,./-]+")


@add_completion_class
class _LineComplete(BashComplete):
    """Completion for bash, from the line as it was typed."""

    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one, without quotes."""
        # Without the additional letter, a new word after a blank would be missing.
        _, *before, last = split_arg_string(os.environ["COMP_LINE"] + "x")
        return before, last[:-1]

    def complete(self) -> str:
        """The replies, one a line, each with its type."""
        args, incomplete = self.get_completion_args()
        word = "".join(split_arg_string(os.environ["COMP_WORD"]))
        # The words that bash split off before it stay in the line.
        kept = len(incomplete.removesuffix(word))
        return "\n".join(
            f"{item.type},{str(item.value)[kept:]}"
            for item in self.get_completions(args, incomplete)
            if item.type != "plain" or _PLAIN.fullmatch(str(item.value))
        )


@command(
    "completion",
    examples=(
        Example('eval "$(confstore completion bash)"', "in ~/.bashrc"),
        Example("confstore completion fish > confstore.fish", "to ~/.config/fish/completions/"),
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, session: Session, shell: str) -> None:  # noqa: ARG001
    """
    Print the script that makes a shell complete commands, and the store's options and keys.

    Options and keys are those of the store that CONFSTORE_URL, exported, or --store names. For bash
    (4.4 or newer), add to ~/.bashrc: eval "$(confstore completion bash)". For zsh, add to ~/.zshrc,
    after compinit: eval "$(confstore completion zsh)". For fish, run once: confstore completion
    fish > ~/.config/fish/completions/confstore.fish.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 (the choices are the shells that click knows)
    root = context.find_root()
    click.echo(kind(root.command, {}, str(root.info_name), VARIABLE).source(), nl=False)
