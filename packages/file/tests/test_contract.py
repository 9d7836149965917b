"""What every store of confstore has to do, on files."""

import os
import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from confstore.testing import Profile, StoreContract
from confstore_file import FileStore

# In memory where there is such a folder: a write waits for the disk several times.
FAST_FOLDER = "/dev/shm" if os.path.isdir("/dev/shm") else None


class FileContract(StoreContract):
    durable = True
    profile = Profile(examples=200, steps=30)

    def begin(self):
        self.folder = self.resources.enter_context(tempfile.TemporaryDirectory(dir=FAST_FOLDER))

    def open_store(self, name):
        # A file's name has at most 255 bytes, and no slash.
        file_name = f"{sha256(name.encode()).hexdigest()}.json"
        return closing(FileStore(Path(self.folder, file_name)))


TestFile = FileContract.TestCase
