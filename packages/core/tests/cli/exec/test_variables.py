"""The names of variables that `exec` refuses."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Confstore

CANARY = "hunter2"

# If it were not refused, it would be 127, and no program in the place of the tests.
RUN = ("--", "no-such-command")


def write(path: Path, **options: Any) -> None:
    """Make the store's file."""
    path.write_text(json.dumps(options), encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "key", "name"),
    [
        ("tar", "options", "TAR_OPTIONS"),
        ("npm-config", "registry", "NPM_CONFIG_REGISTRY"),
        ("rsync", "rsh", "RSYNC_RSH"),
        ("pytest", "plugins", "PYTEST_PLUGINS"),
        ("PIP", "index.url", "PIP_INDEX_URL"),
        ("aws", "endpoint_url", "AWS_ENDPOINT_URL"),
        ("https", "proxy", "HTTPS_PROXY"),
        ("_java", "options", "_JAVA_OPTIONS"),
        ("node_extra", "ca_certs", "NODE_EXTRA_CA_CERTS"),
        ("confstore", "url", "CONFSTORE_URL"),
        ("qemu", "uri", "QEMU_URI"),
    ],
)
def test_option_that_is_named_like_a_program(
    confstore: Confstore, dev: Path, option: str, key: str, name: str
) -> None:
    """Whoever writes the store must neither run code nor redirect traffic where it is read."""
    write(dev, db={"host": "a"}, **{option: {key: CANARY}})
    ran = confstore("exec", *RUN)
    assert (ran.code, ran.stdout) == (3, "")
    assert f"option {option!r}, key {key!r} would be {name}, " in ran.stderr
    assert "--prefix APP_" in ran.stderr
    assert CANARY not in ran.stderr
    assert confstore("exec", "--option", "db", *RUN).code == 127


@pytest.mark.parametrize(
    ("option", "key", "name"),
    [
        ("ld", "preload", "LD_PRELOAD"),
        ("dyld", "insert-libraries", "DYLD_INSERT_LIBRARIES"),
        ("bash", "env", "BASH_ENV"),
        ("Node", "Options", "NODE_OPTIONS"),
        ("git", "ssh-command", "GIT_SSH_COMMAND"),
        ("java_tool", "options", "JAVA_TOOL_OPTIONS"),
        ("prompt", "command", "PROMPT_COMMAND"),
        ("gdal", "driver_path", "GDAL_DRIVER_PATH"),
        ("airflow", "_core__plugins_folder", "AIRFLOW__CORE__PLUGINS_FOLDER"),
    ],
)
def test_variable_by_which_programs_load_code(
    confstore: Confstore, dev: Path, option: str, key: str, name: str
) -> None:
    """A name that is known to run code needs a permission of its own."""
    write(dev, **{option: {key: CANARY}})
    ran = confstore("exec", "--option", option, *RUN)
    assert (ran.code, ran.stdout) == (3, "")
    assert f"option {option!r}, key {key!r} would be {name}" in ran.stderr
    assert f"--allow {name}\n" in ran.stderr
    assert CANARY not in ran.stderr


def test_advice_is_to_name_the_options(confstore: Confstore, dev: Path) -> None:
    """The error of a program's name says what it is, and how to pass it all the same."""
    write(dev, http={"port": 80})
    ran = confstore("exec", *RUN)
    assert ran.stderr == (
        "confstore: option 'http', key 'port' would be HTTP_PORT, and http is the name of a "
        "program or of a part of the system, which may read it: name the wanted options with "
        "--option, or give --prefix APP_\n"
    )
    assert confstore("exec", "--option", "http", *RUN).code == 127


@pytest.mark.parametrize("prefix", ["A", "_", "GIT_", "git_", "npm_config_", "1_", "A-_", "="])
def test_prefix_that_makes_a_program_of_it(confstore: Confstore, dev: Path, prefix: str) -> None:
    """`A` and `WS_ENDPOINT_URL` are AWS_ENDPOINT_URL: a prefix is a word, and no program's."""
    write(dev, ws={"endpoint_url": CANARY})
    ran = confstore("exec", "--prefix", prefix, *RUN)
    assert (ran.code, ran.stdout) == (2, "")
    assert f"the prefix {prefix!r} is " in ran.stderr
    assert "such as APP_\n" in ran.stderr


def test_keys_of_one_variable(confstore: Confstore, dev: Path) -> None:
    """The advice is what this command can do."""
    write(dev, app={"a_b": 1, "a-b": 2})
    ran = confstore("exec", *RUN)
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.stderr.endswith("rename it, or name the wanted options with --option\n")


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("dev.json", "Permission denied"),
        ("formless", "a script begins with a line like #!/bin/sh"),
        ("orphan", "its interpreter or loader does not exist"),
    ],
)
def test_file_that_is_no_program(
    confstore: Confstore, dev: Path, tmp_path: Path, program: str, reason: str
) -> None:
    """126 and the reason; the signals of this process stay as they were."""
    before = signal.getsignal(signal.SIGPIPE)
    for name, text in (("formless", "echo no first line"), ("orphan", "#!/no/such/interpreter\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    ran = confstore("exec", "--", f"./{program}")
    assert (ran.code, reason in ran.stderr) == (126, True)
    assert signal.getsignal(signal.SIGPIPE) == before
