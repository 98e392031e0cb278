import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';

import { Told } from './told.js';

/** openai-node as its users have it, at another address: {rt, told, close()}. */
export async function connectOpenAI(place, model) {
  const client = new OpenAI({ apiKey: 'any', baseURL: `${place.url}/v1` });
  const rt = new OpenAIRealtimeWS({ model }, client);
  const told = new Told();
  rt.on('event', (event) => told.add(event));
  rt.on('error', (error) => { if (!error.error) told.close(`the client failed: ${error.message}`); });
  const closed = new Promise((resolve) => rt.socket.once('close', resolve));
  closed.then(() => told.close());
  return {
    rt,
    told,
    async close() {
      rt.close();
      await closed;
    },
  };
}

export const message = (text, role = 'user') =>
  ({ type: 'message', role, content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }] });
