import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';

import { Told } from './told.js';

/** openai-node as its users have it: only its address is another. */
export const openAI = (place) => new OpenAI({ apiKey: 'any', baseURL: `${place.url}/v1` });

/** All that a client of realtime sessions is told. */
export function listen(rt) {
  const told = new Told();
  rt.on('event', (event) => told.add(event));
  rt.on('error', (error) => {
    if (!error.error) told.close(`the client failed: ${error.message}`);
  });
  rt.socket.addEventListener('close', () => told.close());
  return told;
}

/** {rt, told, close()}: a session with a {model}, or with an {intent}. */
export async function connectOpenAI(place, what) {
  const rt = new OpenAIRealtimeWS(what, openAI(place));
  const closed = new Promise((resolve) => {
    rt.socket.once('close', resolve);
  });
  return {
    rt,
    told: listen(rt),
    async close() {
      rt.close();
      await closed;
    },
  };
}

export const message = (text, role = 'user') => ({
  type: 'message',
  role,
  content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
});
