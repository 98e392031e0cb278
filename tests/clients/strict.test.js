/** What OpenAI's and LiveKit's clients in Python and Pipecat send and depend on, by one that is as strict as all of them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { message } from './support/openai.js';
import { casts, openPlace } from './support/place.js';
import { connectStrict } from './support/strict.js';

let shop;
before(async () => {
  shop = await openPlace(casts.shop, { tls: false });
});
after(() => shop?.close());

async function connected(t, session = {}, query = '?model=Clerk') {
  const client = await connectStrict(shop, query);
  t.after(() => client.close());
  client.send({ type: 'session.update', event_id: 'update', session: { type: 'realtime', ...session } });
  await client.told.next('session.updated');
  return client;
}

const inText = { output_modalities: ['text'] };
const tale = 'Once upon a time there was a kite, and the kite was red. '.repeat(12);

async function hear({ send }, text, { as = (pcm) => pcm } = {}) {
  for (const piece of await shop.say(text)) send({ type: 'input_audio_buffer.append', audio: as(piece).toString('base64') });
}

/** Has a tale begun, and gives the first delta that has `ms` of it behind itself. */
async function begunTale({ told, send }, ms) {
  shop.model.reply(tale);
  send({ type: 'conversation.item.create', item: message('Tell me a tale') });
  send({ type: 'response.create' });
  for (let sent = 0; ; ) {
    const delta = await told.next('response.output_audio.delta');
    sent += Buffer.from(delta.delta, 'base64').length / 48;
    if (sent >= ms) return { item_id: delta.item_id, content_index: 0, audio_end_ms: Math.floor(sent) };
  }
}

test('metadata come back with both ends of a response', async (t) => {
  const { send, told } = await connected(t, inText);
  send({ type: 'response.create', event_id: 'r1', response: { instructions: 'Greet.', metadata: { client_event_id: 'r1' } } });
  assert.equal((await told.next('response.created')).response.metadata.client_event_id, 'r1');
  assert.equal((await told.next('response.done')).response.metadata.client_event_id, 'r1');
  told.assertWhole();
});

test('items are placed behind each other, and first at the root', async (t) => {
  const { send, told } = await connected(t, inText);
  const create = (id, previous_item_id) =>
    send({ type: 'conversation.item.create', event_id: `create_${id}`, previous_item_id, item: { ...message(id), id } });
  create('b', 'root');
  create('d', 'b');
  create('c', 'b');
  told.rules.expectHead();
  create('a', 'root');
  create('e');
  send({ type: 'conversation.item.delete', item_id: 'd' });
  await told.next('conversation.item.deleted');
  assert.deepEqual(told.rules.order, ['a', 'b', 'c', 'e']);
  send({ type: 'response.create' });
  await told.next('response.done');
  assert.equal(shop.model.requests.at(-1).messages.at(-1).content, 'a b c e');
  told.assertWhole();
});

test('a call is told as an item first, and its result is waited for', async (t) => {
  const price = { type: 'function', name: 'price', description: '', parameters: { type: 'object', properties: {} } };
  const { send, told } = await connected(t, { ...inText, tools: [price], tool_choice: 'auto' });
  shop.model.reply({ call: 'price' });
  send({ type: 'conversation.item.create', item: message('What are they?') });
  send({ type: 'response.create' });
  const added = await told.next(({ type, item }) => type === 'conversation.item.added' && item.type === 'function_call');
  const done = await told.next('response.function_call_arguments.done');
  assert.equal(done.call_id, added.item.call_id);
  await told.next('response.done');
  shop.model.reply('Nine euros.');
  send({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id: done.call_id, output: '9 euros' } });
  send({ type: 'response.create' });
  const { response } = await told.next('response.done');
  assert.equal(response.output[0].content[0].text, 'Nine euros.');
  told.assertWhole();
});

test('what was heard is cut while the reply goes on, once it was interrupted, and again', async (t) => {
  const client = await connected(t);
  const { send, told } = client;
  const begun = await begunTale(client, 1000);
  send({ type: 'conversation.item.truncate', ...begun });
  await told.next('conversation.item.truncated');
  send({ type: 'response.cancel' });
  assert.equal((await told.next('response.done')).response.status, 'cancelled');

  const other = await begunTale(client, 1000);
  await hear(client, 'please stop talking');
  await told.next('input_audio_buffer.speech_started');
  send({ type: 'conversation.item.truncate', ...other });
  await told.next('response.done');
  await told.next('response.done');
  send({ type: 'conversation.item.truncate', ...other });
  await told.next('conversation.item.truncated');
  told.assertWhole();
});

