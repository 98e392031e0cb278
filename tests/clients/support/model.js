import { createServer } from 'node:http';

/**
 * A language model with OpenAI's interface, on loopback: {url, requests, reply(...parts), stop()}. A reply is a list of
 * texts, of calls {call: name, arguments}, of promises, at which it waits, and a reason to {finish}; or one of {status},
 * to refuse with. Without one it repeats what it is told.
 */
export async function startModel() {
  const requests = [];
  const replies = [];
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      response.setHeader('Content-Type', 'application/json');
      return response.end(JSON.stringify({ object: 'list', data: [{ id: 'test-model', object: 'model' }] }));
    }
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = JSON.parse(Buffer.concat(pieces));
    requests.push(body);
    const parts = replies.shift() ?? [`You said: ${body.messages.at(-1).content}`];
    if (parts[0].status) {
      response.statusCode = parts[0].status;
      return response.end('{}');
    }
    response.setHeader('Content-Type', 'text/event-stream');
    const choice = (delta, reason = null) => {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`);
    };
    let calls = 0;
    let reason;
    for (const part of parts) {
      if (typeof part === 'string') choice({ role: 'assistant', content: part });
      else if (part.call) choice({ tool_calls: [toolCall(calls++, part)] });
      else if (part.finish) reason = part.finish;
      else await part;
    }
    choice({}, reason ?? (calls > 0 ? 'tool_calls' : 'stop'));
    const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    reply: (...parts) => replies.push(parts),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const toolCall = (index, { call, arguments: given = {} }) => ({
  index,
  id: `call-${index}`,
  type: 'function',
  function: { name: call, arguments: JSON.stringify(given) },
});
