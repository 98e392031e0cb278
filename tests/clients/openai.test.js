/** OpenAI's client for Node, unmodified, over TLS: only its address is another. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import OpenAI from 'openai';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';

import { connectOpenAI, listen, message, openAI } from './support/openai.js';
import { casts, heard, openPlace } from './support/place.js';

let shop;
before(async () => {
  shop = await openPlace(casts.shop);
});
after(() => shop?.close());

/** A session that is held to the rules when the test ends. */
async function connected(t, place, model, session) {
  const client = await connectOpenAI(place, { model });
  t.after(() => client.close());
  await client.told.next('session.created');
  if (session) {
    client.rt.send({ type: 'session.update', session: { type: 'realtime', ...session } });
    await client.told.next('session.updated');
  }
  return client;
}

/** As a microphone does, in real time. */
async function speak(rt, text) {
  for (const piece of await shop.say(text)) {
    rt.send({ type: 'input_audio_buffer.append', audio: piece.toString('base64') });
    await setTimeout(100);
  }
}

const inText = { output_modalities: ['text'] };
const transcriptOf = ({ response }) =>
  response.output
    .flatMap((item) => item.content ?? [])
    .map((part) => part.transcript ?? part.text)
    .join('|');

async function asked({ rt, told }, text) {
  rt.send({ type: 'conversation.item.create', item: message(text) });
  rt.send({ type: 'response.create' });
  return told.next('response.done');
}

test('a conversation in text', async (t) => {
  const client = await connected(t, shop, 'Clerk', inText);
  shop.model.reply('Good ', 'day.');
  assert.equal(transcriptOf(await asked(client, 'Hi')), 'Good day.');
  shop.model.reply('Red **ones**.');
  assert.equal(transcriptOf(await asked(client, 'What do you have?')), 'Red **ones**.');
  const { messages } = shop.model.requests.at(-1);
  assert.match(messages[0].content, /clerk of a shop/);
  assert.deepEqual(
    messages.slice(-3).map(({ content }) => content),
    ['Hi', 'Good day.', 'What do you have?'],
  );
  client.told.assertWhole();
});

test('a conversation by voice', async (t) => {
  const { rt, told } = await connected(t, shop, 'Clerk');
  shop.model.reply('There are seven of them.');
  await speak(rt, 'how many kites are left');
  const { transcript } = await told.next('conversation.item.input_audio_transcription.completed');
  assert.match(transcript, /how many kites are left/);
  const done = await told.next('response.done');
  assert.equal(transcriptOf(done), 'There are seven of them.');
  const { seconds, loudness } = heard(told.all('response.output_audio.delta').map(({ delta }) => delta));
  assert.ok(seconds > 0.8 && loudness > 0.01, `${seconds} s, ${loudness}`);
  told.assertWhole();
});

const tale = 'Once upon a time there was a kite, and the kite was red. '.repeat(12);

test('a voice interrupts a reply', async (t) => {
  const { rt, told } = await connected(t, shop, 'Clerk');
  shop.model.reply(tale);
  rt.send({ type: 'conversation.item.create', item: message('Tell me a tale') });
  rt.send({ type: 'response.create' });
  const { item_id: tale_id } = await told.next('response.output_audio.delta');
  shop.model.reply('As you wish.');
  await speak(rt, 'please stop talking');
  await told.next('input_audio_buffer.speech_started');
  const { response } = await told.next('response.done');
  assert.deepEqual(response.status_details, { type: 'cancelled', reason: 'turn_detected' });
  assert.equal((await told.next('conversation.item.truncated')).item_id, tale_id);
  assert.match((await told.next('conversation.item.input_audio_transcription.completed')).transcript, /stop talking/);
  assert.equal(transcriptOf(await told.next('response.done')), 'As you wish.');
  const unheard = shop.model.requests.at(-1).messages.find(({ role }) => role === 'assistant').content;
  assert.ok(unheard.length < tale.length / 2, `it is said to have told ${unheard.length} of ${tale.length} bytes`);
  told.assertWhole();
});

