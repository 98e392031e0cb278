/// One session on the server, and another one whenever that is lost: events as objects, answers to requests as promises.
///
/// Dispatches `open`; `event` (detail: what the server says, but for answers to ask()); `lost` (detail: `code` and
/// `reason` of the close, `retryAt` in the clock of `now`). Everything that touches the outside can be replaced.

const firstPause = 500; // ms, before the first try to connect again
const longestPause = 30_000; // ms
const steady = 5_000; // ms: a connection that lasted so long was a good one, and the pauses begin anew
const mostUnsentAudio = 256 * 1024; // bytes; sound that cannot be sent in time is worth nothing later

/// How long to wait before the try after `failures` that failed in a row, in ms: twice as long each time, and not
/// the same for all pages that lost the server at one moment.
export function pauseAfter(failures, random = Math.random()) {
  return Math.min(longestPause, firstPause * 2 ** failures) * (0.75 + random / 2);
}

/// What a request came to that was not carried out: `code` and `message` are the server's, or `connection_lost`.
export class RequestError extends Error {
  constructor({ code, message, details, param }) {
    super(message);
    Object.assign(this, { code, details, param });
  }
}

export class Connection extends EventTarget {
  #url;
  #socket = null;
  #outside;
  #failures = 0;
  #openedAt = 0;
  #retry = null;
  #closed = false;
  #nextId = 1;
  #asked = new Map(); // event_id -> {resolve, reject}

  constructor(url, outside = {}) {
    super();
    this.#url = url;
    this.#outside = {
      connect: (address) => new WebSocket(address, 'realtime'),
      now: () => performance.now(),
      later: (job, ms) => setTimeout(job, ms),
      forget: (timer) => clearTimeout(timer),
      ...outside,
    };
  }

  get isOpen() { return this.#socket?.readyState === 1; }

  connect() {
    this.#outside.forget(this.#retry);
    this.#retry = null;
    const socket = this.#outside.connect(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#openedAt = this.#outside.now();
      this.dispatchEvent(new Event('open'));
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#lose(socket, code, reason);
  }

  /// Now, rather than after the pause; nothing where there is a connection.
  retryNow() {
    if (this.#retry !== null) this.connect();
  }

  close() {
    this.#closed = true;
    this.#outside.forget(this.#retry);
    this.#socket?.close(1000);
  }

  /// Returns whether it could be sent.
  send(event) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(event));
    return true;
  }

  /// The same of sound, `base64`: dropped where the network does not keep up.
  sendAudio(base64) {
    if (!this.isOpen || this.#socket.bufferedAmount > mostUnsentAudio) return false;
    this.#socket.send(`{"type":"input_audio_buffer.append","audio":"${base64}"}`);
    return true;
  }

  /// Sends a request and gives the event that answers it; rejects with a RequestError.
  ask(event) {
    const id = `page-${this.#nextId++}`;
    return new Promise((resolve, reject) => {
      if (!this.send({ ...event, event_id: id })) {
        reject(new RequestError({ code: 'connection_lost', message: 'There is no connection' }));
        return;
      }
      this.#asked.set(id, { resolve, reject });
    });
  }

  #receive(data) {
    let event;
    try { event = JSON.parse(data); } catch { return; } // no server of this protocol sends such a frame
    const asked = this.#asked.get(event.request_id);
    // A warning goes with an answer that still comes.
    if (asked && !(event.type === 'error' && event.error.type === 'warning')) {
      this.#asked.delete(event.request_id);
      if (event.type === 'error') asked.reject(new RequestError(event.error));
      else asked.resolve(event);
      return;
    }
    this.dispatchEvent(new CustomEvent('event', { detail: event }));
  }

  #lose(socket, code, reason) {
    if (socket !== this.#socket) return;
    const lasted = this.#openedAt ? this.#outside.now() - this.#openedAt : 0;
    this.#openedAt = 0;
    this.#failures = lasted >= steady ? 0 : this.#failures;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) {
      reject(new RequestError({ code: 'connection_lost', message: 'The connection was lost' }));
    }
    if (this.#closed) return;
    const pause = pauseAfter(this.#failures++, this.#outside.random?.());
    this.#retry = this.#outside.later(() => this.connect(), pause);
    this.dispatchEvent(new CustomEvent('lost', { detail: { code, reason, retryAt: this.#outside.now() + pause } }));
  }
}
