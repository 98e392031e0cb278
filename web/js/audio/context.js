/** The page's one AudioContext, for the microphone and the loudspeaker. */

/**
 * A context with the rate of the hardware. None is asked for, although the sound of both ways is at 48 kHz:
 * Firefox connects no microphone to a context of another rate than the device's, and Safari has played such
 * contexts distorted after a change of device. What differs is resampled here (resampler.js), the same in
 * every browser.
 *
 * A context that the system stopped – a phone call, another tab's microphone, a page without a gesture yet
 * – is started again as soon as that may succeed: at a gesture, and when the page is looked at again.
 */
export function openContext() {
  const context = new AudioContext({ latencyHint: 'interactive' });
  const resume = () => {
    if (context.state !== 'running' && context.state !== 'closed') context.resume().catch(() => {});
  };
  const gestures = ['pointerdown', 'keydown', 'touchend'];
  for (const gesture of gestures) window.addEventListener(gesture, resume, { capture: true, passive: true });
  document.addEventListener('visibilitychange', resume);
  context.addEventListener('statechange', () => {
    if (context.state === 'interrupted') resume(); // Safari's own state; refused while the call goes on
    if (context.state !== 'closed') return;
    for (const gesture of gestures) window.removeEventListener(gesture, resume, { capture: true });
    document.removeEventListener('visibilitychange', resume);
  });
  return context;
}

/** What performance.now() is when the context's time is `seconds`, for the audio thread. */
export function performanceTime(context, seconds) {
  return performance.now() + (seconds - context.currentTime) * 1000;
}
