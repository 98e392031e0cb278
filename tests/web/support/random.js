/** The same numbers each time: () => 0…2^31 - 1. */
export function random(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state >>> 1;
  };
}

export function randomBytes(next, size) {
  return Uint8Array.from({ length: size }, () => next() & 255);
}
