/** OpenAI's agents SDK, unmodified, over TLS: only its address is another. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { RealtimeAgent, tool } from '@openai/agents-realtime';
import { z } from 'zod';

import { connectAgent, happens, historyOf } from './support/agents.js';
import { casts, heard, openPlace } from './support/place.js';

let shop;
before(async () => {
  shop = await openPlace(casts.shop);
});
after(() => shop?.close());

async function connected(t, options = {}) {
  const { agent = new RealtimeAgent({ name: 'Shop', instructions: 'Be brief.', voice: 'Clerk' }), ...others } = options;
  const client = await connectAgent(shop, agent, others);
  t.after(() => client.close());
  await client.told.next('session.updated');
  return client;
}

const inText = { outputModalities: ['text'] };
const tale = 'Once upon a time there was a kite, and the kite was red. '.repeat(12);

test('a conversation in text', async (t) => {
  const { session, told } = await connected(t, { config: inText });
  shop.model.reply('Good ', 'day.');
  session.sendMessage('Hi');
  const [, , output] = await happens(session, 'agent_end');
  assert.equal(output, 'Good day.');
  shop.model.reply('Red ones.');
  session.sendMessage('What do you have?');
  await happens(session, 'agent_end');
  assert.deepEqual(historyOf(session), ['user: Hi', 'assistant: Good day.', 'user: What do you have?', 'assistant: Red ones.']);
  assert.match(shop.model.requests.at(-1).messages[0].content, /clerk of a shop[^]*Be brief\./);
  assert.equal(session.usage.outputTokens, 6);
  told.assertWhole();
});

test('the character that the address names stays, whatever model the client asks for', async (t) => {
  const { session, told } = await connected(t, {
    query: '?model=Clerk',
    config: inText,
    agent: new RealtimeAgent({ name: 'Any' }),
  });
  session.sendMessage('Hi');
  await happens(session, 'agent_end');
  assert.match(shop.model.requests.at(-1).messages[0].content, /clerk of a shop/);
  told.assertWhole();
});

test('a conversation by voice', async (t) => {
  const { session, told } = await connected(t);
  const sounds = [];
  session.on('audio', ({ data }) => sounds.push(Buffer.from(data).toString('base64')));
  shop.model.reply('There are seven of them.');
  const ended = happens(session, 'agent_end');
  for (const piece of await shop.say('how many kites are left')) session.sendAudio(new Uint8Array(piece).buffer);
  const [, , output] = await ended;
  assert.equal(output, 'There are seven of them.');
  const { seconds, loudness } = heard(sounds);
  assert.ok(seconds > 0.8 && loudness > 0.01, `${seconds} s, ${loudness}`);
  await told.next(({ type, item }) => type === 'conversation.item.retrieved' && item.role === 'user');
  assert.match(historyOf(session)[0], /^user: .*how many kites are left/);
  assert.equal(historyOf(session)[1], 'assistant: There are seven of them.');
  told.assertWhole();
});

for (const type of ['server_vad', 'semantic_vad']) {
  test(`a voice interrupts a reply (${type})`, async (t) => {
    const { session, told } = await connected(t, { config: { audio: { input: { turnDetection: { type } } } } });
    shop.model.reply(tale);
    session.sendMessage('Tell me a tale');
    await happens(session, 'audio');
    shop.model.reply('As you wish.');
    const interrupted = happens(session, 'audio_interrupted');
    for (const piece of await shop.say('please stop talking')) session.sendAudio(new Uint8Array(piece).buffer);
    await interrupted;
    const { response } = await told.next('response.done');
    assert.deepEqual(response.status_details, { type: 'cancelled', reason: 'turn_detected' });
    const [, , output] = await happens(session, 'agent_end');
    assert.equal(output, 'As you wish.');
    const [, told_, asked, answer] = historyOf(session);
    assert.ok(told_.length < tale.length / 2, told_);
    assert.match(asked, /stop talking/);
    assert.equal(answer, 'assistant: As you wish.');
    told.assertWhole();
  });
}

test('a reply is interrupted by a button', async (t) => {
  const { session, told } = await connected(t);
  shop.model.reply(tale);
  session.sendMessage('Tell me a tale');
  for (let sent = 0; sent < 1500; )
    sent += Buffer.from((await told.next('response.output_audio.delta')).delta, 'base64').length / 48;
  session.interrupt();
  const { response } = await told.next('response.done');
  assert.deepEqual(response.status_details, { type: 'cancelled', reason: 'client_cancelled' });
  await told.next('conversation.item.truncated');
  await told.next('conversation.item.retrieved');
  const [, said] = historyOf(session);
  assert.ok(said.length > 'assistant: '.length && said.length < tale.length / 2, said);
  told.assertWhole();
});

/** An agent with a tool, and the colours that it was called with. */
function seller() {
  const calls = [];
  const price = tool({
    name: 'price',
    description: 'What a kite costs',
    parameters: z.object({ colour: z.string() }),
    execute: async ({ colour }) => `${calls.push(colour) + 8} euros`,
  });
  return { calls, agent: new RealtimeAgent({ name: 'Shop', voice: 'Clerk', tools: [price] }) };
}

