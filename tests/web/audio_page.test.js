/** The page's sound in a browser: from a microphone of a file to what the loudspeaker gets. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PageReader } from '../../web/js/audio/ogg.js';
import { OpusStreamReader, packetSamples } from '../../web/js/audio/ogg_opus.js';
import {
  cannotRun,
  launchChromium,
  loudness,
  recorded,
  scratchFolder,
  servePage,
  watchedPage,
  writeWav,
} from './support/harness.js';
import { installPageTools } from './support/page_tools.js';

const skip = await cannotRun();
const LIMIT = { skip, timeout: 60_000 };
const WAV_RATE = 48000;

let folder;
let server;
let browser;

/** Like a voice, so that a noise suppressor lets it pass: half a second of each second. */
function syllables(seconds) {
  return Float32Array.from({ length: seconds * WAV_RATE }, (_, i) => {
    const t = i / WAV_RATE;
    if (t % 1 >= 0.5) return 0;
    const pitch = 120 * t + 0.5 * Math.sin(2 * Math.PI * 3 * t);
    let sample = 0;
    for (let k = 1; k < 20; k++) sample += Math.sin(2 * Math.PI * k * pitch) / k;
    return 0.2 * sample * (0.6 + 0.4 * Math.sin(2 * Math.PI * 5 * t));
  });
}

before(async () => {
  if (skip) return;
  folder = await scratchFolder();
  await writeWav(`${folder.path}/voice.wav`, syllables(4), WAV_RATE);
  server = await servePage();
  browser = await launchChromium({ microphone: `${folder.path}/voice.wav` });
});

after(async () => {
  await browser?.close();
  await server?.close();
  await folder?.remove();
});

/** Runs `check(page)` in a page with the tools, and sees to it that the console stays clean. */
async function withPage(check, { inBrowser = browser, url = server.url } = {}) {
  const { page, problems, foreign } = await watchedPage(inBrowser, url);
  await page.addInitScript(installPageTools);
  await page.goto(`${url}/__test/blank.html`);
  try {
    await check(page);
    assert.deepEqual(problems, []);
    assert.deepEqual(foreign, []);
  } finally {
    await page.context().close();
  }
}

const pageTest = (name, check) => test(name, LIMIT, () => withPage(check));

/** The loudness of each 50 ms. */
function envelope({ rate, samples }) {
  const length = rate / 20;
  return Array.from({ length: Math.floor(samples.length / length) }, (_, i) =>
    loudness(samples, Math.round(i * length), Math.round((i + 1) * length)),
  );
}

const lastSound = (samples) => samples.findLastIndex((sample) => sample !== 0);
const firstSound = (samples) => samples.findIndex((sample) => sample !== 0);

