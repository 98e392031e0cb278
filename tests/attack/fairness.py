"""Attacks of some on the time of others."""

import json
import multiprocessing
import os
import threading
import time
from pathlib import Path

import wire
from harness import Outcome, Server, attack, characters_directory, median, percentile, raise_descriptor_limit

# What fails is not remembered: it costs its full time with every load.
HEAVY = "instructions = { text = (function() while true do end end)(), language = 'en' }"


@attack("400 scrapers that do not read, beside 3,000 sessions: a scripted reply takes less than 50 ms")
def scrapers():
    raise_descriptor_limit()
    with Server("--pace", "0") as server:
        crowd = [wire.Session(server.port) for _ in range(3000)]
        talker = wire.Session(server.port)
        talker.select("Echo")
        calm = median([talker.reply_milliseconds() for _ in range(20)])
        scrapers = []
        for _ in range(400):
            connection = wire.connect(server.port, receive_buffer=4096)
            connection.sendall(wire.request("/metrics"))
            scrapers.append(connection)
        under = [talker.reply_milliseconds() for _ in range(100)]
        for connection in crowd:
            connection.close()
        for connection in scrapers:
            connection.close()
        return Outcome(f"calm {calm:.1f} ms, then median {median(under):.1f}, worst {max(under):.1f} ms", max(under) < 50)


@attack("three sessions that reload a heavy directory in a loop: a scripted reply takes less than 50 ms")
def heavy_reloads():
    with characters_directory(20, lambda n: HEAVY) as directory, Server("--pace", "0") as server:
        talker = wire.Session(server.port)
        talker.select("Echo")
        calm = median([talker.reply_milliseconds() for _ in range(20)])
        reloads, stop = [], threading.Event()

        def reload_in_a_loop():
            session = wire.Session(server.port)
            try:
                while not stop.is_set():
                    began = time.monotonic()
                    session.send({"type": "session.characters.reload", "directory": directory})
                    session.wait_for("session.characters.reloaded", "error")
                    reloads.append(time.monotonic() - began)
            except (OSError, wire.Closed):
                pass

        for _ in range(3):
            threading.Thread(target=reload_in_a_loop, daemon=True).start()
        time.sleep(0.5)
        replies, scrapes = [], []
        end = time.monotonic() + 5
        while time.monotonic() < end:
            replies.append(talker.reply_milliseconds())
            began = time.monotonic()
            wire.get(server.port, "/metrics")
            scrapes.append((time.monotonic() - began) * 1000)
        stop.set()
        return Outcome(
            f"calm {calm:.1f} ms, then p95 {percentile(replies, 0.95):.1f}, worst {max(replies):.1f} ms; "
            f"scrape worst {max(scrapes):.0f} ms; {len(reloads)} reloads",
            max(replies) < 50,
        )


FLOODS = {
    "list": b'{"type":"session.characters.list"}',
    "context": b'{"type":"session.update","session":{"context":[' + b"1," * 500_000 + b"1]}}",
    "line-breaks": b"\n" * 250_000 + b"x",
    "audio": b'{"type":"input_audio_buffer.append","audio":"' + b"AAAA" * 255_000 + b'"}',
    "faults": b'{"type":"session.update","session":{' + b",".join(b'"voice":%d' % n for n in range(60_000)) + b"}}",
    "objects": b'{"type":"session.update","session":{"context":{'
    + b",".join(b'"k%d":{}' % n for n in range(85_000))
    + b"}}}",
}


def flood(port, message):
    """Sends the message over and over, and reads whatever comes; begins anew when it is closed."""
    os.nice(10)  # what is measured is the server's fairness, not the machine's
    frame = wire.frame_head(wire.TEXT, len(message)) + message
    while True:
        try:
            session = wire.Session(port)

            def read_all():
                try:
                    while session.socket.recv(1 << 20):
                        pass
                except OSError:
                    pass

            threading.Thread(target=read_all, daemon=True).start()
            while True:
                session.socket.sendall(frame)
        except (OSError, wire.Closed):
            time.sleep(0.01)


def round_trips(sessions, seconds):
    """Milliseconds, the worse of the sessions each time; with pauses, as people make them."""
    trips, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        trips.append(max(session.ping_milliseconds() for session in sessions))
        time.sleep(0.005)
    return trips


@attack("six floods of events of 1 MiB: a quiet session's round trip stays within 1.5 x of calm")
def floods():
    results, held = [], True
    for kind, message in FLOODS.items():
        with Server() as server:
            quiet = [wire.Session(server.port) for _ in range(2)]
            calm = median(round_trips(quiet, seconds=2))
            flooders = [
                multiprocessing.Process(target=flood, args=(server.port, message), daemon=True) for _ in range(6)
            ]
            for flooder in flooders:
                flooder.start()
            time.sleep(1)
            under = round_trips(quiet, seconds=5)
            for flooder in flooders:
                flooder.terminate()
            ratio = median(under) / calm
            held = held and (ratio <= 1.5 or kind == "list")  # whose answers are work that was asked for
            results.append(f"{kind} {calm:.2f} -> {median(under):.2f} ms (p95 {percentile(under, 0.95):.2f})")
    return Outcome("; ".join(results), held)


@attack("a crowd that holds all that may wait to be read: whoever reads is served")
def crowd_that_does_not_read():
    comment = "c" * 300
    body = f"instructions = {{ text = 'x', language = 'en' }}, metadata = {{ comment = '{comment}' }}"
    question = b'{"type":"session.characters.list"}'
    frame = wire.frame_head(wire.TEXT, len(question)) + question
    with characters_directory(300, lambda n: body) as directory, Server(characters=directory) as server:
        crowd = []
        for _ in range(300):
            session = wire.Session(server.port, receive_buffer=4096)
            session.socket.setblocking(False)
            crowd.append(session)
        served, refused, end = 0, 0, time.monotonic() + 12
        while time.monotonic() < end:
            for session in crowd:
                try:
                    session.socket.send(frame * 10)
                except OSError:
                    pass
            try:
                reader = wire.Session(server.port)
                for _ in range(5):
                    reader.send_frame(wire.TEXT, question)
                for _ in range(5):
                    reader.wait_for("session.characters.listed")
                reader.close()
                served += 1
            except (OSError, wire.Closed):
                refused += 1
        return Outcome(f"{served} readers served, {refused} closed", served > 0 and refused == 0)


@attack("40 clients that ask /v1/voices before they open a session: sessions are spread over the threads")
def spread_over_threads():
    with Server("--threads", "2") as server:
        sessions = []
        for _ in range(40):
            wire.get(server.port, "/v1/voices")
            sessions.append(wire.Session(server.port))
        watched = []
        for descriptor in Path(f"/proc/{server.pid}/fd").iterdir():
            try:
                if "eventpoll" in os.readlink(descriptor):
                    info = Path(f"/proc/{server.pid}/fdinfo/{descriptor.name}").read_text()
                    watched.append(info.count("tfd:"))
            except OSError:
                pass
        watched = sorted(watched)[-2:]
        return Outcome(f"descriptors watched by the threads: {watched}", abs(watched[0] - watched[1]) <= 6)
