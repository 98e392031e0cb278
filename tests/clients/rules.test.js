/** The rules themselves: a conversation that is right, and what is wrong in others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Rules } from './support/rules.js';

const format = { type: 'audio/pcm', rate: 24000 };
const session = {
  type: 'realtime',
  object: 'realtime.session',
  id: 's',
  model: 'm',
  output_modalities: ['audio'],
  instructions: '',
  tools: [],
  tool_choice: 'auto',
  max_output_tokens: 'inf',
  tracing: null,
  truncation: 'auto',
  audio: {
    input: { format, transcription: null, noise_reduction: null, turn_detection: null },
    output: { format, voice: 'v', speed: 1 },
  },
};
const user = {
  id: 'u',
  object: 'realtime.item',
  type: 'message',
  status: 'completed',
  role: 'user',
  content: [{ type: 'input_audio', transcript: null }],
};
const begun = { id: 'a', object: 'realtime.item', type: 'message', status: 'in_progress', role: 'assistant', content: [] };
const answer = { ...begun, status: 'completed', content: [{ type: 'output_audio', transcript: 'Hi.' }] };
const running = {
  id: 'r',
  object: 'realtime.response',
  conversation_id: 'c',
  output: [],
  output_modalities: ['audio'],
  status: 'in_progress',
  status_details: null,
  audio: { output: { format, voice: 'v' } },
  metadata: { k: 'v' },
  max_output_tokens: 'inf',
  usage: null,
};
const usage = {
  total_tokens: 0,
  input_tokens: 0,
  output_tokens: 0,
  input_token_details: { text_tokens: 0, audio_tokens: 0, cached_tokens: 0 },
  output_token_details: { text_tokens: 0, audio_tokens: 0 },
};
const place = { response_id: 'r', item_id: 'a', output_index: 0, content_index: 0 };

/** One turn by voice, all of it. */
const turn = () => [
  { type: 'session.created', session },
  { type: 'input_audio_buffer.speech_started', item_id: 'u', audio_start_ms: 0 },
  { type: 'input_audio_buffer.speech_stopped', item_id: 'u', audio_end_ms: 900 },
  { type: 'input_audio_buffer.committed', item_id: 'u', previous_item_id: null },
  { type: 'conversation.item.added', item: user, previous_item_id: null },
  { type: 'conversation.item.done', item: user, previous_item_id: null },
  { type: 'conversation.item.input_audio_transcription.delta', item_id: 'u', content_index: 0, delta: 'hello' },
  {
    type: 'conversation.item.input_audio_transcription.completed',
    item_id: 'u',
    content_index: 0,
    transcript: 'hello',
    usage: { type: 'duration', seconds: 0.9 },
  },
  { type: 'response.created', response: running },
  { type: 'response.output_item.added', response_id: 'r', output_index: 0, item: begun },
  { type: 'conversation.item.added', item: begun, previous_item_id: 'u' },
  { type: 'response.content_part.added', ...place, part: { type: 'audio', transcript: '' } },
  { type: 'response.output_audio_transcript.delta', ...place, delta: 'Hi.' },
  { type: 'response.output_audio.delta', ...place, delta: Buffer.alloc(4800).toString('base64') },
  { type: 'response.output_audio.done', ...place },
  { type: 'response.output_audio_transcript.done', ...place, transcript: 'Hi.' },
  { type: 'response.content_part.done', ...place, part: { type: 'audio', transcript: 'Hi.' } },
  { type: 'response.output_item.done', response_id: 'r', output_index: 0, item: answer },
  { type: 'conversation.item.done', item: answer, previous_item_id: 'u' },
  { type: 'response.done', response: { ...running, status: 'completed', output: [answer], usage } },
  { type: 'conversation.item.truncated', item_id: 'a', content_index: 0, audio_end_ms: 100 },
];

function faultsOf(events) {
  const rules = new Rules();
  return [...events.flatMap((event, i) => rules.check({ event_id: `e${i}`, ...event })), ...rules.finish()];
}

test('a turn that is right has no faults', () => {
  assert.deepEqual(faultsOf(turn()), []);
});

/** The turn with the events of a type as `change` gives them for each: others, several, or none. */
const changed = (type, change) => turn().flatMap((event) => (event.type === type ? change(event) : [event]));
const without = (type) => changed(type, () => []);
const withFields = (type, fields) => changed(type, (event) => [{ ...event, ...fields }]);
const inItsResponse = (type, fields) => changed(type, (event) => [{ ...event, response: { ...event.response, ...fields } }]);

