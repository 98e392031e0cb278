"""Attacks on the memory and the descriptors of a server."""

import resource
import signal
import time

import wire
from harness import Outcome, Server, attack, characters_directory, percentile


def half_messages(bytes_each, count=1000):
    with Server() as server:
        sessions = [wire.Session(server.port) for _ in range(count)]
        before = server.resident_mib()
        for session in sessions:
            try:
                session.socket.sendall(wire.frame_head(wire.TEXT, 1 << 20) + b" " * bytes_each)
            except OSError:
                pass  # refused already
        growth = server.peak_growth_mib(5, before)
        for session in sessions:
            session.close()
        return Outcome(f"+{growth:.1f} MiB", growth < 40)


@attack("1,000 announced messages of 1 MiB, 1 byte of each: memory grows by less than 40 MiB")
def half_messages_of_one_byte():
    return half_messages(1)


@attack("the same, 512 KiB of each")
def half_messages_of_half_a_mebibyte():
    return half_messages(512 << 10)


@attack("20 messages that never become whole, kept alive by empty frames: another's large message goes through")
def messages_that_never_end():
    with Server() as server:
        holders = [wire.Session(server.port) for _ in range(20)]
        for holder in holders:
            try:
                holder.socket.sendall(bytes([0x01]) + wire.frame_head(wire.TEXT, 1_000_000)[1:] + b" " * 1_000_000)
            except OSError:
                pass
        refused, done, end = 0, 0, time.monotonic() + 8
        while time.monotonic() < end:
            for holder in holders:
                try:
                    holder.socket.sendall(bytes([0x00, 0x80, 0, 0, 0, 0]))
                except OSError:
                    pass
            try:
                session = wire.Session(server.port)
                session.send({"type": "session.update", "session": {"instructions": {"type": "constant", "text": "x" * 30_000}}})
                session.wait_for("session.updated", "error")
                session.close()
                done += 1
            except (OSError, wire.Closed):
                refused += 1
        return Outcome(f"{done} went through, {refused} closed", done > 0 and refused == 0)


@attack("60 clients that do not read a large /v1/voices: it is in memory once")
def voices_that_nobody_reads():
    text = "x" * 39_000
    with characters_directory(300, lambda n: f"instructions = {{ text = '{text}', language = 'en' }}, metadata = {{ good = true }}") as directory:
        with Server(characters=directory) as server:
            size = len(wire.get(server.port, "/v1/voices")[1])
            before = server.resident_mib()
            deaf = [wire.connect(server.port, receive_buffer=4096) for _ in range(60)]
            for connection in deaf:
                connection.sendall(wire.request("/v1/voices"))
            growth = server.peak_growth_mib(4, before)
            for connection in deaf:
                connection.close()
            return Outcome(f"{size / 1e6:.1f} MB of answer, +{growth:.1f} MiB", growth < 2 * size / (1 << 20))


@attack("descriptors run out in the middle of a reload: the cast stays whole")
def descriptors_run_out():
    with characters_directory(1000, lambda n: "instructions = { text = 'x', language = 'en' }") as directory:
        with Server(characters=directory) as server:
            limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
            counts = []
            for pause in (0.001, 0.003, 0.01, 0.03, 0.06, 0.1):
                server.process.send_signal(signal.SIGHUP)
                time.sleep(pause)
                resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (4, limits[1]))
                time.sleep(0.02)
                resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
                time.sleep(1.2)
                counts.append(int(wire.metric(server.port, "worker_characters_loaded")))
            said = server.log_text().count("default_reload_failed")
            return Outcome(f"{min(counts)} of 1000 left, {said} reloads refused", min(counts) == 1000)


@attack("1,026 connections that say nothing, at a limit of 2 sessions: /readyz, /metrics and sessions go on")
def silent_connections():
    with Server("--max-sessions", "2") as server:
        silent = []
        for _ in range(1026):
            try:
                silent.append(wire.connect(server.port))
            except OSError:
                break
        answers = []
        for path in ("/readyz", "/metrics"):
            try:
                answers.append(wire.get(server.port, path)[0])
            except OSError:
                answers.append(None)
        began, session = time.monotonic(), None
        while session is None and time.monotonic() - began < 15:
            try:
                session = wire.Session(server.port)
            except (OSError, wire.Closed):
                time.sleep(0.1)
        waited = time.monotonic() - began
        for connection in silent:
            connection.close()
        held = answers == [200, 200] and session is not None
        return Outcome(f"answers {answers}, a session after {waited:.1f} s", held)


@attack("a client that does not read: given up on after 10 s, and gone a second later")
def slow_reader():
    with Server() as server:
        session = wire.Session(server.port, receive_buffer=4096)
        session.socket.settimeout(1)
        question = b'{"type":"session.characters.list"}'
        began = time.monotonic()
        try:
            while time.monotonic() - began < 5:
                session.socket.sendall((wire.frame_head(wire.TEXT, len(question)) + question) * 50)
        except OSError:
            pass
        gone = server.wait_for_sessions(0, 30)
        seconds = time.monotonic() - began
        log = server.log_text()
        return Outcome(
            f"gone after {seconds:.1f} s, logged as slow_reader: {'reason=slow_reader' in log}",
            gone and seconds < 15 and "reason=slow_reader" in log,
        )
