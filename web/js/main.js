import { fromBase64, toBase64 } from './base64.js';
import { CastView } from './cast_view.js';
import { Connection } from './connection.js';
import { Conversation } from './conversation.js';
import { byId } from './dom.js';
import { errorText, seconds, setUpLanguage, text } from './i18n.js';
import { ConnectionBanner } from './connection_banner.js';
import { noteText, TranscriptView } from './transcript_view.js';
import { Voice } from './voice.js';
import { VoicePanel } from './voice_panel.js';

// ---- the parts

const address = new URL('v1/realtime', document.baseURI);
address.protocol = address.protocol.replace('http', 'ws');

const connection = new Connection(address.href);
const voice = new Voice();
const transcript = new TranscriptView();
const conversation = new Conversation({
  added: onEntryAdded,
  changed: onEntryChanged,
  removed: (entry) => transcript.removed(entry),
  phase: showPhase,
});

let characters = [];
let directory = 'default'; // of the present cast
let wanted = null; // the character that the user chose; it is chosen again when the server was gone
let choosing = Promise.resolve(); // until it is there: one thing after the other, and the last choice counts
let hadSession = false;
let soundIsStale = false; // of a reply that this page has ended: what is still under way of it is not played
let answerDelay = null; // ms, of the last answer

const mostBytes = 32 * 1024; // of a message

setUpLanguage(redraw);
const banner = new ConnectionBanner(connection);
const cast = new CastView({ choose, load: changeCast });
const panel = new VoicePanel(voice);

// ---- a session begins, and is lost

connection.addEventListener('open', () => { choosing = begin().catch(reportUnlessLost); });
connection.addEventListener('lost', ({ detail }) => {
  voice.empty();
  if (detail.code === 1000 && conversation.active) {
    wanted = null;
    conversation.note('info', 'farewell');
  }
  conversation.endOfSession();
  cast.activate(null);
  showPhase();
});

/// Brings the new session to where the lost one was, as far as that is possible.
async function begin() {
  voice.newConnection();
  const listed = await connection.ask({ type: 'session.characters.list' }); // a server without room answers with its end
  banner.connected();
  if (hadSession && wanted) conversation.note('info', 'back');
  hadSession = true;
  askForHealth();
  const isBack = directory !== 'default' && await load(directory);
  if (!isBack && connection.isOpen) {
    directory = 'default';
    characters = listed.characters;
    cast.show(characters, listed.active);
  }
  if (wanted) await select(wanted);
}

/// What does not work is said; a server that says nothing of itself is used all the same.
async function askForHealth() {
  try {
    const health = await (await fetch('v1/health')).json();
    banner.health = () => healthInWords(health);
    panel.deaf = health.stt_up === undefined;
  } catch { /* the connection says so itself */ }
}

function healthInWords(health) {
  const down = ['llm', 'tts', 'stt'].filter((service) => health[`${service}_up`] === false);
  const services = down.map((service) => text(`service.${service}`)).join(', ');
  return [health.backends?.llm === 'scripted' ? text('no-model') : '', down.length ? text('service-down', { services }) : '']
    .filter(Boolean).join(' ');
}

// ---- what the user does

function choose(name) {
  wanted = name;
  const unlocked = voice.unlock(); // in the gesture, and before the first sound, with which a connection's stream begins
  if (!connection.isOpen) conversation.note('info', 'later', { name });
  choosing = Promise.all([choosing, unlocked]).then(() => select(name)).catch(reportUnlessLost);
  return choosing;
}

async function select(name) {
  if (name !== wanted) return; // another one was chosen meanwhile
  if (!characters.some((one) => one.name === name)) {
    wanted = null;
    conversation.note('warning', 'gone', { name });
    return;
  }
  if (conversation.active?.name === name) return;
  const session = { voice: name, resume: true, allow_recording: byId('recording').checked };
  const { session: selected } = await connection.ask({ type: 'session.update', session });
  const character = characters.find((one) => one.name === selected.character) ?? { name };
  wanted = character.name;
  voice.empty();
  conversation.choose(character);
  cast.activate(character.name);
  showPhase();
}

/// Gives what the server says of the load, or null where it failed, which has been shown.
async function load(path) {
  cast.loading();
  let answer = null;
  try {
    answer = await connection.ask({ type: 'session.characters.reload', directory: path });
    voice.empty();
    directory = path;
    characters = answer.characters;
    conversation.endOfSession();
    cast.show(characters, null);
    cast.loaded(answer);
  } catch (error) {
    cast.failed(error);
  }
  showPhase();
  return answer;
}

async function changeCast(path) {
  const before = wanted;
  wanted = null; // what is chosen from now on is of the new cast
  const answer = await loadInTurn(path);
  if (!answer) {
    wanted ??= before;
    return;
  }
  conversation.note('info', 'new-cast', { directory: answer.directory });
  showPhase();
}