test('a client may say itself whose turn it is', async (t) => {
  const client = await connected(t, { audio: { input: { turn_detection: null } } });
  const { send, told } = client;
  await hear(client, 'how many kites are left');
  send({ type: 'input_audio_buffer.clear' });
  await told.next('input_audio_buffer.cleared');
  await hear(client, 'please stop talking');
  send({ type: 'input_audio_buffer.commit' });
  assert.match((await told.next('conversation.item.input_audio_transcription.completed')).transcript, /stop talking/);
  assert.deepEqual(told.all('response.created'), []);
  send({ type: 'response.create' });
  await told.next('response.done');
  const { messages } = shop.model.requests.at(-1);
  assert.match(messages.at(-1).content, /stop talking/);
  assert.doesNotMatch(JSON.stringify(messages), /kites are left/);
  assert.deepEqual(told.all('input_audio_buffer.speech_started'), []);
  assert.equal(told.all('input_audio_buffer.cleared').length, 1);
  told.assertWhole();
});

test('who talks at a button ends the reply by it', async (t) => {
  const client = await connected(t, { audio: { input: { turn_detection: null } } });
  const { send, told } = client;
  await begunTale(client, 500);
  send({ type: 'input_audio_buffer.clear' });
  send({ type: 'response.cancel' });
  await hear(client, 'please stop talking');
  send({ type: 'input_audio_buffer.commit' });
  shop.model.reply('As you wish.');
  send({ type: 'response.create' });
  assert.equal((await told.next('response.done')).response.status, 'cancelled');
  assert.equal((await told.next('response.done')).response.status, 'completed');
  assert.match(shop.model.requests.at(-1).messages.at(-1).content, /stop talking/);
  told.assertWhole();
});

test('a voice interrupts nothing, and is not answered, where the client wants it so', async (t) => {
  const turn_detection = { type: 'server_vad', interrupt_response: false, create_response: false };
  const client = await connected(t, { audio: { input: { turn_detection } } });
  const { send, told } = client;
  shop.model.reply('Once upon a time there was a kite, and the kite was red.');
  send({ type: 'conversation.item.create', item: message('Tell me a tale') });
  send({ type: 'response.create' });
  await told.next('response.output_audio.delta');
  await hear(client, 'please stop talking');
  assert.equal((await told.next('response.done')).response.status, 'completed');
  await told.next(() => told.all('conversation.item.input_audio_transcription.completed').length > 0);
  shop.model.reply('As you wish.');
  send({ type: 'response.create' });
  await told.next('response.done');
  assert.equal(told.all('response.created').length, 2);
  told.assertWhole();
});

test('a cast is loaded while a reply is spoken', async (t) => {
  const client = await connected(t);
  const { send, told } = client;
  await begunTale(client, 500);
  send({ type: 'session.characters.reload', event_id: 'mine', directory: casts.beta });
  assert.equal((await told.next('response.done')).response.status, 'cancelled');
  assert.equal((await told.next('session.characters.reloaded')).request_id, 'mine');
  assert.deepEqual(told.rules.order, []);
  send({ type: 'session.update', session: { type: 'realtime', ...inText, audio: { output: { voice: 'Charles' } } } });
  send({ type: 'conversation.item.create', item: message('Who are you?') });
  send({ type: 'response.create' });
  await told.next('response.done');
  assert.match(shop.model.requests.at(-1).messages[0].content, /Charles of the cast beta/);
  told.assertWhole();
});

/** The bytes of G.711 of a sample of 16 bits. */
const laws = {
  'audio/pcmu': (sample) => {
    const magnitude = Math.min(Math.abs(sample), 32635) + 132;
    const exponent = Math.floor(Math.log2(magnitude)) - 7;
    return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15));
  },
  'audio/pcma': (sample) => {
    const magnitude = (sample < 0 ? ~sample : sample) >> 4;
    const exponent = magnitude > 15 ? Math.floor(Math.log2(magnitude)) - 3 : 0;
    const mantissa = (magnitude >> Math.max(exponent - 1, 0)) & 15;
    return ((exponent << 4) | mantissa) ^ (sample < 0 ? 0x55 : 0xd5);
  },
};