for (const sampleRate of [44100, 48000, 96000]) {
  pageTest(`what the microphone hears comes out of the loudspeaker, at ${sampleRate} Hz`, async (page) => {
    const { voice, level, pages, sent } = await page.evaluate(async (sampleRate) => {
      const { openPlayer, openMicrophone, soundOf, once, until } = window.tools;
      const { player } = await openPlayer({ sampleRate });
      const { microphone, pages } = await openMicrophone(player.output.context);
      const level = { count: 0, rms: 0, peak: 0 };
      microphone.addEventListener('level', ({ detail }) => {
        level.count++;
        level.rms = Math.max(level.rms, detail.rms);
        level.peak = Math.max(level.peak, detail.peak);
      });
      microphone.addEventListener('page', ({ detail }) => player.feed(detail));
      await until(() => pages.length >= 2 + 60);
      const middle = performance.now();
      await until(() => pages.length >= 2 + 110);
      const voice = {
        after: microphone.lastVoiceAt - middle,
        ago: performance.now() - microphone.lastVoiceAt,
      };
      microphone.stop();
      const drained = once(player, 'drained');
      player.endTurn();
      await drained;
      const sent = (await soundOf(pages)).slice(312); // without the pre-skip
      return { voice, level, pages: pages.map((bytes) => [...bytes]), sent };
    }, sampleRate);

    checkStream(pages.map((bytes) => Uint8Array.from(bytes)));
    // What was sent is the voice: its gain control and noise suppression leave it as loud, more or less.
    const wav = envelope({ rate: WAV_RATE, samples: syllables(3) });
    const sentLoud = envelope({ rate: 48000, samples: sent }).slice(-60);
    const ratio = loudness(sentLoud) / loudness(wav);
    assert.ok(ratio > 0.4 && ratio < 2, `${ratio}`);
    assert.ok(
      sentLoud.some((value) => value < 0.01),
      `no pause: ${sentLoud}`,
    );
    // And what was played is what was sent, but for the fades of a hole where the machine is too busy.
    const recording = await recorded(page);
    assert.equal(recording.rate, sampleRate);
    const energy = (samples, rate) => loudness(samples) ** 2 * (samples.length / rate);
    const kept = energy(recording.samples, sampleRate) / energy(sent, 48000);
    assert.ok(kept > 0.97 && kept < 1.01, `${kept}`);

    assert.ok(voice.after > 0 && voice.ago > 0, `${JSON.stringify(voice)} ms`); // there is one each second
    assert.ok(level.rms > 0.1 && level.peak > level.rms && level.peak <= 1);
    assert.ok(level.count > 80 && level.count < 100, `${level.count} levels in 4.4 s`);
  });
}

/** Whether each of `bytes` is one page, and all are one stream as the server wants it. */
function checkStream(bytes) {
  const pages = bytes.map((page) => {
    const read = new PageReader().read(page);
    assert.equal(read.length, 1);
    return read[0];
  });
  pages.forEach((page, i) => {
    assert.equal(page.flags, i === 0 ? 2 : 0);
    assert.equal(page.sequence, i);
    assert.equal(page.serial, pages[0].serial);
    assert.equal(page.granule, Math.max(0, i - 1) * 1920);
  });
  assert.deepEqual([...pages[0].lacing], [19]);
  const [first, ...items] = bytes.flatMap(reading());
  assert.deepEqual(first, { head: { channels: 1, preSkip: 312 } });
  assert.equal(items.length, 2 * (bytes.length - 2));
  for (const { packet } of items) assert.equal(packetSamples(packet), 960);
}

function reading() {
  const reader = new OpusStreamReader();
  return (page) => reader.read(page);
}

pageTest('empty is silent within 10 ms, and nothing of before comes after', async (page) => {
  const emptied = await page.evaluate(async () => {
    const { openPlayer, tonePages, once, until } = window.tools;
    const { context, player } = await openPlayer();
    const pages = await tonePages(100);
    const frames = [];
    for (let round = 0; round < 9; round++) {
      player.reset();
      for (const bytes of pages) player.feed(bytes);
      await once(player, 'started');
      const begun = context.currentTime;
      await until(() => context.currentTime > begun + 0.1 + 0.007 * round);
      frames.push(Math.round(context.currentTime * context.sampleRate));
      player.empty();
      if (player.bufferedMs !== 0) throw new Error('something is left');
      const silent = context.currentTime;
      await until(() => context.currentTime > silent + 0.2);
    }
    return frames;
  });
  const { rate, begin, samples } = await recorded(page);
  const after = emptied.map((frame) => {
    const end = frame - begin + Math.round(0.15 * rate);
    return ((lastSound(samples.slice(0, end)) + begin + 1 - frame) / rate) * 1000;
  });
  // The median: a message to the audio thread takes as long as the machine is busy.
  const median = [...after].sort((a, b) => a - b)[4];
  assert.ok(median <= 10, `${after.map((ms) => ms.toFixed(1))} ms`);
});