test('a reply is cancelled, and cut to what was heard of it', async (t) => {
  const { rt, told } = await connected(t, shop, 'Clerk');
  shop.model.reply(tale);
  rt.send({ type: 'conversation.item.create', item: message('Tell me a tale') });
  rt.send({ type: 'response.create' });
  let sent = 0;
  let delta;
  while (sent < 1500) {
    delta = await told.next('response.output_audio.delta');
    sent += Buffer.from(delta.delta, 'base64').length / 48;
  }
  rt.send({ type: 'response.cancel' });
  const { response } = await told.next('response.done');
  assert.deepEqual(response.status_details, { type: 'cancelled', reason: 'client_cancelled' });
  rt.send({ type: 'conversation.item.truncate', item_id: delta.item_id, content_index: 0, audio_end_ms: 1000 });
  assert.equal((await told.next('conversation.item.truncated')).audio_end_ms, 1000);
  rt.send({ type: 'conversation.item.retrieve', item_id: delta.item_id });
  const { item } = await told.next('conversation.item.retrieved');
  assert.ok(tale.startsWith(item.content[0].transcript) && item.content[0].transcript.length > 0, item.content[0].transcript);
  assert.ok(item.content[0].transcript.length < response.output[0].content[0].transcript.length, item.content[0].transcript);
  told.assertWhole();
});

const price = {
  type: 'function',
  name: 'price',
  description: 'What a kite costs',
  parameters: { type: 'object', properties: { colour: { type: 'string' } }, required: ['colour'] },
};

test("a tool of the client's is the client's, one of the character's is its own", async (t) => {
  const client = await connected(t, shop, 'Clerk', { ...inText, tools: [price] });
  const { rt, told } = client;
  shop.model.reply({ call: 'stock' });
  shop.model.reply({ call: 'price', arguments: { colour: 'red' } });
  const { response } = await asked(client, 'How many red ones, and what are they?');
  assert.deepEqual(
    response.output.map(({ type, name }) => [type, name]),
    [['function_call', 'price']],
  );
  assert.deepEqual(JSON.parse(response.output[0].arguments), { colour: 'red' });
  const offered = shop.model.requests.at(-1).tools.map((tool) => tool.function.name);
  assert.deepEqual(offered.sort(), ['price', 'stock']);
  assert.ok(shop.model.requests.at(-1).messages.some(({ role, content }) => role === 'tool' && /Seven kites/.test(content)));

  rt.send({
    type: 'conversation.item.create',
    item: { type: 'function_call_output', call_id: response.output[0].call_id, output: '9 euros' },
  });
  shop.model.reply('Seven, at nine euros.');
  rt.send({ type: 'response.create' });
  assert.equal(transcriptOf(await told.next('response.done')), 'Seven, at nine euros.');
  assert.equal(shop.model.requests.at(-1).messages.at(-1).content, '9 euros');
  told.assertWhole();
});

test('two sessions have a cast each, at one time', async (t) => {
  const open = (model) => connected(t, shop, model, { ...inText, audio: { output: { voice: 'Charles' } } });
  const both = await Promise.all([open('Clerk'), open('any')]);
  for (const [i, { rt, told }] of both.entries()) {
    rt.send({ type: 'session.characters.reload', directory: [casts.alpha, casts.beta][i], event_id: 'mine' });
    assert.equal((await told.next('session.characters.reloaded')).request_id, 'mine');
    rt.send({ type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'Charles' } } } });
    assert.equal((await told.next('session.updated')).session.audio.output.voice, 'Charles');
  }
  for (const [i, client] of both.entries()) {
    await asked(client, 'Who are you?');
    assert.match(shop.model.requests.at(-1).messages[0].content, [/of the cast alpha/, /of the cast beta/][i]);
    client.told.assertWhole();
  }
  const third = await connected(t, shop, 'Clerk', inText);
  await asked(third, 'Hi');
  assert.match(shop.model.requests.at(-1).messages[0].content, /clerk of a shop/);
});

