"""A client that says byte for byte what it wants to: HTTP and WebSocket on plain sockets."""

import base64
import json
import os
import socket
import struct
import time

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Closed(Exception):
    """The other side has ended the connection; `code` is that of its close frame, or None."""

    def __init__(self, code=None):
        super().__init__(f"closed with {code}")
        self.code = code


def connect(port, receive_buffer=None, patience=60):
    """A TCP connection; a small receive buffer makes a reader slow from its first byte."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(patience)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.connect(("127.0.0.1", port))
    return connection


def request(path, method="GET", headers=()):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def get(port, path, patience=60):
    """Status and body of one answer; status None when there was none."""
    with connect(port, patience=patience) as connection:
        connection.sendall(request(path, headers=["Connection: close"]))
        answer = b""
        while chunk := connection.recv(1 << 16):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1]) if head.startswith(b"HTTP/") else None
    return status, body.decode(errors="replace")


def metric(port, name):
    """The value of a metric without labels."""
    for line in get(port, "/metrics")[1].splitlines():
        if line.startswith(name + " "):
            return float(line.rpartition(" ")[2])
    return None


def frame_head(opcode, length):
    """The head of a masked frame whose mask is zero, so that its payload is sent as it is."""
    head = bytes([0x80 | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 1 << 16:
        head += bytes([0x80 | 126]) + struct.pack(">H", length)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", length)
    return head + bytes(4)


class Session:
    """A session, spoken frame by frame. Answers pings, and no close frame unless it is told to."""

    def __init__(self, port, receive_buffer=None):
        self.socket = connect(port, receive_buffer)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            request(
                "/v1/realtime",
                headers=[
                    "Upgrade: websocket",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13",
                    f"Sec-WebSocket-Key: {key}",
                ],
            )
        )
        self.received = b""
        while b"\r\n\r\n" not in self.received:
            self._receive()
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionRefusedError(head.decode(errors="replace"))

    def _receive(self):
        chunk = self.socket.recv(1 << 16)
        if not chunk:
            raise Closed()
        self.received += chunk

    def _take(self, count):
        while len(self.received) < count:
            self._receive()
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def send_frame(self, opcode, payload):
        self.socket.sendall(frame_head(opcode, len(payload)) + payload)

    def send(self, event):
        self.send_frame(TEXT, json.dumps(event).encode())

    def next_frame(self):
        """(opcode, payload)"""
        first, second = self._take(2)
        length = second & 127
        if length == 126:
            (length,) = struct.unpack(">H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._take(8))
        return first & 15, self._take(length)

    def next_event(self):
        while True:
            opcode, payload = self.next_frame()
            if opcode == TEXT:
                return json.loads(payload)
            if opcode == PING:
                self.send_frame(PONG, payload)
            if opcode == CLOSE:
                raise Closed(struct.unpack(">H", payload[:2])[0] if payload else None)

    def wait_for(self, *types):
        """The first event of one of these types."""
        while True:
            event = self.next_event()
            if event["type"] in types:
                return event

    def select(self, voice):
        """Selects a character and hears what it says first."""
        self.send({"type": "session.update", "session": {"voice": voice}})
        return self.wait_for("response.audio.done", "error")

    def say(self, words):
        content = [{"type": "input_text", "text": words}]
        self.send(
            {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}
        )
        self.send({"type": "response.create"})

    def reply_milliseconds(self, words="hello there"):
        """From the request for a reply to its end."""
        began = time.monotonic()
        self.say(words)
        self.wait_for("response.audio.done")
        return (time.monotonic() - began) * 1000

    def ping_milliseconds(self):
        began = time.monotonic()
        self.send_frame(PING, b"?")
        while self.next_frame()[0] != PONG:
            pass
        return (time.monotonic() - began) * 1000

    def close(self):
        self.socket.close()