pageTest('what is being decoded when it is emptied is not played', async (page) => {
  const events = await page.evaluate(async () => {
    const { openPlayer, tonePages, until } = window.tools;
    const { context, player, events } = await openPlayer();
    const pages = await tonePages(100);
    for (let round = 0; round < 20; round++) {
      for (const bytes of pages) player.feed(bytes);
      // Decoders answer in tasks of their own: now, or while they do.
      for (let i = 0; i < round % 4; i++) await new Promise((resolve) => setTimeout(resolve));
      if (round % 2) player.endTurn();
      player.empty();
    }
    const silent = context.currentTime;
    await until(() => context.currentTime > silent + 0.3);
    return events;
  });
  const { rate, samples } = await recorded(page);
  assert.equal(loudness(samples.slice(-rate / 5)), 0);
  // A `started` may come in time before the empty(); whatever began is over.
  const kinds = events.map(([type]) => type);
  kinds.forEach((type, i) => assert.equal(type, i % 2 ? 'drained' : 'started'));
  assert.equal(kinds.length % 2, 0);
});

pageTest('says when the first sound leaves, and when nothing is left', async (page) => {
  const { replies, events, left } = await page.evaluate(async () => {
    const { openPlayer, tonePages, once, until } = window.tools;
    const { context, player, events } = await openPlayer();
    const [pages, replies] = [await tonePages(20), []];
    for (let round = 0; round < 5; round++) {
      const [fed, frame] = [performance.now(), Math.floor(context.currentTime * context.sampleRate)];
      player.reset();
      for (const bytes of pages) player.feed(bytes);
      player.endTurn();
      const { detail } = await once(player, 'started');
      const zero = performance.now() - context.currentTime * 1000; // when the context began
      const latency = context.outputLatency * 1000;
      await once(player, 'drained');
      replies.push({ fed, frame, time: detail.time, zero, latency, underruns: player.underruns });
      const silent = context.currentTime;
      await until(() => context.currentTime > silent + 0.1);
    }
    return { replies, events: events.map(([type]) => type), left: player.bufferedMs };
  });
  assert.deepEqual(
    events,
    replies.flatMap(() => ['started', 'drained']),
  );
  assert.equal(left, 0);
  const { rate, begin, samples } = await recorded(page);
  const beside = replies.map(({ fed, frame, time, zero, latency, underruns }, i) => {
    const reply = samples.slice(frame - begin, replies[i + 1] ? replies[i + 1].frame - begin : undefined);
    const first = firstSound(reply);
    const length = (lastSound(reply) - first) / rate;
    // All packets, less the pre-skip; and a hole where the machine was too busy.
    if (underruns === 0) assert.ok(Math.abs(length - (0.4 - 312 / 48000)) < 0.002, `${length} s`);
    assert.ok(time > fed);
    return Math.abs(time - (zero + ((frame + first) / rate) * 1000 + latency));
  });
  // The median: while the audio thread has to wait for the processor, its clock stands still.
  const median = [...beside].sort((a, b) => a - b)[2];
  assert.ok(median < 30, `${beside} ms beside the recording`);
});

pageTest('a turn that is shorter than the target is played out', async (page) => {
  const events = await page.evaluate(async () => {
    const { openPlayer, tonePages, once } = window.tools;
    const { player, events } = await openPlayer();
    const [head, tags, sound] = await tonePages(2);
    player.feed(head);
    player.feed(tags);
    // One packet of its two: 13 ms of sound, after the pre-skip.
    const { PageReader, writePage } = await window.tools.audio('ogg');
    const [page] = new PageReader().read(sound);
    const packet = page.body.subarray(0, page.lacing[0]);
    player.feed(writePage({ ...page, packets: [packet] }));
    player.endTurn();
    await once(player, 'drained');
    return events.map(([type]) => type);
  });
  assert.deepEqual(events, ['started', 'drained']);
});