const { status_details: _, ...withoutDetails } = { ...running, status: 'completed', output: [answer], usage };
const call = {
  id: 'f',
  object: 'realtime.item',
  type: 'function_call',
  status: 'completed',
  call_id: 'k',
  name: 'n',
  arguments: '{}',
};

const wrong = {
  'an event that nobody knows': [[...turn(), { type: 'unmute.additional_outputs' }], /is no event of this interface/],
  "an event of the beta's": [[...turn(), { type: 'conversation.item.created', item: user }], /is no event/],
  'an event without an id': [withFields('session.created', { event_id: undefined }), /event_id/],
  'an id twice': [withFields('response.created', { event_id: 'e0' }), /was used before/],
  'no session first': [turn().slice(1), /comes first/],
  'both modalities': [
    withFields('session.created', { session: { ...session, output_modalities: ['audio', 'text'] } }),
    /output_modalities/,
  ],
  'a session without a format': [withFields('session.created', { session: { ...session, audio: {} } }), /session\.audio/],
  'no status_details': [withFields('response.done', { response: withoutDetails }), /status_details/],
  'details of another status': [
    inItsResponse('response.done', { status_details: { type: 'cancelled', reason: 'client_cancelled' } }),
    /details of completed/,
  ],
  'metadata that do not come back': [inItsResponse('response.done', { metadata: null }), /metadata are others/],
  'a usage without its details': [inItsResponse('response.done', { usage: { total_tokens: 0 } }), /usage/],
  'a user without a transcript': [
    withFields('conversation.item.done', { item: { ...user, content: [{ type: 'input_audio' }] } }),
    /item/,
  ],
  'a part of the beta': [
    withFields('response.content_part.added', { part: { type: 'output_audio', transcript: '' } }),
    /part\.type/,
  ],
  'null as previous item of a second one': [withFields('conversation.item.added', { previous_item_id: null }), /not the first/],
  'a previous item that is not there': [withFields('conversation.item.added', { previous_item_id: 'x' }), /there is no x/],
  'an item that is not done': [without('response.output_item.done'), /not done|is due/],
  'an item that is not told as added': [without('conversation.item.added'), /is due/],
  'a response that is not done': [without('response.done'), /r is not done/],
  'a response that is done twice': [changed('response.done', (event) => [event, { ...event, event_id: 'again' }]), /is not open/],
  'two responses at a time': [
    changed('response.created', (event) => [
      event,
      { type: 'response.created', event_id: 'x', response: { ...running, id: 'q' } },
    ]),
    /another one goes on/,
  ],
  'a delta behind its done': [
    changed('response.output_audio.done', (event) => [
      event,
      { type: 'response.output_audio.delta', event_id: 'late', ...place, delta: 'AAAA' },
    ]),
    /after output_audio\.done/,
  ],
  'text in a part of sound': [
    changed('response.output_audio.done', (event) => [
      { type: 'response.output_text.delta', event_id: 'text', ...place, delta: 'x' },
      event,
    ]),
    /another modality/,
  ],
  'another transcript than its deltas': [
    withFields('response.output_audio_transcript.done', { transcript: 'Ho.' }),
    /not what the deltas are/,
  ],
  'a transcript of the user that is not its deltas': [
    without('conversation.item.input_audio_transcription.delta'),
    /not what the deltas are/,
  ],
  'speech that stops before it starts': [without('input_audio_buffer.speech_started'), /was not started/],
  'an interruption while nobody speaks': [
    inItsResponse('response.done', { status: 'cancelled', status_details: { type: 'cancelled', reason: 'turn_detected' } }),
    /nobody speaks/,
  ],
  'more cut than was sent': [withFields('conversation.item.truncated', { audio_end_ms: 101 }), /101 of 100 ms/],
  'a call that is completed as it is added': [
    changed('response.output_item.added', (event) => [{ ...event, item: call }]),
    /it is completed/,
  ],
  'sound that is no base64': [withFields('response.output_audio.delta', { delta: '?' }), /delta/],
};

for (const [name, [events, fault]] of Object.entries(wrong)) {
  test(`it is wrong: ${name}`, () => {
    assert.match(faultsOf(events).join('\n'), fault);
  });
}
