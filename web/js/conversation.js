/// What is going on, told from the server's events: who is chosen, whose turn it is, and what was said. It knows no page,
/// no clock and no socket; whoever shows it is told what changed.
///
/// An entry is one of
///   {kind: 'user',  via: 'voice' | 'keyboard', text, open}     open: words still come
///   {kind: 'reply', name, language, heard, ahead, state, delay} heard: what has been spoken so far; ahead: what is about
///                   to be, or what was cut off; state: 'coming', 'done' or 'cut'; delay: ms from the end of what the
///                   user said to the first sound, or null
///   {kind: 'tool',  by, name, arguments, result}
///   {kind: 'note',  level: 'info' | 'warning' | 'error', key, values, text}  a text of ours by its key, or the server's

const mostEntries = 500; // an open page does not grow for ever

export class Conversation {
  #listener;
  #reply = null; // the entry of the reply under way, or null
  #ready = []; // its words as they were produced, with the white space before each
  #spoken = 0; // how many of them were heard
  #user = null; // the entry of the user's present speech
  #userSpeaks = false;
  #typedAt = null;
  #phase = 'idle';

  entries = [];
  /// The character, as the cast describes it; null when nobody is chosen.
  active = null;

  /// `listener`: `added(entry)`, `changed(entry)`, `removed(entry)`, `phase(name)`.
  constructor(listener) {
    this.#listener = listener;
  }

  /// `idle` (nobody is chosen), `listening`, `user` (the user speaks), `thinking` (a reply is on its way), `speaking`.
  get phase() { return this.#phase; }
  get replying() { return this.#reply !== null; }

  // ---- what the page does

  /// A character was chosen, or nobody (null).
  choose(character) {
    this.endOfSession();
    this.active = character;
    if (character) this.note('info', 'chosen', { name: character.name });
    this.#updatePhase();
  }

  /// The session has ended, or its cast was replaced: nothing that was under way goes on.
  endOfSession() {
    if (this.#reply) this.#finishReply();
    this.#finishUser();
    this.#userSpeaks = false;
    this.active = null;
    this.#updatePhase();
  }

  typed(text, now) {
    this.#finishUser();
    this.#typedAt = now;
    this.#add({ kind: 'user', via: 'keyboard', text, open: false });
  }

  note(level, key, values = {}, text = '') {
    this.#add({ kind: 'note', level, key, values, text });
  }

  /// The first sound of the reply was heard at `time`; `lastVoice` is when the user was last heard to speak (null: never).
  /// The delay is counted from there, or from when the user wrote, whichever came later. Gives the delay, or null.
  soundBegan(time, lastVoice) {
    if (!this.#reply || this.#reply.delay !== null) return null;
    const asked = Math.max(lastVoice ?? -Infinity, this.#typedAt ?? -Infinity);
    if (!Number.isFinite(asked) || asked > time || !this.#answersUser()) return null;
    this.#reply.delay = time - asked;
    this.#listener.changed(this.#reply);
    return this.#reply.delay;
  }

  // ---- what the server says

  receive(event) {
    switch (event.type) {
      case 'response.created': this.#beginReply(); break;
      case 'unmute.response.text.delta.ready': this.#wordReady(event.delta); break;
      case 'response.text.delta': this.#wordHeard(event.delta); break;
      case 'response.text.done': this.#finishReply(event.text); break;
      case 'response.audio.done': this.#finishReply(); break;
      case 'unmute.tool_called':
        this.#add({ kind: 'tool', by: this.active?.name ?? '', name: event.name, arguments: event.arguments, result: event.result });
        break;
      case 'input_audio_buffer.speech_started': this.#userSpeaks = true; break;
      case 'input_audio_buffer.speech_stopped':
        this.#userSpeaks = false;
        this.#finishUser();
        break;
      case 'conversation.item.input_audio_transcription.delta': this.#userWord(event.delta); break;
    }
    this.#updatePhase();
  }

  #beginReply() {
    this.#finishReply();
    this.#finishUser();
    this.#ready = [];
    this.#spoken = 0;
    this.#reply = this.#add({
      kind: 'reply', name: this.active?.name ?? '', language: this.active?.language,
      heard: '', ahead: '', state: 'coming', delay: null,
    });
  }

  #wordReady(word) {
    if (!this.#reply) return;
    this.#ready.push(word);
    this.#showWords();
  }

  /// A word that was produced is told once more when it is heard, without its white space. What was produced before it
  /// and is not heard was taken back.
  #wordHeard(word) {
    if (!this.#reply) return;
    const found = this.#ready.findIndex((ready, at) => at >= this.#spoken && ready.trim() === word);
    if (found >= 0) this.#ready.splice(this.#spoken, found - this.#spoken);
    else this.#ready.splice(this.#spoken, 0, this.#spoken ? ` ${word}` : word);
    this.#spoken += 1;
    this.#showWords();
  }

  #showWords() {
    this.#reply.heard = this.#ready.slice(0, this.#spoken).join('');
    this.#reply.ahead = this.#ready.slice(this.#spoken).join('');
    this.#listener.changed(this.#reply);
  }

  #finishReply(heard) {
    const reply = this.#reply;
    if (!reply) return;
    this.#reply = null;
    reply.heard = heard ?? reply.heard;
    reply.state = reply.ahead.trim() ? 'cut' : 'done';
    if (reply.heard || reply.ahead) this.#listener.changed(reply);
    else this.#remove(reply);
  }

  #userWord(word) {
    if (!this.#user) this.#user = this.#add({ kind: 'user', via: 'voice', text: '', open: true });
    this.#user.text += this.#user.text ? ` ${word}` : word;
    this.#listener.changed(this.#user);
  }

  #finishUser() {
    if (!this.#user) return;
    this.#user.open = false;
    this.#listener.changed(this.#user);
    this.#user = null;
  }

  /// Whether the reply is the first since the user said something.
  #answersUser() {
    const said = this.entries.filter((entry) => entry.kind === 'user' || entry.kind === 'reply');
    return said.at(-1) === this.#reply && said.at(-2)?.kind === 'user';
  }

  #add(entry) {
    this.entries.push(entry);
    this.#listener.added(entry);
    if (this.entries.length > mostEntries) this.#remove(this.entries[0]);
    return entry;
  }

  #remove(entry) {
    const at = this.entries.indexOf(entry);
    if (at < 0) return; // it has gone already, as the oldest one
    this.entries.splice(at, 1);
    this.#listener.removed(entry);
  }

  #updatePhase() {
    const phase = this.#phaseNow();
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#listener.phase(phase);
  }

  #phaseNow() {
    if (!this.active) return 'idle';
    if (this.#reply) return this.#spoken ? 'speaking' : 'thinking';
    return this.#userSpeaks ? 'user' : 'listening';
  }
}