test("a tool of the client's is run by the client, once; one of the character's by the server", async (t) => {
  const { calls, agent } = seller();
  const { session, told } = await connected(t, { config: inText, agent });
  shop.model.reply({ call: 'stock' });
  shop.model.reply('One moment. ', { call: 'price', arguments: { colour: 'red' } });
  shop.model.reply('Seven, at nine euros.');
  session.sendMessage('How many red ones, and what are they?');
  await told.next('response.done');
  await told.next('response.done');
  assert.deepEqual(calls, ['red']);
  const { messages } = shop.model.requests.at(-1);
  assert.deepEqual(
    messages.filter(({ role }) => role === 'tool').map(({ content }) => content),
    ['Seven kites.', '9 euros'],
  );
  assert.deepEqual(historyOf(session), [
    'user: How many red ones, and what are they?',
    'assistant: One moment. ',
    'function_call: price 9 euros',
    'assistant: Seven, at nine euros.',
  ]);
  told.assertWhole();
});

test('what is asked by voice is answered aloud with the help of a tool', async (t) => {
  const { calls, agent } = seller();
  const { session, told } = await connected(t, { agent });
  shop.model.reply('Let me see. ', { call: 'price', arguments: { colour: 'red' } });
  shop.model.reply('They are nine euros.');
  for (const piece of await shop.say('how many kites are left')) session.sendAudio(new Uint8Array(piece).buffer);
  const first = await told.next('response.done');
  assert.deepEqual(
    first.response.output.map(({ type }) => type),
    ['message', 'function_call'],
  );
  const { response } = await told.next('response.done');
  const deltas = told.all('response.output_audio.delta').filter(({ response_id: id }) => id === response.id);
  const { seconds, loudness } = heard(deltas.map(({ delta }) => delta));
  assert.ok(seconds > 0.8 && loudness > 0.01, `${seconds} s, ${loudness}`);
  assert.deepEqual(calls, ['red']);
  assert.deepEqual(historyOf(session).slice(-3), [
    'assistant: Let me see.',
    'function_call: price 9 euros',
    'assistant: They are nine euros.',
  ]);
  told.assertWhole();
});

test('results of two calls are told one by one, before a reply or with one in between', async (t) => {
  const { calls, agent } = seller();
  const { session, told } = await connected(t, { config: inText, agent });
  shop.model.reply({ call: 'price', arguments: { colour: 'red' } }, { call: 'price', arguments: { colour: 'blue' } });
  session.sendMessage('Red and blue ones?');
  const results = [];
  while (results.at(-1)?.[1] !== '10 euros') {
    await told.next('response.done');
    results.push(
      shop.model.requests
        .at(-1)
        .messages.filter(({ role }) => role === 'tool')
        .map(({ content }) => content),
    );
  }
  for (const both of results.slice(1)) assert.ok(both[0] === '9 euros' && ['No result yet.', '10 euros'].includes(both[1]), both);
  assert.deepEqual(calls, ['red', 'blue']);
  told.assertWhole();
});

