"""Local keys: AES-256-GCM, bound to a place, with keys that can be replaced."""

from __future__ import annotations

import base64
import json
import logging
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from confstore import LocalKeys, Opened, Place, SecretFault

PLACE = Place("config/prod", "db", "password")


def key_of(keys: LocalKeys) -> bytes:
    """The first key itself."""
    return base64.b64decode(keys.text.splitlines()[0].partition(":")[2])


def opened(keys: LocalKeys, text: str, place: Place = PLACE) -> Opened | SecretFault:
    (answer,) = keys.open_many([(text, place)])
    return answer


@pytest.mark.parametrize("plaintext", [b"", b"s3cret", bytes(range(256)), b"x" * 4096])
def test_what_was_sealed_is_opened(plaintext: bytes) -> None:
    """A text opens at its place, and says which key had sealed it."""
    keys = LocalKeys.generate()
    assert opened(keys, keys.seal(plaintext, PLACE)) == Opened(plaintext, keys.key_id)


def test_two_texts_of_one_plaintext_differ() -> None:
    """The nonce is random."""
    keys = LocalKeys.generate()
    assert len({keys.seal(b"s3cret", PLACE) for _ in range(100)}) == 100


def test_the_format_is_as_documented() -> None:
    """Another program can open a text: version, key id, nonce, AES-256-GCM; the place is bound."""
    keys = LocalKeys.generate()
    place = Place("t\u00e4ble/prod", 'd"b', "pass word")
    content = base64.b64decode(keys.seal(b"s3cret", place))
    assert content[0] == 1
    assert content[1:9].hex() == keys.key_id
    bound = (
        f'["confstore-secret",1,"{keys.key_id}","t\\u00e4ble/prod","d\\"b","pass word"]'
    ).encode()
    assert json.loads(bound)[3:] == ["t\u00e4ble/prod", 'd"b', "pass word"]
    assert AESGCM(key_of(keys)).decrypt(content[9:21], content[21:], bound) == b"s3cret"


@pytest.mark.parametrize(
    "place",
    [
        Place("config/test", "db", "password"),
        Place("config/prod", "other", "password"),
        Place("config/prod", "db", "token"),
        Place("config", "prod/db", "password"),
        Place("config/prod", "db,password", ""),
    ],
)
def test_a_moved_text_does_not_open(place: Place) -> None:
    """A text opens at the place for which it was sealed, and nowhere else."""
    keys = LocalKeys.generate()
    answer = opened(keys, keys.seal(b"s3cret", PLACE), place)
    assert isinstance(answer, SecretFault)
    assert answer.is_lasting
    assert "sealed for another store, option or key" in answer.reason


def test_an_older_text_of_the_place_opens() -> None:
    """Documented: whoever may write the store can bring back an older value."""
    keys = LocalKeys.generate()
    old, _ = keys.seal(b"old", PLACE), keys.seal(b"new", PLACE)
    assert opened(keys, old) == Opened(b"old", keys.key_id)


def test_no_changed_bit_is_accepted() -> None:
    """Whichever bit is flipped, the text does not open."""
    keys = LocalKeys.generate()
    content = base64.b64decode(keys.seal(b"s3cret", PLACE))
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        assert isinstance(opened(keys, base64.b64encode(flipped).decode()), SecretFault)


def test_no_shortened_text_is_accepted() -> None:
    """Wherever the text is cut off, it does not open."""
    keys = LocalKeys.generate()
    content = base64.b64decode(keys.seal(b"", PLACE))
    for length in range(len(content)):
        assert isinstance(opened(keys, base64.b64encode(content[:length]).decode()), SecretFault)


@pytest.mark.parametrize("text", ["", "!", "AAA", "A A A A", "\u00e9", "=", "AQ==\n"])
def test_what_is_not_base64_does_not_open(text: str) -> None:
    """A text that somebody typed is a fault, and no error."""
    assert isinstance(opened(LocalKeys.generate(), text), SecretFault)


def test_the_key_of_somebody_else_does_not_open() -> None:
    """The fault names the key that is missing."""
    mine, other = LocalKeys.generate(), LocalKeys.generate()
    answer = opened(mine, other.seal(b"s3cret", PLACE))
    assert isinstance(answer, SecretFault)
    assert other.key_id in answer.reason


