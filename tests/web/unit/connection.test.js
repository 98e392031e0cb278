import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection, pauseAfter } from '../../../web/js/connection.js';

globalThis.CustomEvent ??= class CustomEvent extends Event { // Node 18 has none
  constructor(type, { detail } = {}) {
    super(type);
    this.detail = detail;
  }
};

/// A network without any: sockets that the test opens and closes, and a clock that it moves.
class Network {
  sockets = [];
  time = 0;
  timers = [];

  get outside() {
    return {
      connect: () => {
        const socket = { readyState: 0, bufferedAmount: 0, sent: [], send(text) { this.sent.push(text); }, close() {} };
        this.sockets.push(socket);
        return socket;
      },
      now: () => this.time,
      later: (job, ms) => this.timers.push({ job, at: this.time + ms }),
      forget: (timer) => { if (timer) this.timers[timer - 1] = null; },
      random: () => 0.5,
    };
  }

  get socket() { return this.sockets.at(-1); }
  open() {
    this.socket.readyState = 1;
    this.socket.onopen();
  }
  lose(code = 1006) {
    this.socket.readyState = 3;
    this.socket.onclose({ code, reason: '' });
  }
  say(event) { this.socket.onmessage({ data: JSON.stringify(event) }); }
  pass(ms) {
    this.time += ms;
    const due = this.timers.filter((timer) => timer && timer.at <= this.time);
    this.timers = this.timers.map((timer) => (due.includes(timer) ? null : timer));
    due.forEach(({ job }) => job());
  }
}

function connected() {
  const network = new Network();
  const connection = new Connection('ws://test/', network.outside);
  const heard = [];
  for (const type of ['open', 'event', 'lost']) connection.addEventListener(type, (event) => heard.push([type, event.detail]));
  connection.connect();
  network.open();
  return { network, connection, heard };
}

test('an answer goes to who asked, everything else is an event', async () => {
  const { network, connection, heard } = connected();
  const asked = connection.ask({ type: 'session.characters.list' });
  const id = JSON.parse(network.socket.sent[0]).event_id;
  network.say({ type: 'response.created' });
  network.say({ type: 'session.characters.listed', request_id: id, active: null });
  assert.equal((await asked).type, 'session.characters.listed');
  assert.deepEqual(heard.filter(([type]) => type === 'event').map(([, event]) => event.type), ['response.created']);
});

test('an error that answers rejects with its code, message and details', async () => {
  const { network, connection } = connected();
  const asked = connection.ask({ type: 'session.characters.reload', directory: '/nowhere' });
  const id = JSON.parse(network.socket.sent[0]).event_id;
  network.say({ type: 'error', request_id: id, error: { type: 'server_error', code: 'directory_not_found', message: 'no', details: [] } });
  await assert.rejects(asked, { code: 'directory_not_found', message: 'no', details: [] });
});

test('a warning does not take the place of the answer that follows it', async () => {
  const { network, connection, heard } = connected();
  const asked = connection.ask({ type: 'session.update', session: {} });
  const id = JSON.parse(network.socket.sent[0]).event_id;
  network.say({ type: 'error', request_id: id, error: { type: 'warning', code: 'character_not_found', message: 'x' } });
  network.say({ type: 'session.updated', request_id: id, session: {} });
  assert.equal((await asked).type, 'session.updated');
  assert.equal(heard.at(-1)[1].error.type, 'warning');
});

test('whoever waits for an answer learns that the connection is gone', async () => {
  const { network, connection } = connected();
  const asked = connection.ask({ type: 'session.characters.list' });
  network.lose();
  await assert.rejects(asked, { code: 'connection_lost' });
  await assert.rejects(connection.ask({ type: 'session.characters.list' }), { code: 'connection_lost' });
});

test('it comes back by itself, after pauses that grow', () => {
  const { network, heard } = connected();
  const pauses = [];
  for (let i = 0; i < 10; ++i) {
    network.lose();
    const [type, { retryAt }] = heard.at(-1);
    assert.equal(type, 'lost');
    pauses.push(retryAt - network.time);
    const before = network.sockets.length;
    network.pass(pauses.at(-1) - 1);
    assert.equal(network.sockets.length, before);
    network.pass(1);
    assert.equal(network.sockets.length, before + 1);
  }
  assert.deepEqual(pauses.slice(0, 4), [500, 1000, 2000, 4000]);
  assert.equal(pauses.at(-1), 30_000);
});

test('a connection that lasted begins with short pauses again, one that fell at once does not', () => {
  const { network, heard } = connected();
  for (let i = 0; i < 4; ++i) {
    network.lose();
    network.pass(60_000);
  }
  network.open();
  network.pass(1_000);
  network.lose();
  assert.ok(heard.at(-1)[1].retryAt - network.time > 1_000);
  network.pass(60_000);
  network.open();
  network.pass(5_000);
  network.lose();
  assert.equal(heard.at(-1)[1].retryAt - network.time, 500);
});

test('nobody has to wait for the pause', () => {
  const { network, connection, heard } = connected();
  network.lose();
  connection.retryNow();
  assert.equal(network.sockets.length, 2);
  network.open();
  connection.retryNow();
  network.pass(60_000);
  assert.equal(network.sockets.length, 2);
  assert.equal(heard.at(-1)[0], 'open');
});

test('sound that the network does not take is dropped, events are not', () => {
  const { network, connection } = connected();
  network.socket.bufferedAmount = 1 << 20;
  assert.equal(connection.sendAudio('AAAA'), false);
  assert.equal(connection.send({ type: 'response.create' }), true);
  network.socket.bufferedAmount = 0;
  assert.equal(connection.sendAudio('AAAA'), true);
  assert.deepEqual(JSON.parse(network.socket.sent.at(-1)), { type: 'input_audio_buffer.append', audio: 'AAAA' });
});

test('what is no JSON is passed over', () => {
  const { network, heard } = connected();
  network.socket.onmessage({ data: '{' });
  assert.equal(heard.length, 1);
});

test('pauses differ between pages, within bounds', () => {
  assert.equal(pauseAfter(0, 0), 375);
  assert.equal(pauseAfter(0, 1), 625);
  assert.ok(pauseAfter(50, 1) <= 37_500);
});