test('an agent hands over to another one, who is another character', async (t) => {
  const second = new RealtimeAgent({ name: 'Second', instructions: 'Be the second.', voice: 'Anna' });
  const first = new RealtimeAgent({ name: 'First', instructions: 'Be the first.', voice: 'Charles', handoffs: [second] });
  const { session, told } = await connected(t, { config: inText, agent: first });
  session.transport.sendEvent({ type: 'session.characters.reload', directory: casts.alpha });
  await told.next('session.characters.reloaded');
  shop.model.reply({ call: 'transfer_to_Second' });
  shop.model.reply('I am Anna.');
  session.sendMessage('Let me talk to somebody else');
  await told.next('response.done');
  await told.next('response.done');
  const [before, behind] = shop.model.requests.slice(-2).map(({ messages }) => messages);
  assert.match(before[0].content, /Charles of the cast alpha[^]*Be the first\./);
  assert.match(behind[0].content, /Anna, who[^]*Be the second\./);
  assert.deepEqual(historyOf(session), [
    'user: Let me talk to somebody else',
    'function_call: transfer_to_Second {"assistant":"Second"}',
    'assistant: I am Anna.',
  ]);
  told.assertWhole();
});

test('a guardrail of the client ends a reply that breaks it', async (t) => {
  const guardrail = {
    name: 'no red',
    execute: async ({ agentOutput }) => ({ tripwireTriggered: / red/.test(agentOutput), outputInfo: {} }),
  };
  const { session, told } = await connected(t, {
    outputGuardrails: [guardrail],
    outputGuardrailSettings: { debounceTextLength: 10 },
  });
  shop.model.reply(tale);
  shop.model.reply('Blue ones, then.');
  session.sendMessage('Tell me a tale');
  await happens(session, 'guardrail_tripped');
  const { response } = await told.next('response.done');
  assert.deepEqual(response.status_details, { type: 'cancelled', reason: 'client_cancelled' });
  await told.next('response.done');
  assert.equal(historyOf(session).at(-1), 'assistant: Blue ones, then.');
  told.assertWhole();
});

test('two sessions have a cast each, at one time', async (t) => {
  const agent = new RealtimeAgent({ name: 'Any', voice: 'Charles' });
  const both = await Promise.all([connected(t, { agent, config: inText }), connected(t, { agent, config: inText })]);
  for (const [i, { session, told }] of both.entries()) {
    session.transport.sendEvent({ type: 'session.characters.reload', directory: [casts.alpha, casts.beta][i] });
    await told.next('session.characters.reloaded');
    session.transport.updateSessionConfig({ ...inText, voice: 'Charles' });
    await told.next(({ type, session: now }) => type === 'session.updated' && now.audio.output.voice === 'Charles');
  }
  for (const [i, { session, told }] of both.entries()) {
    session.sendMessage('Who are you?');
    await happens(session, 'agent_end');
    assert.match(shop.model.requests.at(-1).messages[0].content, [/of the cast alpha/, /of the cast beta/][i]);
    told.assertWhole();
  }
});

test('a past conversation is restored, and corrected', async (t) => {
  const { session, told } = await connected(t, { config: inText });
  const item = (itemId, role, content) => ({ type: 'message', itemId, role, content: [content], status: 'completed' });
  session.updateHistory([
    item('one', 'assistant', { type: 'output_text', text: 'Good day!' }),
    item('two', 'user', { type: 'input_audio', transcript: 'I take two.' }),
    item('three', 'assistant', { type: 'output_text', text: 'Fine.' }),
  ]);
  await told.next(({ type, item: done }) => type === 'conversation.item.done' && done.id === 'three');
  assert.deepEqual(historyOf(session), ['assistant: Good day!', 'user: I take two.', 'assistant: Fine.']);

  told.rules.expectHead();
  session.updateHistory(([, ...rest]) => [item('zero', 'user', { type: 'input_text', text: 'Hi' }), ...rest]);
  await told.next(({ type, item: done }) => type === 'conversation.item.done' && done.id === 'zero');
  assert.deepEqual(historyOf(session), ['user: Hi', 'user: I take two.', 'assistant: Fine.']);
  session.sendMessage('Blue ones.');
  await happens(session, 'agent_end');
  assert.deepEqual(
    shop.model.requests
      .at(-1)
      .messages.slice(1)
      .map(({ role, content }) => `${role}: ${content}`),
    ['user: Hi I take two.', 'assistant: Fine.', 'user: Blue ones.'],
  );
  told.assertWhole();
});