/// What is chosen or written meanwhile waits for the new cast.
function loadInTurn(path) {
  const loaded = load(path);
  choosing = Promise.all([choosing, loaded]);
  return loaded;
}

/// The same cast and character from the beginning: a cast that is loaded again remembers nothing.
async function beginAnew() {
  if (cast.isLoading) return;
  const name = wanted;
  if (await loadInTurn(directory) && name) await choose(name);
}

async function write() {
  await choosing;
  const box = byId('text');
  const written = sendable(box.value);
  if (!written) return;
  if (!connection.isOpen) return conversation.note('warning', 'not-sent');
  if (!conversation.active) return conversation.note('warning', 'choose-first');
  if (new TextEncoder().encode(written).length > mostBytes) return conversation.note('warning', 'too-long');
  const content = [{ type: 'input_text', text: written }];
  endReplyHere();
  connection.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  connection.send({ type: 'response.create' });
  conversation.typed(written, performance.now());
  box.value = '';
}

/// Without the control characters that come along when something is pasted, and that the server takes for a fault.
function sendable(written) { return written.replace(/[^\P{Cc}\t\n]/gu, ' ').trim(); }

function stop() {
  if (!conversation.replying) return;
  endReplyHere();
  connection.send({ type: 'response.cancel' });
}

/// The reply ends by what the user does: the page is silent at once, and does not wait for the server.
function endReplyHere() {
  soundIsStale = conversation.replying;
  voice.empty();
}

byId('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  write();
});
byId('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  write();
});
byId('stop').addEventListener('click', stop);
addEventListener('keydown', ({ key }) => { if (key === 'Escape') stop(); });
byId('anew').addEventListener('click', beginAnew);
byId('recording').addEventListener('change', ({ target }) => {
  if (!connection.isOpen || !conversation.active) return; // said with the next choice
  connection.ask({ type: 'session.update', session: { allow_recording: target.checked } }).catch(report);
});

// ---- what the server says

connection.addEventListener('event', ({ detail: event }) => {
  switch (event.type) {
    case 'response.created': soundIsStale = false; break;
    case 'response.audio.delta':
      if (!soundIsStale) voice.feed(fromBase64(event.delta));
      return;
    case 'unmute.interrupted_by_vad': voice.empty(); break;
    case 'response.audio.done':
      voice.endTurn();
      soundIsStale = false;
      break;
    case 'error': return report(event.error);
  }
  conversation.receive(event);
});

/// An error that nobody else shows: in words, where the conversation is.
function report(error) {
  if (error.type === 'fatal' && error.code === 'service_at_capacity') return; // the close comes next, and the banner with it
  if (error.code === 'response_not_active') return; // it ended just when it was stopped
  const level = error.type === 'warning' ? 'warning' : 'error';
  conversation.note(level, error.code ?? 'failed', {}, errorText(error));
}

/// What was asked is asked again by begin(), and the banner says meanwhile that there is no server.
function reportUnlessLost(error) {
  if (error.code !== 'connection_lost') report(error);
}

// ---- sound

voice.addEventListener('page', ({ detail: page }) => connection.sendAudio(toBase64(page)));
voice.addEventListener('started', ({ detail }) => {
  answerDelay = conversation.soundBegan(detail.time, voice.lastVoiceAt) ?? answerDelay;
  showFigures();
});

// ---- what is shown

function onEntryAdded(entry) {
  transcript.added(entry);
  if (entry.kind === 'note' && entry.level !== 'info') announce(noteText(entry));
}

function onEntryChanged(entry) {
  transcript.changed(entry);
  if (entry.kind === 'reply' && entry.state !== 'coming' && !panel.isAloud) announce(`${entry.name}: ${entry.heard}`);
}

function showPhase() {
  const name = conversation.active?.name;
  byId('phase').dataset.phase = conversation.phase;
  byId('phase-text').textContent = text(`phase.${conversation.phase}`, { name });
  byId('talk-title').textContent = name ?? text('nobody');
  byId('stop').setAttribute('aria-disabled', String(!conversation.replying)); // disabled, it would lose the focus
  byId('anew').hidden = !name && !wanted; // nor does it go while it is at work
  document.title = name ? text('title', { name }) : 'unmuted';
}

function showFigures() {
  byId('figures').textContent = answerDelay === null ? '' :
    text('figures', { seconds: seconds(answerDelay), buffer: Math.round(voice.bufferedMs) });
}

/// For screen readers: whole sentences, one at a time.
function announce(words) { byId('announcer').textContent = words; }

function redraw() {
  byId('hello').textContent = text('hello');
  showPhase();
  showFigures();
  transcript.redraw();
  cast.redraw();
  panel.redraw();
  banner.redraw();
}

/// The inspector is for who sits at the server's machine, and only where the server has none but such clients.
async function offerInspector() {
  if (!['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)) return;
  const answer = await fetch(byId('inspector').href, { method: 'HEAD' }).catch(() => null);
  byId('inspector').hidden = !answer?.ok;
}

offerInspector();

redraw();
connection.connect();
