"""Language model servers that treat their connections badly."""

import contextlib
import socket
import threading
import time
from pathlib import Path

import wire
from harness import Outcome, Server, attack


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Model:
    """A model server that answers every request for a reply with the same words. `after_reply` is called with the
    connection once a reply has been sent: what it returns says whether the connection goes on."""

    def __init__(self, after_reply=lambda connection: True, body_ends=True):
        self.after_reply, self.body_ends = after_reply, body_ends
        self.connections, self.requests = 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream = connection.makefile("rb")
        with contextlib.suppress(OSError), connection:
            while head := stream.readline():
                length = 0
                while (line := stream.readline()).strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                stream.read(length)
                if not self._answer(connection, head):
                    return

    def _answer(self, connection, head):
        if not head.startswith(b"POST"):
            listed = b'{"object":"list","data":[{"id":"m"}]}'
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(listed), listed)
            )
            return True
        self.requests += 1
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for word in (b"Hello", b" there", b"."):
            connection.sendall(chunk(b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % word))
        connection.sendall(
            chunk(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n') + chunk(b"data: [DONE]\n\n")
        )
        if not self.body_ends:
            time.sleep(3600)
        connection.sendall(b"0\r\n\r\n")
        return self.after_reply(connection)


def server_with(model, *flags):
    return Server("--llm", f"http://127.0.0.1:{model.port}/v1", "--llm-model", "m", "--pace", "0", *flags)


def begin(server):
    session = wire.Session(server.port)
    session.select("Charles")
    return session


def reply(session):
    """The text of a reply, and the codes of errors that came with it."""
    session.say("hello")
    codes = []
    while True:
        event = session.wait_for("response.text.done", "error")
        if event["type"] == "response.text.done":
            session.wait_for("response.audio.done")
            return event["text"], codes
        codes.append(event["error"]["code"])


@attack("a model server that ends idle connections with a 408: no turn is lost")
def model_that_ends_idle_connections():
    def say_408_and_close(connection):
        time.sleep(0.2)
        connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return False

    model = Model(say_408_and_close)
    with server_with(model) as server:
        session, heard = begin(server), []
        for _ in range(5):
            time.sleep(0.5)  # in which the model server ends the connection
            heard.append(reply(session))
        lost = sum(1 for text, codes in heard if codes or text != "Hello there.")
        return Outcome(f"{lost} of 5 turns lost", lost == 0)


@attack("a model server that closes idle connections: none stays half closed")
def model_that_closes():
    model = Model(lambda connection: False)
    with server_with(model) as server:
        sessions = [begin(server) for _ in range(10)]
        for session in sessions:
            reply(session)
        time.sleep(2)
        half_closed = 0
        for line in Path(f"/proc/{server.pid}/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[2].endswith(f":{model.port:04X}") and fields[3] == "08":  # CLOSE_WAIT
                half_closed += 1
        return Outcome(f"{half_closed} connections in CLOSE_WAIT", half_closed == 0)


@attack("a model server whose bodies do not end after [DONE]: the next turn does not wait for that")
def model_whose_bodies_do_not_end():
    model = Model(body_ends=False)
    with server_with(model) as server:
        session = begin(server)
        times = [session.reply_milliseconds() for _ in range(10)]
        return Outcome(f"median {sorted(times)[5]:.0f} ms a turn", sorted(times)[5] < 50)


@attack("a model server that takes a request and closes: the request is not carried out twice")
def model_that_takes_and_closes():
    taken = []

    class Taker(Model):
        def _answer(self, connection, head):
            if head.startswith(b"POST") and self.requests == 1:
                self.requests += 1
                taken.append(head)
                return False
            return super()._answer(connection, head)

    model = Taker()
    with server_with(model) as server:
        session = begin(server)  # one request: the first words
        model.requests = 1
        text, codes = reply(session)
        return Outcome(f"{len(taken)} taken, then {model.requests - 2} more; errors {codes}", model.requests == 2)