pageTest('a reply after an interruption sounds as it was encoded', async (page) => {
  const { cuts, expected } = await page.evaluate(async () => {
    const { openPlayer, soundOf, tonePages, once, until } = window.tools;
    const { context, player } = await openPlayer();
    // One stream without an end, as a server sends it: its encoder goes on from the sound that was cut off.
    const pages = await tonePages(200, { hertz: 1800, loudness: 0.1 });
    const sound = await soundOf(pages);
    const cuts = [];
    for (let at = 0; at < pages.length; at += 20) {
      const reply = pages.slice(at, at + 20);
      const started = once(player, 'started');
      for (const bytes of reply) player.feed(bytes);
      await started;
      const end = (at / 20) % 2 ? once(player, 'drained') : Promise.resolve();
      if ((at / 20) % 2) player.endTurn();
      else player.empty();
      await end;
      const silent = context.currentTime;
      await until(() => context.currentTime > silent + 0.1);
      cuts.push(Math.round(context.currentTime * context.sampleRate));
    }
    return { cuts, expected: window.tools.loudest(sound) };
  });
  const { begin, samples } = await recorded(page);
  const loudest = cuts.map((frame, i) =>
    samples
      .slice(i === 0 ? 0 : Math.max(0, cuts[i - 1] - begin), frame - begin)
      .reduce((most, sample) => Math.max(most, Math.abs(sample)), 0),
  );
  for (const peak of loudest) assert.ok(peak < 1.1 * expected, `${loudest}, at ${expected}`);
});

pageTest('garbage and broken packets cost themselves alone', async (page) => {
  const events = await page.evaluate(async () => {
    const { openPlayer, tonePages, once, audio } = window.tools;
    const { player, events } = await openPlayer();
    const { writePage } = await audio('ogg');
    const pages = await tonePages(50);
    const broken = (sequence) => {
      // As long as Opus says packets are, but with frames that go beyond its end.
      const packet = Uint8Array.of(0xfb, 0x82, 0xff, 0xff, 1, 2, 3);
      return writePage({ granule: 0, serial: 5, sequence, packets: [packet, packet] });
    };
    player.feed(crypto.getRandomValues(new Uint8Array(1000)));
    player.feed(pages[5]); // before any head
    player.feed(pages[0]);
    player.feed(pages[1]);
    for (const bytes of pages.slice(2, 10)) player.feed(bytes);
    await once(player, 'started');
    player.feed(broken(1000));
    await once(player, 'problem');
    player.feed(crypto.getRandomValues(new Uint8Array(1000)));
    for (const bytes of pages.slice(10)) player.feed(bytes);
    player.endTurn();
    await once(player, 'drained');
    return events;
  });
  assert.ok(events.filter(([type]) => type === 'problem').length >= 1);
  const { rate, samples } = await recorded(page);
  const sounding = samples.filter((sample) => Math.abs(sample) > 0.01).length / rate;
  assert.ok(sounding > 0.9, `${sounding} s of 1 s`);
});

pageTest('a new connection begins with its headers', async (page) => {
  const events = await page.evaluate(async () => {
    const { openPlayer, tonePages, once } = window.tools;
    const { player, events } = await openPlayer();
    const [old, current] = [await tonePages(20, { serial: 1 }), await tonePages(20, { serial: 2 })];
    for (const bytes of old.slice(0, 6)) player.feed(bytes);
    player.reset();
    for (const bytes of old.slice(6)) player.feed(bytes); // still on its way when the connection ended
    for (const bytes of current) player.feed(bytes);
    player.endTurn();
    await once(player, 'drained');
    return events.map(([type]) => type);
  });
  assert.deepEqual(events, ['started', 'drained']);
  const { rate, samples } = await recorded(page);
  const length = (lastSound(samples) - firstSound(samples)) / rate;
  assert.ok(Math.abs(length - 0.4) < 0.02, `${length} s`);
});

