import { byId, element, memory, say } from './dom.js';
import { text } from './i18n.js';

/// The controls of a Voice.
export class VoicePanel {
  #voice;
  #problem = null; // {key, values}
  #deaf = false;
  #levelSaidAt = 0;

  constructor(voice) {
    this.#voice = voice;
    voice.addEventListener('state', () => this.redraw());
    voice.addEventListener('problem', ({ detail }) => this.#tell(detail));
    voice.addEventListener('level', ({ detail }) => this.#showLevel(detail));
    byId('microphone').addEventListener('click', () => this.#toggle());
    this.#setUpPushToTalk();
    this.#setUpSound();
    this.#setUpDevices();
    this.redraw();
  }

  /// Whether the server listens at all.
  set deaf(is) {
    this.#deaf = is;
    this.redraw();
  }

  redraw() {
    const state = this.#voice.microphoneState;
    const button = byId('microphone');
    button.textContent = text({ off: 'microphone-on', asking: 'microphone-wait', on: 'microphone-off' }[state]);
    button.setAttribute('aria-pressed', String(state === 'on'));
    button.disabled = this.#deaf && state === 'off';
    byId('level').hidden = state !== 'on';
    byId('level').setAttribute('aria-label', text('input-device'));
    byId('hold').hidden = state !== 'on' || !byId('push-to-talk').checked;
    for (const id of ['input-device', 'output-device']) nameDevices(byId(id));
    this.#drawProblem();
  }

  async #toggle() {
    this.#problem = null;
    if (this.#voice.microphoneState !== 'off') this.#voice.turnOff();
    else if (await this.#voice.turnOn(byId('input-device').value)) await this.#listDevices(); // they have names now
    this.redraw();
  }

  #tell(problem) {
    this.#problem = problem;
    this.redraw();
  }

  #drawProblem() {
    const problem = this.#problem ?? (this.#deaf ? { key: 'microphone.deaf' } : null);
    byId('microphone-problem').hidden = problem === null;
    say(byId('microphone-problem'), problem ? text(problem.key, problem.values) ?? problem.values?.message ?? problem.key : '');
  }

  /// Squared, so that what one hears as half as loud looks so.
  #showLevel({ rms }) {
    const level = Math.min(1, Math.sqrt(rms * 4));
    byId('level').firstElementChild.style.transform = `scaleX(${level})`;
    const now = performance.now();
    if (now - this.#levelSaidAt < 500) return;
    this.#levelSaidAt = now;
    byId('level').setAttribute('aria-valuenow', String(Math.round(level * 100)));
  }

  // ---- push to talk

  #setUpPushToTalk() {
    const choice = byId('push-to-talk');
    choice.checked = memory.get('push-to-talk') === 'yes';
    const apply = () => {
      memory.set('push-to-talk', choice.checked ? 'yes' : 'no');
      this.#voice.pushToTalk = choice.checked;
      this.redraw();
    };
    choice.addEventListener('change', apply);
    apply();

    const button = byId('hold');
    button.addEventListener('pointerdown', (event) => {
      button.setPointerCapture(event.pointerId);
      this.#hold(true);
    });
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      button.addEventListener(type, () => this.#hold(false));
    }
    button.addEventListener('contextmenu', (event) => event.preventDefault()); // a long touch
    addEventListener('keydown', (event) => this.#onSpace(event, true));
    addEventListener('keyup', (event) => this.#onSpace(event, false));
    addEventListener('blur', () => this.#hold(false));
  }

  /// The space bar, unless it writes, presses or scrolls something.
  #onSpace(event, down) {
    if (event.code !== 'Space' || (down && byId('hold').hidden)) return; // the release counts in any case
    const elsewhere = event.target.closest?.('input, textarea, select, summary, a, button:not(#hold)');
    if (elsewhere && down) return;
    if (!elsewhere) event.preventDefault();
    if (!event.repeat) this.#hold(down);
  }

  #hold(is) {
    this.#voice.hold(is);
    byId('hold').dataset.held = String(is);
    byId('hold').textContent = text(is ? 'held' : 'hold');
  }

  // ---- loudness and devices

  #setUpSound() {
    const volume = byId('volume');
    volume.value = memory.get('volume') ?? '100';
    const apply = () => {
      memory.set('volume', volume.value);
      this.#voice.volume = byId('sound').checked ? (volume.value / 100) ** 2 : 0;
    };
    for (const control of [volume, byId('sound')]) control.addEventListener('input', apply);
    apply();
  }

  /// Whether replies are heard here, so that nobody needs to have them read out.
  get isAloud() { return this.#voice.canPlay && byId('sound').checked && byId('volume').value > 0; }

  #setUpDevices() {
    byId('output-device-label').hidden = !this.#voice.canChooseOutput;
    byId('input-device').addEventListener('change', ({ target }) => {
      if (this.#voice.microphoneState !== 'off') this.#voice.turnOn(target.value);
    });
    byId('output-device').addEventListener('change', ({ target }) => this.#voice.chooseOutput(target.value));
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#listDevices());
    this.#listDevices();
  }

  async #listDevices() {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const ofKind = (wanted) => all.filter(({ kind }) => kind === wanted).map(({ deviceId: id, label }) => ({ id, label }));
    offer(byId('input-device'), ofKind('audioinput'));
    offer(byId('output-device'), ofKind('audiooutput'));
  }
}

/// Keeps the choice where the device is still there.
function offer(select, devices) {
  const chosen = select.value;
  const named = devices.filter(({ id }) => id && id !== 'default');
  const options = [{ id: '', label: '' }, ...named].map(({ id, label }) => element('option', { value: id, data: { label } }));
  select.replaceChildren(...options);
  nameDevices(select);
  select.value = named.some(({ id }) => id === chosen) ? chosen : '';
}

/// What has no name of its own gets one of ours, in the present language.
function nameDevices(select) {
  [...select.options].forEach((option, number) => {
    option.textContent = option.dataset.label || text(number === 0 ? 'device-default' : 'device-number', { number });
  });
}