def test_a_key_is_replaced() -> None:
    """The first key seals, and every key opens."""
    old, new = LocalKeys.generate(), LocalKeys.generate()
    both = LocalKeys.from_text(new.text + old.text)
    assert both.key_id == new.key_id
    assert opened(both, old.seal(b"old", PLACE)) == Opened(b"old", old.key_id)
    assert opened(new, both.seal(b"new", PLACE)) == Opened(b"new", new.key_id)


def test_keys_as_text() -> None:
    """The text of keys has a line for each; comments and blank lines are left out."""
    keys = LocalKeys.generate()
    assert keys.text.startswith("confstore-key:")
    assert LocalKeys.from_text(f"# made today\n\n  {keys.text} # the first").text == keys.text
    assert LocalKeys.from_text(keys.text.strip()).key_id == keys.key_id


@pytest.mark.parametrize(
    "text",
    ["", "# nothing", "s3cret", "confstore-key:", "confstore-key:AAAA", "confstore-key:\u00e9"],
)
def test_a_text_without_keys_is_refused(text: str) -> None:
    """The error shows nothing of what may be a key."""
    with pytest.raises(ValueError, match="a local key is confstore-key: and base64") as caught:
        LocalKeys.from_text(text)
    assert "s3cret" not in str(caught.value)
    assert all("s3cret" not in repr(frame.f_locals) for frame in frames_of(caught.value))


def frames_of(error: BaseException) -> list[object]:
    """The frames of an error inside of confstore."""
    frames, traceback = [], error.__traceback__
    while traceback is not None:
        if "confstore" in traceback.tb_frame.f_globals.get("__name__", ""):
            frames.append(traceback.tb_frame)
        traceback = traceback.tb_next
    return frames


def test_keys_have_32_bytes() -> None:
    """A short key is no key."""
    for keys in ([], [b"short"], [bytes(32), bytes(31)]):
        with pytest.raises(ValueError, match="of 32 bytes each"):
            LocalKeys(keys)


def test_a_key_file(tmp_path: Path) -> None:
    """A file of keys is as good as their text."""
    path = tmp_path / "keys"
    keys = LocalKeys.generate()
    path.write_text(keys.text)
    path.chmod(0o600)
    assert LocalKeys.from_file(path).text == keys.text
    path.write_text("s3cret")
    with pytest.raises(ValueError, match="keys holds no local keys") as caught:
        LocalKeys.from_file(str(path))
    assert "s3cret" not in str(caught.value)
    path.write_bytes(b"#" * 70_000)
    with pytest.raises(ValueError, match="holds no local keys"):
        LocalKeys.from_file(path)
    with pytest.raises(FileNotFoundError):
        LocalKeys.from_file(tmp_path / "absent")


def test_a_key_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    """Whoever can replace the key can plant secrets."""
    path = tmp_path / "keys"
    path.write_text(LocalKeys.generate().text)
    path.chmod(0o620)
    with pytest.raises(OSError, match="others may write it"):
        LocalKeys.from_file(path)


def test_a_key_file_that_others_may_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Kubernetes mounts secrets with mode 0640: that works, with a warning."""
    path = tmp_path / "keys"
    keys = LocalKeys.generate()
    path.write_text(keys.text)
    path.chmod(0o640)
    with caplog.at_level(logging.WARNING, "confstore"):
        LocalKeys.from_file(path)
    assert "can be read by others (mode 0640)" in caplog.text
    assert keys.text.strip() not in caplog.text


def test_keys_do_not_show_themselves() -> None:
    """Neither a repr nor a pickle holds a key."""
    keys = LocalKeys.generate()
    assert repr(keys) == f"<LocalKeys {keys.key_id}, 1 in all>"
    with pytest.raises(TypeError, match="keys cannot be pickled"):
        pickle.dumps(keys)


def test_without_the_library() -> None:
    """The error says what to install."""
    program = (
        "import sys; sys.modules['cryptography'] = None; from confstore import LocalKeys\n"
        "try: LocalKeys.generate()\nexcept ModuleNotFoundError as error: print(error)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert "pip install 'confstore[secrets]'" in answer.stdout
