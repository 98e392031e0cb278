import { OpenAIRealtimeWebSocket, RealtimeSession } from '@openai/agents-realtime';

import { Told } from './told.js';

/** agents-js as its users have it, at another address, with options of a session: {session, told, close()}. */
export async function connectAgent(place, agent, { query = '', ...options } = {}) {
  const session = new RealtimeSession(agent, { transport: new OpenAIRealtimeWebSocket(), ...options });
  const told = new Told();
  session.on('transport_event', (event) => told.add(event));
  session.on('error', ({ error }) => {
    if (error?.type !== 'error') told.close(`the client failed: ${error?.stack ?? error}`);
  });
  const closed = new Promise((resolve) => {
    session.transport.on('connection_change', (status) => {
      if (status === 'disconnected') resolve();
    });
  });
  closed.then(() => told.close());
  await session.connect({ apiKey: 'any', url: `${place.url.replace('https', 'wss')}/v1/realtime${query}` });
  return {
    session,
    told,
    async close() {
      session.close();
      await closed;
    },
  };
}

/** The next time that it happens: what is told with it. */
export const happens = (emitter, name) =>
  new Promise((resolve) => {
    emitter.once(name, (...all) => resolve(all));
  });

/** Each item of what the client takes for the conversation. */
export const historyOf = (session) =>
  session.history.map((item) =>
    item.type === 'message'
      ? `${item.role}: ${item.content.map((part) => part.text ?? part.transcript).join()}`
      : `${item.type}: ${item.name} ${item.output}`,
  );
