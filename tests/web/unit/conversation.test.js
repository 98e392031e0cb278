import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Conversation } from '../../../web/js/conversation.js';

function conversation() {
  const phases = [];
  const made = new Conversation({ added() {}, changed() {}, removed() {}, phase: (name) => phases.push(name) });
  made.choose({ name: 'Ada', language: 'en' });
  return Object.assign(made, { phases });
}

const ready = (delta) => ({ type: 'unmute.response.text.delta.ready', delta });
const heard = (delta) => ({ type: 'response.text.delta', delta });
const done = (text) => ({ type: 'response.text.done', text });
const over = { type: 'response.audio.done' };
const created = { type: 'response.created' };
const word = (delta) => ({ type: 'conversation.item.input_audio_transcription.delta', delta });
const started = { type: 'input_audio_buffer.speech_started' };
const stopped = { type: 'input_audio_buffer.speech_stopped' };

const receive = (to, ...events) => events.forEach((event) => to.receive(event));
const said = (of) => of.entries.filter(({ kind }) => kind !== 'note');

test('a reply shows what was heard, and ahead of it what was produced', () => {
  const talk = conversation();
  receive(talk, created, ready('Good'), ready(' evening,'), ready(' Bob.'), heard('Good'), heard('evening,'));
  const [reply] = said(talk);
  assert.equal(reply.heard, 'Good evening,');
  assert.equal(reply.ahead, ' Bob.');
  assert.equal(reply.state, 'coming');
  receive(talk, heard('Bob.'), done('Good evening, Bob.'), over);
  assert.deepEqual([reply.heard, reply.ahead, reply.state], ['Good evening, Bob.', '', 'done']);
  assert.equal(said(talk).length, 1);
});

test('what was cut off stays, and is told apart', () => {
  const talk = conversation();
  receive(talk, created, ready('One,'), ready(' two,'), ready(' three.'), heard('One,'), started,
    { type: 'unmute.interrupted_by_vad' }, done('One,'), over, word('stop'));
  const [reply, user] = said(talk);
  assert.deepEqual([reply.heard, reply.ahead, reply.state], ['One,', ' two, three.', 'cut']);
  assert.deepEqual([user.kind, user.text, user.open], ['user', 'stop', true]);
});

test('words without white space between them stay so', () => {
  const talk = conversation();
  receive(talk, created, ready('你好'), ready('世界'), heard('你好'), heard('世界'));
  assert.equal(said(talk)[0].heard, '你好世界');
});

test('words that were taken back are not shown', () => {
  const talk = conversation();
  receive(talk, created, ready('Hmm'), ready(' no.'), ready('Yes'), ready(' please.'), heard('Yes'), heard('please.'));
  assert.equal(said(talk)[0].heard, 'Yes please.');
  assert.equal(said(talk)[0].ahead, '');
});

test('a word that nobody announced is shown all the same', () => {
  const talk = conversation();
  receive(talk, created, heard('Well,'), heard('then.'));
  assert.equal(said(talk)[0].heard, 'Well, then.');
});

test('a reply without a word leaves nothing', () => {
  const talk = conversation();
  receive(talk, created, done(''), over);
  assert.equal(said(talk).length, 0);
  assert.equal(talk.replying, false);
});

test('the words of one speech are one entry, the next speech another', () => {
  const talk = conversation();
  receive(talk, started, word('hello'), word('there'), stopped, created, ready('Hi.'), heard('Hi.'), done('Hi.'), over,
    started, word('bye'), stopped);
  assert.deepEqual(said(talk).map(({ kind, text, heard: spoken }) => [kind, text ?? spoken]),
    [['user', 'hello there'], ['reply', 'Hi.'], ['user', 'bye']]);
});

test('whose turn it is', () => {
  const talk = conversation();
  receive(talk, created, ready('Hi.'), heard('Hi.'), done('Hi.'), over, started, word('hello'), stopped, created, done(''), over);
  assert.deepEqual(talk.phases,
    ['listening', 'thinking', 'speaking', 'listening', 'user', 'listening', 'thinking', 'listening']);
  talk.endOfSession();
  assert.equal(talk.phase, 'idle');
});

test('a tool is told with who used it', () => {
  const talk = conversation();
  receive(talk, created, { type: 'unmute.tool_called', name: 'roll', arguments: { sides: 6 }, result: '4' });
  assert.deepEqual(said(talk)[1], { kind: 'tool', by: 'Ada', name: 'roll', arguments: { sides: 6 }, result: '4' });
});

test('the delay counts from the voice that was heard last, once a reply', () => {
  const talk = conversation();
  receive(talk, started, word('hello'), stopped, created);
  assert.equal(talk.soundBegan(1_800, 1_000), 800);
  assert.equal(talk.soundBegan(2_800, 1_000), null);
  assert.equal(said(talk).at(-1).delay, 800);
});

test('the delay counts from what was written', () => {
  const talk = conversation();
  talk.typed('hello', 500);
  receive(talk, created);
  assert.equal(talk.soundBegan(900, 100), 400);
});

test('a greeting answers nobody and has no delay', () => {
  const talk = conversation();
  receive(talk, created);
  assert.equal(talk.soundBegan(900, 100), null);
});

test('a lost session ends what was under way', () => {
  const talk = conversation();
  receive(talk, created, ready('One'), ready(' two'), heard('One'));
  talk.endOfSession();
  assert.equal(said(talk)[0].state, 'cut');
  assert.equal(talk.active, null);
  receive(talk, heard('two'), done('One two'), over);
  assert.equal(said(talk)[0].heard, 'One');
});

test('an open page keeps the newest five hundred entries', () => {
  const talk = conversation();
  for (let i = 0; i < 600; ++i) talk.typed(`${i}`, i);
  assert.equal(talk.entries.length, 500);
  assert.equal(talk.entries.at(-1).text, '599');
});

test('a reply that more came after than is kept is removed once', () => {
  const kept = new Set();
  const talk = new Conversation({
    added: (entry) => kept.add(entry),
    changed: () => {},
    removed: (entry) => assert.ok(kept.delete(entry)),
    phase: () => {},
  });
  talk.choose({ name: 'Ada' });
  talk.receive(created);
  for (let i = 0; i < 600; i++) talk.receive({ type: 'unmute.tool_called', name: 'look', arguments: {}, result: i });
  talk.receive(done(''));
  assert.equal(talk.entries.length, 500);
  assert.equal(talk.entries.at(-1).result, 599);
  assert.deepEqual([...kept], talk.entries);
});
