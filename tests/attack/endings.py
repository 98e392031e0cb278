"""Ends of sessions and of servers that others would like to hold up."""

import fcntl
import os
import shutil
import signal
import subprocess
import textwrap
import threading
import time

import wire
from harness import ROOT, Outcome, Server, attack, raise_descriptor_limit

DRAIN = 2  # seconds; a server is to have ended a second later
LIMIT = DRAIN + 1


def drained(seconds):
    return Outcome("did not end" if seconds is None else f"{seconds:.2f} s", seconds is not None and seconds <= LIMIT)


@attack("a goodbye, and then half of a message that is too big: the session ends")
def session_that_never_ends():
    with Server("--pace", "400") as server:
        sessions = []
        for _ in range(5):
            session = wire.Session(server.port)
            session.select("Echo")
            session.say("goodbye")
            mebibyte = 1 << 20
            session.socket.sendall(wire.frame_head(wire.TEXT, 2 * mebibyte) + b"x" * (mebibyte - 10))
            sessions.append(session)
        for session in sessions:
            try:
                while True:
                    session.next_event()
            except (OSError, wire.Closed):
                pass
            try:
                session.socket.sendall(b"x" * ((1 << 20) + 10))
            except OSError:
                pass
        time.sleep(1)
        for session in sessions:
            session.close()
        ended = server.wait_for_sessions(0, 15)
        return Outcome(f"{server.active_sessions()} of 5 left", ended)


@attack(f"SIGTERM with 5,000 sessions: ended within {LIMIT} s (drain timeout {DRAIN} s)")
def end_with_5000_sessions():
    raise_descriptor_limit()
    with Server("--drain-timeout", str(DRAIN)) as server:
        sessions = [wire.Session(server.port) for _ in range(5000)]
        seconds = server.seconds_to_end()
        for session in sessions:
            session.close()
        return drained(seconds)


@attack(f"SIGTERM with a client that does not answer: ended within {LIMIT} s")
def end_with_a_mute_client():
    with Server("--drain-timeout", str(DRAIN)) as server:
        mute = wire.Session(server.port)
        seconds = server.seconds_to_end()
        mute.close()
        return drained(seconds)


def full_pipe():
    """Both ends of a pipe that nobody reads and that is full."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while os.write(writer, bytes(4096)):
            pass
    except BlockingIOError:
        pass
    fcntl.fcntl(writer, fcntl.F_SETFL, 0)
    return reader, writer


@attack(f"SIGTERM when the log is held up: it serves, and has ended within {LIMIT} s")
def end_with_a_log_that_is_held_up():
    reader, writer = full_pipe()
    try:
        with Server("--log-level", "debug", "--drain-timeout", str(DRAIN), stderr=writer) as server:
            for _ in range(2000):
                wire.Session(server.port).close()
            ready = wire.get(server.port, "/readyz")[0]
            outcome = drained(server.seconds_to_end())
            return Outcome(f"/readyz {ready}, {outcome.measured}", outcome.held and ready == 200)
    finally:
        os.close(reader)
        os.close(writer)


@attack("a second signal ends it at once")
def second_signal():
    with Server("--drain-timeout", "60") as server:
        mute = wire.Session(server.port)
        server.process.send_signal(signal.SIGTERM)
        while "server draining" not in server.log_text():
            time.sleep(0.01)
        seconds = server.seconds_to_end(signal.SIGINT)
        mute.close()
        return Outcome(f"{seconds:.3f} s", seconds < 0.5)


@attack("SIGTERM in the middle of a reply: it is spoken to its end, then closed with 1001")
def end_in_the_middle_of_a_reply():
    with Server("--pace", "300", "--drain-timeout", "20") as server:
        session = wire.Session(server.port)
        session.send({"type": "session.update", "session": {"voice": "Charles"}})
        session.wait_for("response.text.delta")
        server.process.send_signal(signal.SIGTERM)
        seen, code = [], None
        try:
            while True:
                seen.append(session.next_event())
        except wire.Closed as closed:
            code = closed.code
        ready_text = [event.get("text", "") for event in seen if event["type"] == "response.text.done"]
        types = {event["type"] for event in seen}
        held = code == 1001 and {"response.text.done", "response.audio.done"} <= types
        words = len(ready_text[0].split()) if ready_text else 0
        return Outcome(f"{words} words spoken, closed with {code}", held)


RESOLVER = """
import socket
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))
while True:
    names.recv(2000)  # and no answer
"""


@attack(f"SIGTERM while names are looked up and no resolver answers: ended within {LIMIT} s")
def end_with_a_hanging_resolver():
    if not shutil.which("unshare"):
        return Outcome("needs unshare", None)
    # A network and a file system of its own: its resolver is ours, and says nothing.
    inside = textwrap.dedent(
        """
        ip link set lo up 2>/dev/null || python3 -c "
        import fcntl, socket, struct
        s = socket.socket(); r = struct.pack('16sh', b'lo', 1)
        fcntl.ioctl(s, 0x8914, r)"
        printf 'nameserver 127.0.0.1\\n' > "$1/resolv.conf" && mount --bind "$1/resolv.conf" /etc/resolv.conf || exit 77
        exec python3 "$1/inside.py"
        """
    )
    script = textwrap.dedent(
        f"""
        import subprocess, sys, threading, time
        sys.path.insert(0, {str(ROOT / "tests/attack")!r})
        import wire
        from harness import Server
        threading.Thread(target=lambda: exec({RESOLVER!r}), daemon=True).start()
        time.sleep(0.3)
        with Server("--llm", "http://model.example.org/v1", "--llm-model", "m", "--drain-timeout", "{DRAIN}") as server:
            sessions = []
            for _ in range(3):
                session = wire.Session(server.port)
                session.send({{"type": "session.update", "session": {{"voice": "Charles"}}}})
                session.wait_for("session.updated")
                session.say("hello")
                sessions.append(session)
            time.sleep(0.5)
            print(server.seconds_to_end())
        """
    )
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        with open(f"{directory}/inside.py", "w") as file:
            file.write(script)
        result = subprocess.run(
            ["unshare", "-rnm", "sh", "-c", inside, "sh", directory], capture_output=True, text=True, timeout=120
        )
    try:
        return drained(float(result.stdout.strip()))
    except ValueError:
        if result.stdout.strip() == "None":
            return drained(None)
        return Outcome("no namespaces here: " + result.stderr.strip()[-80:], None)


@attack("half a request: answered with 408 before it is closed")
def half_a_request():
    with Server() as server:
        results = {}

        def ask(name, first, drip=b""):
            connection = wire.connect(server.port, patience=90)
            connection.sendall(first)
            answer, began = b"", time.monotonic()
            connection.settimeout(1)
            while time.monotonic() - began < 60:
                try:
                    if drip:
                        connection.sendall(drip)
                    chunk = connection.recv(4096)
                    if not chunk:
                        break
                    answer += chunk
                except TimeoutError:
                    pass
                except OSError:
                    break
            results[name] = (answer[9:12].decode(), time.monotonic() - began)

        cases = {
            "header": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
            "body": (wire.request("/v1/characters/reload", "POST", ["Content-Type: application/json", "Content-Length: 1000"]), b"x"),
        }
        threads = [threading.Thread(target=ask, args=(name, *case)) for name, case in cases.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = ", ".join(f"{name}: {status or 'nothing'} after {seconds:.0f} s" for name, (status, seconds) in results.items())
        return Outcome(told, all(status == "408" for status, _ in results.values()))
