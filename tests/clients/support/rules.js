import { shapeFaults } from './events.js';

const sampleBytes = { 'audio/pcm': 48, 'audio/pcmu': 8, 'audio/pcma': 8 }; // in a millisecond

/**
 * Holds what one connection is told to what OpenAI's clients depend on, those that cannot run here as well:
 *  - LiveKit's places items by previous_item_id, null being the very first, and waits for its metadata to come back;
 *  - Pipecat's ends at an event it does not know, runs a call whose item it saw, and ends at most errors;
 *  - agents-js runs a call whenever its item is told as completed, and throws for parts it does not know.
 * check() and finish() give what is wrong, a line each.
 */
export class Rules {
  order = []; // the conversation's items, by id
  #ids = new Set();
  #created = false;
  #atHead = 0; // items that are to come first, which the client asked for
  #due = []; // what must come next: [type, item's id]
  #items = new Map();
  #responses = new Map();
  #speech = null; // the item that the user is saying
  #transcripts = new Map();
  #faults = [];

  /** The client asks for an item at the head of the conversation ("root"). */
  expectHead() {
    this.#atHead += 1;
  }

  check(event) {
    this.#faults = shapeFaults(event);
    if (this.#faults.length > 0) return this.#faults;
    this.#must(!this.#ids.has(event.event_id), event, 'its event_id was used before');
    this.#ids.add(event.event_id);
    this.#must(this.#created === (event.type !== 'session.created'), event, 'session.created comes first, and once');
    this.#created = true;
    const [due] = this.#due;
    if (due) {
      this.#must(event.type === due[0] && (event.item?.id ?? event.item_id) === due[1], event, `${due.join(' of ')} is due`);
      this.#due.shift();
    }
    this.#handlers[event.type]?.(event);
    if (event.response_id) this.#ofResponse(event);
    return this.#faults;
  }

  finish() {
    this.#faults = [];
    for (const [id, { done }] of this.#responses) this.#must(done, 'the end', `${id} is not done`);
    for (const [id, { done }] of this.#items) this.#must(done, 'the end', `${id} was added and is not done`);
    this.#must(this.#due.length === 0, 'the end', `${this.#due} is missing`);
    return this.#faults;
  }

  #must(holds, event, what) {
    if (!holds) this.#faults.push(`${event.type ?? event}: ${what}`);
  }

  #handlers = {
    'conversation.item.added': (event) => {
      const { item, previous_item_id: before } = event;
      this.#must(!this.#items.has(item.id), event, `${item.id} is added twice`);
      this.#items.set(item.id, { done: false, sound: 0, sent: 0 });
      if (before === null && this.order.length > 0)
        this.#must(this.#atHead-- > 0, event, 'previous_item_id is null, and it is not the first');
      const at = before === null ? -1 : this.order.indexOf(before);
      this.#must(before === null || at >= 0, event, `there is no ${before}`);
      this.order.splice(at + 1, 0, item.id);
    },
    'conversation.item.done': (event) => {
      const { item, previous_item_id: before } = event;
      const known = this.#items.get(item.id);
      this.#must(known && !known.done, event, `${item.id} was not added, or is done already`);
      if (known) known.done = true;
      this.#must(item.status !== 'in_progress', event, 'it is in progress');
      this.#must(before === null || this.#items.has(before), event, `there never was a ${before}`);
    },
    'conversation.item.deleted': (event) => {
      this.#must(this.order.includes(event.item_id), event, 'it is not there');
      this.order = this.order.filter((id) => id !== event.item_id);
    },
    'conversation.item.truncated': (event) => {
      const known = this.#items.get(event.item_id);
      this.#must(known, event, 'it was never there');
      this.#must(
        !known || event.audio_end_ms <= Math.ceil(known.sent),
        event,
        `${event.audio_end_ms} of ${known?.sent} ms that were sent`,
      );
    },
    'input_audio_buffer.speech_started': (event) => {
      this.#must(!this.#speech, event, 'the user speaks already');
      this.#speech = event.item_id;
    },
    'input_audio_buffer.speech_stopped': (event) => {
      this.#must(this.#speech === event.item_id, event, 'it was not started');
      this.#speech = null;
    },
    'input_audio_buffer.committed': ({ item_id }) => {
      this.#due.push(['conversation.item.added', item_id], ['conversation.item.done', item_id]);
    },
    'conversation.item.input_audio_transcription.delta': (event) => {
      this.#must(this.#items.has(event.item_id), event, 'its item was not added');
      this.#transcripts.set(event.item_id, (this.#transcripts.get(event.item_id) ?? '') + event.delta);
    },
    'conversation.item.input_audio_transcription.completed': (event) => {
      this.#must(this.#items.has(event.item_id), event, 'its item was not added');
      this.#must((this.#transcripts.get(event.item_id) ?? '') === event.transcript, event, 'it is not what the deltas are');
    },
    'response.created': (event) => {
      const { response } = event;
      this.#must(![...this.#responses.values()].some(({ done }) => !done), event, 'another one goes on');
      this.#must(!this.#responses.has(response.id), event, 'its id was used before');
      const { type } = response.audio.output.format;
      this.#responses.set(response.id, { ...response, done: false, told: [], perMs: sampleBytes[type] });
    },
    'response.done': (event) => {
      const { id, metadata, output, status, status_details: details } = event.response;
      const state = this.#responses.get(id);
      this.#must(state && !state.done, event, 'it is not open');
      if (!state) return;
      state.done = true;
      this.#must(JSON.stringify(metadata) === JSON.stringify(state.metadata), event, 'metadata are others');
      this.#must(
        output.map((item) => item.id).join() === state.told.map((one) => one.id).join(),
        event,
        'output is not what was told',
      );
      this.#must(
        state.told.every(({ done }) => done),
        event,
        'an item is not done',
      );
      this.#must(status === 'completed' ? details === null : details?.type === status, event, `details of ${status}`);
      this.#must(details?.reason !== 'turn_detected' || this.#speech, event, 'nobody speaks');
    },
  };

  #ofResponse(event) {
    const response = this.#responses.get(event.response_id);
    this.#must(response && !response.done, event, `${event.response_id} is not open`);
    if (!response) return;
    if (event.type === 'response.output_item.added') return this.#outputAdded(event, response);
    const output = response.told.at(-1);
    const id = event.item_id ?? event.item.id;
    this.#must(
      event.output_index === response.told.length - 1 && output?.id === id && !output.done,
      event,
      'its item is not open',
    );
    if (!output) return;
    if (event.type === 'response.output_item.done') return this.#outputDone(event, response, output);
    output.seen.push(event.type);
    this.#inOutput(event, response, output);
  }

  #outputAdded(event, response) {
    const { item } = event;
    this.#must(item.status === 'in_progress', event, `it is ${item.status}`);
    this.#must((item.content ?? []).length === 0, event, 'it has content already');
    this.#must(event.output_index === response.told.length, event, 'output_index is not the next');
    this.#must(
      response.told.every(({ done }) => done),
      event,
      'another item is open',
    );
    response.told.push({ id: item.id, call: item.call_id, type: item.type, text: '', seen: [], done: false });
    if (response.conversation_id !== null) this.#due.push(['conversation.item.added', item.id]);
  }

  #outputDone(event, response, output) {
    const { item } = event;
    const whole =
      output.type === 'function_call'
        ? ['response.function_call_arguments.done']
        : ['response.content_part.added', 'response.content_part.done'];
    for (const type of whole) this.#must(output.seen.includes(type), event, `without ${type}`);
    this.#must(item.status !== 'in_progress', event, 'it is in progress');
    this.#must(item.type !== 'function_call' || item.arguments === output.text, event, 'arguments are others');
    output.done = true;
    if (response.conversation_id !== null) this.#due.push(['conversation.item.done', item.id]);
  }

  /** A part: added, deltas, sound done, words done, done. */
  #inOutput(event, response, output) {
    const kind = event.type.replace('response.', '');
    const once = output.seen.filter((type) => type === event.type).length === 1;
    const spoken = response.output_modalities[0] === 'audio';
    const words = spoken ? 'output_audio_transcript' : 'output_text';
    const after = (type) => this.#must(output.seen.includes(`response.${type}`), event, `before ${type}`);
    const before = (type) => this.#must(!output.seen.includes(`response.${type}`), event, `after ${type}`);
    if (!kind.endsWith('.delta')) this.#must(once, event, 'it comes twice');
    if (kind.startsWith('function_call')) {
      this.#must(output.call === event.call_id, event, 'of a call that was not told');
      if (kind.endsWith('.delta')) output.text += event.delta;
      else this.#must(event.arguments === output.text, event, 'arguments are not what the deltas are');
      return;
    }
    if (kind !== 'content_part.added') after('content_part.added');
    if (event.part) this.#must(event.part.type === (spoken ? 'audio' : 'text'), event, `a part of ${event.part.type}`);
    if (kind.startsWith('output_'))
      this.#must(kind.startsWith(`${words}.`) || (spoken && kind.startsWith('output_audio.')), event, 'of another modality');
    if (kind === 'output_audio.delta') {
      before('output_audio.done');
      const known = this.#items.get(output.id);
      if (known) known.sent += Buffer.from(event.delta, 'base64').length / response.perMs;
    }
    if (kind === `${words}.delta`) {
      before(`${words}.done`);
      output.text += event.delta;
    }
    if (kind === `${words}.done`) {
      if (spoken) after('output_audio.done');
      this.#must((event.transcript ?? event.text) === output.text, event, 'it is not what the deltas are');
    }
    if (kind === 'content_part.done') {
      after(`${words}.done`);
      this.#must((event.part.transcript ?? event.part.text) === output.text, event, 'it is not what the deltas are');
    }
  }
}
