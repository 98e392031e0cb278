"""What an attack has at hand: servers as processes, measures of them, and a place in the table."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import wire

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("UNMUTED", str(ROOT / "build/release/bin/unmuted"))
ATTACKS = []


@dataclass
class Outcome:
    measured: str
    held: bool | None  # None: could not be tried here


def attack(promise):
    """Enters a function without parameters, which returns an Outcome, in the table."""

    def enter(function):
        ATTACKS.append((function.__name__.replace("_", "-"), promise, function))
        return function

    return enter


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server process with a default cast, on a port of its own; killed at the end of its `with`."""

    def __init__(self, *flags, characters=ROOT / "characters", prefix=(), stderr=None):
        self.port = free_port()
        self.log = tempfile.TemporaryFile()
        command = [*prefix, BINARY, "--listen", f"127.0.0.1:{self.port}", "--characters", str(characters), *flags]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=self.log if stderr is None else stderr
        )
        self.pid = self.process.pid

    def __enter__(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if wire.get(self.port, "/readyz")[0] == 200:
                    return self
            if self.process.poll() is not None:
                raise RuntimeError("the server has ended: " + self.log_text())
            time.sleep(0.02)
        raise RuntimeError("the server does not answer")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def log_text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def resident_mib(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def peak_growth_mib(self, seconds, before):
        """How far the resident memory gets beyond `before` in so many seconds."""
        deadline, peak = time.monotonic() + seconds, before
        while time.monotonic() < deadline:
            peak = max(peak, self.resident_mib())
            time.sleep(0.1)
        return peak - before

    def active_sessions(self):
        return int(wire.metric(self.port, "worker_active_sessions"))

    def wait_for_sessions(self, count, seconds):
        """Whether there are so many sessions before the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.active_sessions() == count:
                return True
            time.sleep(0.1)
        return False

    def seconds_to_end(self, signal_number=signal.SIGTERM, patience=40):
        """From the signal to the end of the process; None when it does not end."""
        began = time.monotonic()
        self.process.send_signal(signal_number)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        return time.monotonic() - began


def characters_directory(count, body):
    """A directory of `count` characters; `body(number)` is what stands in the table besides name and voice."""
    directory = tempfile.TemporaryDirectory()
    for number in range(count):
        Path(directory.name, f"c{number:04}.lua").write_text(
            f"return {{ name = 'Character {number}', voice = {{ source_type = 'file', path_on_server = 'v{number}.wav' }},\n"
            f"  {body(number)} }}\n"
        )
    return directory


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