pageTest('a context that stands still keeps what comes, and goes on', async (page) => {
  const { before, after } = await page.evaluate(async () => {
    const { openPlayer, openMicrophone, tonePages, once, until } = window.tools;
    const { context, player, events } = await openPlayer();
    const { pages } = await openMicrophone(context);
    await until(() => pages.length > 5);
    await context.suspend();
    for (const bytes of await tonePages(50)) player.feed(bytes);
    player.endTurn();
    await until(() => player.bufferedMs > 900);
    const before = [events.length, pages.length];
    const drained = once(player, 'drained');
    await context.resume();
    await drained;
    await until(() => pages.length > before[1] + 5);
    return { before, after: events.map(([type]) => type) };
  });
  assert.equal(before[0], 0);
  assert.deepEqual(after, ['started', 'drained']);
});

pageTest('muted, it goes on with digital silence', async (page) => {
  const { levels, loudest, voiceMoved } = await page.evaluate(async () => {
    const { openPlayer, openMicrophone, soundOf, loudest, until } = window.tools;
    const { context } = await openPlayer();
    const { microphone, pages } = await openMicrophone(context);
    await until(() => microphone.lastVoiceAt > 0);
    microphone.muted = true;
    const begin = pages.length;
    const voice = microphone.lastVoiceAt;
    const levels = [];
    await until(() => pages.length > begin + 5); // of before, what the encoder still had
    microphone.addEventListener('level', ({ detail }) => levels.push(detail));
    await until(() => levels.length > 0);
    levels.length = 0; // the first one may be half of before
    await until(() => pages.length > begin + 60); // longer than each pause of the voice
    const sound = await soundOf(pages);
    return {
      levels,
      loudest: loudest(sound.slice((begin + 5) * 1920)),
      voiceMoved: microphone.lastVoiceAt !== voice,
    };
  });
  assert.ok(levels.length > 20);
  for (const { rms, peak } of levels) assert.deepEqual([rms, peak], [0, 0]);
  assert.equal(voiceMoved, false);
  assert.ok(loudest < 0.0001, `${loudest}`);
});

pageTest('a restarted stream begins anew, with headers', async (page) => {
  const { first, second } = await page.evaluate(async () => {
    const { openPlayer, openMicrophone, until } = window.tools;
    const { context } = await openPlayer();
    const { microphone, pages } = await openMicrophone(context);
    await until(() => pages.length > 10);
    microphone.restartStream();
    const at = pages.length;
    await until(() => pages.length > at + 10);
    const bytes = pages.map((page) => [...page]);
    return { first: bytes.slice(0, at), second: bytes.slice(at) };
  });
  const [old, current] = [first, second].map((pages) => pages.map((bytes) => Uint8Array.from(bytes)));
  checkStream(old);
  checkStream(current);
  assert.notDeepEqual(old[0], current[0]); // the serial
});

pageTest('lists the inputs, and opens the one that is asked for', async (page) => {
  const { devices, ids } = await page.evaluate(async () => {
    const { openPlayer, openMicrophone, audio } = window.tools;
    const { context } = await openPlayer();
    const { Microphone } = await audio('microphone');
    const { microphone } = await openMicrophone(context);
    const devices = await Microphone.devices();
    microphone.stop();
    const ids = [];
    for (const { id } of [...devices, { id: 'gone' }]) {
      const { microphone } = await openMicrophone(context, { deviceId: id });
      ids.push(microphone.deviceId);
      microphone.stop();
    }
    return { devices, ids };
  });
  assert.ok(devices.length >= 2);
  for (const { label } of devices) assert.ok(label.length > 0);
  assert.deepEqual(
    ids.slice(0, -1),
    devices.map(({ id }) => id),
  );
  assert.ok(devices.some(({ id }) => id === ids.at(-1))); // where it is gone, another
});