/** Each third sample, as 8 kHz is a third of 24. */
const byLaw = (law) => (pcm) => Buffer.from(Array.from({ length: pcm.length / 6 }, (_, i) => law(pcm.readInt16LE(6 * i))));

for (const [type, law] of Object.entries(laws)) {
  test(`a telephone is understood, and is answered in its form (${type})`, async (t) => {
    const client = await connected(t, { audio: { input: { format: { type } }, output: { format: { type } } } });
    shop.model.reply('There are seven of them.');
    await hear(client, 'how many kites are left', { as: byLaw(law) });
    assert.match((await client.told.next('conversation.item.input_audio_transcription.completed')).transcript, /kites/);
    const { response } = await client.told.next('response.done');
    assert.equal(response.audio.output.format.type, type);
    const sound = Buffer.concat(client.told.all('response.output_audio.delta').map(({ delta }) => Buffer.from(delta, 'base64')));
    assert.ok(sound.length / 8000 > 0.8, `${sound.length / 8000} s`);
    assert.ok(new Set(sound).size > 50, 'it is silent');
    client.told.assertWhole();
  });
}

test('a reply that is cancelled, cut off or fails is done, once, with why', async (t) => {
  const client = await connected(t, inText);
  const { send, told } = client;
  const asked = async (response) => {
    send({ type: 'response.create', response });
    return (await told.next('response.done')).response;
  };
  send({ type: 'conversation.item.create', item: message('Hi') });
  shop.model.reply('Once upon', { finish: 'length' });
  assert.deepEqual((await asked({ max_output_tokens: 2 })).status_details, { type: 'incomplete', reason: 'max_output_tokens' });
  assert.equal(shop.model.requests.at(-1).max_tokens, 2);
  shop.model.reply({ status: 400 });
  const failed = await asked();
  assert.equal(failed.status, 'failed');
  assert.ok(failed.status_details.error.code, JSON.stringify(failed));
  assert.equal((await asked()).status, 'completed');
  told.assertWhole();
});

test('what cannot be is refused with the id of the event, and the session goes on', async (t) => {
  const { send, told } = await connected(t, inText);
  const refused = async (code, event) => {
    told.allow(code);
    send({ ...event, event_id: `for_${code}` });
    const { error } = await told.next('error');
    assert.deepEqual([error.code, error.event_id], [code, `for_${code}`], error.message);
    assert.ok(error.type && error.message);
  };
  await refused('response_cancel_not_active', { type: 'response.cancel' });
  await refused('unknown_event_type', { type: 'output_audio_buffer.clear_all' });
  await refused('invalid_event', {
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'x' }] },
  });
  await refused('item_not_found', { type: 'conversation.item.delete', item_id: 'none' });
  await refused('input_audio_buffer_commit_empty', { type: 'input_audio_buffer.commit' });
  let release;
  shop.model.reply(
    new Promise((resolve) => {
      release = resolve;
    }),
    'Good day.',
  );
  send({ type: 'conversation.item.create', item: message('Hi') });
  send({ type: 'response.create' });
  await told.next('response.created');
  await refused('conversation_already_has_active_response', { type: 'response.create' });
  release();
  const { response } = await told.next('response.done');
  assert.equal(response.output[0].content[0].text, 'Good day.');
  told.assertWhole();
});

test('a response beside the conversation leaves it as it was', async (t) => {
  const { send, told } = await connected(t, inText);
  send({ type: 'conversation.item.create', item: { ...message('My name is Eve.'), id: 'said' } });
  await told.next('conversation.item.done');
  send({
    type: 'response.create',
    response: {
      conversation: 'none',
      output_modalities: ['text'],
      instructions: 'Classify.',
      metadata: { topic: 'x' },
      input: [message('Who?')],
    },
  });
  const { response } = await told.next('response.done');
  assert.deepEqual([response.conversation_id, response.metadata], [null, { topic: 'x' }]);
  assert.deepEqual(told.rules.order, ['said']);
  told.assertWhole();
});

test('a session that only writes down what is said', async (t) => {
  const client = await connectStrict(shop, '?intent=transcription');
  t.after(() => client.close());
  await hear(client, 'how many kites are left');
  await client.told.next('conversation.item.input_audio_transcription.completed');
  await hear(client, 'please stop talking');
  await client.told.next('conversation.item.input_audio_transcription.completed');
  assert.equal(client.told.events[0].session.type, 'transcription');
  assert.deepEqual(client.told.all('response.created'), []);
  client.told.assertWhole();
});
