/**
 * How loud it is, and whether that is a voice, by its energy over the noise: enough for a meter and for the
 * moment somebody ceased to speak. Turns are the server's business. Pure.
 */

const OVER_NOISE_DB = 12;
const QUIETEST_VOICE_DB = -50; // of full scale; a microphone with gain control has voices at -30 to -15
const SHORTEST_VOICE_MS = 30; // shorter is a click
const FLOOR_RISE_DB_PER_S = 3; // slower than any syllable, quick enough for a fan that is switched on

export class VoiceMeter {
  #floor = QUIETEST_VOICE_DB - OVER_NOISE_DB;
  #voiceMs = 0;

  rms = 0;
  peak = 0;

  /** Measures `samples`, which last `ms`. True: it is a voice. */
  hear(samples, ms) {
    let sum = 0;
    let peak = 0;
    for (const sample of samples) {
      sum += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    this.peak = peak;
    this.rms = Math.sqrt(sum / Math.max(1, samples.length));
    return this.#judge(20 * Math.log10(this.rms + 1e-6), ms);
  }

  #judge(level, ms) {
    const loud = level > Math.max(QUIETEST_VOICE_DB, this.#floor + OVER_NOISE_DB);
    this.#floor = Math.min(level, this.#floor + (FLOOR_RISE_DB_PER_S * ms) / 1000);
    this.#floor = Math.max(-90, this.#floor); // digital silence says nothing about the room
    this.#voiceMs = loud ? this.#voiceMs + ms : 0;
    return this.#voiceMs >= SHORTEST_VOICE_MS;
  }
}
