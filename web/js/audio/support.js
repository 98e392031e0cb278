/** What of the page's sound this browser can do, to be asked before anything is opened. */

import { decoderConfig } from './decoder.js';
import { encoderConfig } from './encoder.js';

async function supports(codec, config) {
  try {
    return (await globalThis[codec].isConfigSupported(config)).supported === true;
  } catch {
    return false; // there is no such class, or it does not know the codec
  }
}

function hasWorklet() {
  return typeof AudioWorkletNode === 'function';
}

async function missingForPlayback() {
  if (!globalThis.isSecureContext) return 'insecure-context'; // without it, nothing of the rest is there
  if (!hasWorklet()) return 'no-worklet';
  return (await supports('AudioDecoder', decoderConfig())) ? null : 'no-opus-decoder';
}

/** What is missing to use a microphone; null: nothing. */
export async function missingForMicrophone() {
  if (!globalThis.isSecureContext) return 'insecure-context';
  if (!navigator.mediaDevices?.getUserMedia) return 'no-media-devices';
  if (!hasWorklet()) return 'no-worklet';
  return (await supports('AudioEncoder', encoderConfig())) ? null : 'no-opus-encoder';
}

/**
 * What is missing, by direction: {playback, microphone}, each null or one of `insecure-context` (the page came
 * over plain HTTP from another machine), `no-worklet`, `no-opus-decoder`, `no-opus-encoder`,
 * `no-media-devices`.
 */
export async function audioSupport() {
  return { playback: await missingForPlayback(), microphone: await missingForMicrophone() };
}
