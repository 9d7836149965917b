"""What every store of confstore has to do, on files."""

import json
import os
import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from confstore.testing import Profile, StoreContract
from confstore_file import FileStore
from effort import at_length

pytestmark = pytest.mark.slow("its examples are histories of 30 steps")

# In memory where there is such a folder: a write waits for the disk several times.
FAST_FOLDER = "/dev/shm" if os.path.isdir("/dev/shm") else None


class FileContract(StoreContract):
    durable = True
    profile = Profile(examples=at_length(200, short=6), steps=30)

    def begin(self):
        self.folder = self.resources.enter_context(tempfile.TemporaryDirectory(dir=FAST_FOLDER))

    def path(self, name):
        # A file's name has at most 255 bytes, and no slash.
        return Path(self.folder, f"{sha256(name.encode()).hexdigest()}.json")

    def open_store(self, name):
        return closing(FileStore(self.path(name)))


class JournaledContract(FileContract):
    """The same, and every write is a commit, unless somebody edits the file by hand."""

    editable = True
    journaled = True
    # Each write is two files, and what a commit does has scenes of its own.
    profile = Profile(examples=at_length(40, short=3), steps=30)

    def edit_by_hand(self, name, option, values):
        path = self.path(name)
        options = json.loads(path.read_text(encoding="utf-8"))
        options.pop(option, None)
        if values is not None:
            options[option] = values
        path.write_text(json.dumps(options, indent=4), encoding="utf-8")


TestFile = FileContract.TestCase
TestJournaled = JournaledContract.TestCase