pageTest('a device that is gone is told, and heard as silence', async (page) => {
  const { events, before, after } = await page.evaluate(async () => {
    const { openPlayer, soundOf, loudest, until, audio } = window.tools;
    const { context } = await openPlayer();
    const { Microphone } = await audio('microphone');
    const { mediaDevices } = navigator;
    let track;
    const original = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await original(constraints);
      [track] = stream.getAudioTracks();
      return stream;
    };
    const microphone = await Microphone.open(context);
    const events = [];
    const pages = [];
    microphone.addEventListener('ended', ({ detail }) => events.push(detail));
    microphone.addEventListener('page', ({ detail }) => pages.push(detail));
    await until(() => microphone.lastVoiceAt > 0);
    track.stop(); // what the browser does when a device goes; the event it adds, scripts do not get otherwise
    track.dispatchEvent(new Event('ended'));
    const at = pages.length;
    await until(() => pages.length > at + 40);
    microphone.stop();
    const sound = await soundOf(pages);
    const gone = (at + 10) * 1920;
    return { events, before: loudest(sound.slice(0, gone)), after: loudest(sound.slice(gone)) };
  });
  assert.deepEqual(events, [{ code: 'device' }]);
  assert.ok(before > 0.05 && after < 0.0001, `${before}, ${after}`);
});

pageTest('an encoder that fails is replaced, and one that always fails is told', async (page) => {
  const { serials, ended } = await page.evaluate(async () => {
    const { openPlayer, openMicrophone, once, until } = window.tools;
    const { context } = await openPlayer();
    const { encode } = AudioEncoder.prototype;
    const { microphone, pages } = await openMicrophone(context);
    await until(() => pages.length > 5);
    const fail = () => {
      throw new DOMException('broken', 'EncodingError');
    };
    let failures = 0;
    AudioEncoder.prototype.encode = function (data) {
      if (failures++ < 3) fail();
      return encode.call(this, data);
    };
    await until(() => pages.length > 15);
    const serials = new Set(pages.map((page) => new DataView(page.buffer).getUint32(14, true)));
    AudioEncoder.prototype.encode = fail;
    const { detail } = await once(microphone, 'ended');
    return { serials: serials.size, ended: detail };
  });
  assert.equal(serials, 1); // the same stream goes on
  assert.deepEqual(ended, { code: 'encoder' });
});

/** What Microphone.open() rejects with, and what audioSupport() says, in a browser of that kind. */
async function refusal(options, url = server.url) {
  const other = await launchChromium(options);
  let answer;
  try {
    await withPage(
      async (page) => {
        answer = await page.evaluate(async () => {
          const { audio } = window.tools;
          const { Microphone } = await audio('microphone');
          const { audioSupport } = await audio('support');
          const error = await Microphone.open(new AudioContext()).catch((error) => error);
          return { name: error.name, code: error.code, support: await audioSupport() };
        });
      },
      { inBrowser: other, url },
    );
  } finally {
    await other.close();
  }
  return answer;
}

const supported = { playback: null, microphone: null };

test('says that there is no microphone', LIMIT, async () => {
  const answer = await refusal({ microphone: false });
  assert.deepEqual(answer, { name: 'MicrophoneError', code: 'no-microphone', support: supported });
});

test('says that the microphone is not allowed', LIMIT, async () => {
  const answer = await refusal({ flags: ['--use-fake-ui-for-media-stream=deny'] });
  assert.deepEqual(answer, { name: 'MicrophoneError', code: 'not-allowed', support: supported });
});

test('says that the page is not secure', LIMIT, async () => {
  const url = server.url.replace('127.0.0.1', 'unmuted.test');
  // Nor may such a page get the permission that the harness gives: see there.
  const flags = [
    '--host-resolver-rules=MAP unmuted.test 127.0.0.1',
    '--disable-features=LocalNetworkAccessChecks',
  ];
  const answer = await refusal({ flags }, url);
  const support = { playback: 'insecure-context', microphone: 'insecure-context' };
  assert.deepEqual(answer, { name: 'MicrophoneError', code: 'insecure-context', support });
});
