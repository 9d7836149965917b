"""`confstore completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from confstore._cli._command import Example, command
from confstore._cli._session import Session

__all__ = ["completion"]


@command(
    "completion",
    examples=(
        Example('eval "$(confstore completion bash)"', "in ~/.bashrc"),
        Example("confstore completion fish > confstore.fish", "to ~/.config/fish/completions/"),
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(session: Session, shell: str) -> None:  # noqa: ARG001 (every command has one)
    """
    Print the script that makes a shell complete commands, and the store's options and keys.

    Options and keys are those of the store that CONFSTORE_URL, exported, or --store names. For bash
    (4.4 or newer), add to ~/.bashrc: eval "$(confstore completion bash)". For zsh, add to ~/.zshrc,
    after compinit: eval "$(confstore completion zsh)". For fish, run once: confstore completion
    fish > ~/.config/fish/completions/confstore.fish.
    """
    import confstore._cli._completion  # noqa: F401 (it makes itself known to click)

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 (the choices are the shells that click knows)
    from confstore._cli._app import PROGRAM, app

    click.echo(kind(app, {}, PROGRAM, "_CONFSTORE_COMPLETE").source(), nl=False)
