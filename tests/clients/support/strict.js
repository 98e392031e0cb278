import { WebSocket } from 'ws';

import { Told } from './told.js';

/** A client that forgives nothing, in the place of those in Python: {told, send(event), close()}. Their keys are bearers'. */
export async function connectStrict(place, query = '') {
  const socket = new WebSocket(`${place.url.replace('http', 'ws')}/v1/realtime${query}`, {
    headers: { Authorization: 'Bearer any' },
  });
  const told = new Told();
  socket.on('message', (data) => told.add(JSON.parse(data)));
  socket.on('error', (error) => told.close(error.message));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  closed.then(() => told.close());
  await told.next('session.created');
  return {
    told,
    send: (event) => socket.send(JSON.stringify(event)),
    async close() {
      socket.close();
      await closed;
    },
  };
}