test('a past conversation is restored', async (t) => {
  const client = await connected(t, shop, 'Clerk', { ...inText, tools: [price] });
  const { rt, told } = client;
  const create = (item, more) => rt.send({ type: 'conversation.item.create', item, ...more });
  create(message('Good day!', 'assistant'));
  create({ type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: 'What is a red one?' }] });
  create({ type: 'function_call', call_id: 'c1', name: 'price', arguments: '{"colour":"red"}' });
  create({ type: 'function_call_output', call_id: 'c1', output: '9 euros' });
  create({ ...message('Nine euros.', 'assistant'), id: 'last' });
  await told.next(({ type, item }) => type === 'conversation.item.done' && item.id === 'last');
  told.rules.expectHead();
  create(message('Be brief.', 'system'), { previous_item_id: 'root' });
  await told.next('conversation.item.done');
  shop.model.reply('Two.');
  await asked(client, 'I take two.');
  const { messages } = shop.model.requests.at(-1);
  const seen = messages.map(({ role, content, tool_calls: calls }) => `${role}: ${calls ? calls[0].function.name : content}`);
  assert.match(seen[0], /Be brief\./);
  assert.deepEqual(seen.slice(-6), [
    'assistant: Good day!',
    'user: What is a red one?',
    'assistant: price',
    'tool: 9 euros',
    'assistant: Nine euros.',
    'user: I take two.',
  ]);
  told.assertWhole();
});

test('a session that only writes down what is said', async (t) => {
  const { rt, told } = await connectOpenAI(shop, { intent: 'transcription' });
  t.after(() => rt.close());
  assert.equal((await told.next('session.created')).session.type, 'transcription');
  await speak(rt, 'how many kites are left');
  await told.next('conversation.item.input_audio_transcription.completed');
  await speak(rt, 'please stop talking');
  await told.next('conversation.item.input_audio_transcription.completed');
  assert.deepEqual(told.all('response.created'), []);
  told.assertWhole();
});

test('models are the characters, and a page has a key for minutes', async (t) => {
  const client = openAI(shop);
  const models = [];
  for await (const { id } of client.models.list()) models.push(id);
  assert.deepEqual(models, ['Clerk']);
  const secret = await client.realtime.clientSecrets.create({
    session: { type: 'realtime', model: 'Clerk', instructions: 'Be brief.', ...inText },
  });
  assert.equal(secret.session.instructions, 'Be brief.');

  const page = new OpenAI({ apiKey: secret.value, baseURL: `${shop.url}/v1`, dangerouslyAllowBrowser: true });
  const rt = new OpenAIRealtimeWebSocket({ model: 'any' }, page);
  t.after(() => rt.close());
  const told = listen(rt);
  assert.equal((await told.next('session.created')).session.instructions, 'Be brief.');
  assert.equal(rt.socket.protocol, 'realtime');
  shop.model.reply('Good day.');
  assert.equal(transcriptOf(await asked({ rt, told }, 'Hi')), 'Good day.');
  assert.match(shop.model.requests.at(-1).messages[0].content, /clerk of a shop[^]*Be brief\./);
  told.assertWhole();
});

test('a session is taken up again when the server comes back', async (t) => {
  const client = await connectOpenAI(shop, { model: 'Clerk', reconnect: true });
  t.after(() => client.close());
  await client.told.next('session.created');
  const back = new Promise((resolve) => {
    client.rt.on('reconnected', resolve);
  });
  await shop.restart();
  await back;
  const told = listen(client.rt); // a session of its own, with rules of its own
  shop.model.reply('Good day.');
  assert.equal(transcriptOf(await asked({ rt: client.rt, told }, 'Hi')), 'Good day.');
  told.assertWhole();
});
