/**
 * Runs in a page before its own scripts, and so uses nothing from around it: `window.tools`, for tests of the
 * page's sound.
 */
export function installPageTools() {
  const audio = (name) => import(`/js/audio/${name}.js`);

  /** What a server sends for a tone of `frames` packets of 20 ms, with the two headers in front. */
  async function tonePages(frames, { serial = 5, hertz = 440, loudness = 0.5 } = {}) {
    const { OpusEncoder } = await audio('encoder');
    const { OpusStreamWriter } = await audio('ogg_opus');
    const writer = new OpusStreamWriter(serial);
    const pages = [];
    await new Promise((resolve, reject) => {
      let packets = 0;
      const onPacket = (packet, preSkip) => {
        if (packets === frames) return;
        if (packets++ === 0) pages.push(...writer.begin({ preSkip, rate: 48000 }));
        const page = writer.write(packet);
        if (page !== null) pages.push(page);
        if (packets === frames) resolve();
      };
      const encoder = new OpusEncoder({ onPacket, onFailed: reject });
      // Some more than is asked for: what an encoder holds back does not come out without a flush.
      for (let i = 0; i < frames + 8; i++) {
        const sample = (_, j) => loudness * Math.sin((2 * Math.PI * hertz * (i * 960 + j)) / 48000);
        encoder.encode(Float32Array.from({ length: 960 }, sample));
      }
    });
    return pages;
  }

  /** {context, player, events}, connected; `events` fills with [type, detail]. */
  async function openPlayer(options) {
    const { openContext } = await audio('context');
    const { Player } = await audio('player');
    const context = options ? new AudioContext(options) : openContext();
    await window.soundRecorder.ready();
    const player = await Player.create(context);
    player.output.connect(context.destination);
    const events = [];
    for (const type of ['started', 'drained', 'problem']) {
      player.addEventListener(type, ({ detail }) => events.push([type, detail]));
    }
    return { context, player, events };
  }

  async function openMicrophone(context, options) {
    const { Microphone } = await audio('microphone');
    const microphone = await Microphone.open(context, options);
    const pages = [];
    microphone.addEventListener('page', ({ detail }) => pages.push(detail));
    return { microphone, pages };
  }

  /** What a decoder makes of pages, at 48 kHz. */
  async function soundOf(pages) {
    const { decoderConfig } = await audio('decoder');
    const { OpusStreamReader } = await audio('ogg_opus');
    const sound = [];
    const output = (data) => {
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      data.close();
      sound.push(...samples);
    };
    let failed = null;
    const decoder = new AudioDecoder({ output, error: (error) => (failed = error) });
    decoder.configure(decoderConfig());
    const reader = new OpusStreamReader();
    const packets = pages.flatMap((page) => reader.read(page)).filter(({ packet }) => packet);
    packets.forEach(({ packet }, i) => {
      decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: i * 20000, data: packet }));
    });
    await decoder.flush(); // once: afterwards a decoder knows nothing of the sound before
    if (failed !== null) throw failed;
    return sound;
  }

  const loudest = (sound) => sound.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

  const once = (target, type) =>
    new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

  /** Resolves as soon as `condition()` holds; the test's own limit ends what never does. */
  async function until(condition) {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  window.tools = { audio, tonePages, openPlayer, openMicrophone, soundOf, loudest, once, until };
}
