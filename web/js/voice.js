/// The modules of sound, which a page that is only looked at does not need.
async function sound() {
  const [{ openContext }, { Microphone }, { Player }, { audioSupport }] = await Promise.all([
    import('./audio/context.js'), import('./audio/microphone.js'), import('./audio/player.js'), import('./audio/support.js'),
  ]);
  return { openContext, Microphone, Player, audioSupport };
}

const silenceAfterRelease = 2_000; // ms of silence are sent after push-to-talk, so that the server hears that the user has ended
const silenceAtEnd = 1_500; // ms, before the microphone is let go, for the same reason

/// The sound of a conversation: a microphone whose pages go to the server, and a player for what comes from there.
///
/// Dispatches `page` (detail: an Ogg page to send), `level` (detail: 0…1), `started` (detail: {time}), `state` (the
/// microphone was turned on or off) and `problem` (detail: {key, values}: something that the user should know).
export class Voice extends EventTarget {
  #context = null;
  #gain = null;
  #player = null;
  #unlocking = null;
  #microphone = null;
  #state = 'off';
  #attempt = 0; // to turn the microphone on; a later one makes earlier ones void
  #pushToTalk = false;
  #held = false;
  #sends = false;
  #release = null; // timer: the end of the silence after push-to-talk
  #volume = 1;

  /// `off`, `asking` or `on`.
  get microphoneState() { return this.#state; }
  get lastVoiceAt() { return this.#microphone?.lastVoiceAt || null; }
  get bufferedMs() { return this.#player?.bufferedMs ?? 0; }
  get canPlay() { return this.#player !== null; }
  get canChooseOutput() { return 'setSinkId' in AudioContext.prototype; }

  /// To be called in a gesture of the user's, without which no browser lets a page sound. Any number of times. What a
  /// reply begins with is heard when it is fed after this has returned.
  async unlock() {
    this.#unlocking ??= this.#makePlayer().catch((error) => {
      this.#unlocking = null; // the server was gone, and with it the modules: the next gesture tries again
      this.#tell('playback.failed', { message: error.message });
    });
    await this.#unlocking;
    if (this.#context?.state === 'suspended') this.#context.resume().catch(() => {}); // may wait for ever
  }

  async #makePlayer() {
    const { openContext, Player, audioSupport } = await sound();
    const { playback } = await audioSupport();
    if (playback) return this.#tell(`playback.${playback}`);
    try {
      this.#context = openContext();
      this.#player = await Player.create(this.#context);
    } catch (error) {
      return this.#tell('playback.failed', { message: error.message });
    }
    this.#gain = new GainNode(this.#context, { gain: this.#volume });
    this.#player.output.connect(this.#gain).connect(this.#context.destination);
    this.#player.addEventListener('problem', ({ detail }) => console.warn(`Sound: ${detail.message}`));
    this.#player.addEventListener('started', ({ detail }) => this.#dispatch('started', detail));
  }

  // ---- what comes

  feed(bytes) { this.#player?.feed(bytes); }
  /// Silence at once: what was to be heard is not wanted any more.
  empty() { this.#player?.empty(); }
  endTurn() { this.#player?.endTurn(); }
  /// Another connection has streams of its own, both ways.
  newConnection() {
    this.#player?.reset();
    this.#microphone?.restartStream();
  }

  /// 0…1.
  set volume(volume) {
    this.#volume = volume;
    this.#gain?.gain.setTargetAtTime(volume, this.#context.currentTime, 0.02);
  }

  async chooseOutput(deviceId) {
    await this.unlock();
    await this.#context?.setSinkId?.(deviceId).catch((error) => this.#tell('playback.failed', { message: error.message }));
  }

  // ---- what goes

  set pushToTalk(is) {
    this.#pushToTalk = is;
    this.#listenAsTold();
  }

  /// The button of push-to-talk is held.
  hold(is) {
    if (this.#held === is) return;
    this.#held = is;
    this.#listenAsTold();
  }

  /// Gives whether it is on; what went wrong has been told.
  async turnOn(deviceId) {
    const attempt = ++this.#attempt;
    this.#microphone?.stop();
    this.#microphone = null;
    this.#setState('asking');
    await this.unlock();
    const microphone = await this.#open(deviceId);
    if (attempt !== this.#attempt) {
      microphone?.stop();
      return false;
    }
    if (!microphone) {
      this.#setState('off');
      return false;
    }
    this.#setState('on');
    this.#use(microphone);
    return true;
  }

  async #open(deviceId) {
    try {
      const { Microphone } = await sound();
      return await Microphone.open(this.#context, { deviceId });
    } catch (error) {
      this.#tell(`microphone.${error.code ?? 'failed'}`, { message: error.message });
      return null;
    }
  }

  #use(microphone) {
    this.#microphone = microphone;
    microphone.addEventListener('page', ({ detail }) => {
      if (this.#sends) this.#dispatch('page', detail);
    });
    microphone.addEventListener('level', ({ detail }) => this.#dispatch('level', detail));
    microphone.addEventListener('ended', () => {
      this.turnOff();
      this.#tell('microphone.ended');
    });
    this.#sends = false;
    this.#listenAsTold();
  }

  turnOff() {
    this.#attempt += 1;
    const microphone = this.#microphone;
    this.#setState('off');
    if (!microphone) return;
    microphone.muted = true;
    setTimeout(() => {
      microphone.stop();
      if (this.#microphone === microphone) this.#microphone = null;
    }, silenceAtEnd);
  }

  /// With push-to-talk nothing is sent but what is said while the button is held, and a moment of silence behind it:
  /// silence that went on would make the character ask whether anybody is there.
  #listenAsTold() {
    clearTimeout(this.#release);
    const microphone = this.#microphone;
    if (!microphone) return;
    const heard = this.#state === 'on' && (!this.#pushToTalk || this.#held);
    microphone.muted = !heard;
    if (heard && !this.#sends) {
      this.#sends = true;
      microphone.restartStream();
    } else if (!heard && this.#sends) {
      this.#release = setTimeout(() => { this.#sends = false; }, silenceAfterRelease);
    }
  }

  #setState(state) {
    this.#state = state;
    this.#dispatch('state', state);
  }

  #tell(key, values = {}) { this.#dispatch('problem', { key, values }); }
  #dispatch(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
