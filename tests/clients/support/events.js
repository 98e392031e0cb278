/** Every event that a server of OpenAI's Realtime API (GA) may send by WebSocket, with what clients cannot do without. */
import { z } from 'zod';

const text = z.string();
const id = text.min(1);
const count = z.int().nonnegative();
const object = z.looseObject;
/** Must be there, whatever it is. */
const present = z.unknown().refine((value) => value !== undefined, 'is missing');

// ---- The session

const format = z.discriminatedUnion('type', [
  object({ type: z.literal('audio/pcm'), rate: z.literal(24000) }),
  object({ type: z.literal('audio/pcmu') }),
  object({ type: z.literal('audio/pcma') }),
]);
const does = { create_response: z.boolean(), interrupt_response: z.boolean() };
const turnDetection = z.discriminatedUnion('type', [
  object({
    type: z.literal('server_vad'), ...does, threshold: z.number(), prefix_padding_ms: count, silence_duration_ms: count,
    idle_timeout_ms: count.nullable(),
  }),
  object({ type: z.literal('semantic_vad'), ...does, eagerness: z.enum(['low', 'medium', 'high', 'auto']) }),
]);
const modalities = z.tuple([z.enum(['audio', 'text'])]); // never both
const maxTokens = z.union([z.int().positive(), z.literal('inf')]);
const tool = object({ type: z.literal('function'), name: id, description: text, parameters: object({}) });
const input = object({
  format, transcription: object({ model: id }).nullable(), noise_reduction: object({}).nullable(),
  turn_detection: turnDetection.nullable(),
});
const session = z.discriminatedUnion('type', [
  object({
    type: z.literal('realtime'), object: z.literal('realtime.session'), id, model: id, output_modalities: modalities,
    instructions: text, tools: z.array(tool), max_output_tokens: maxTokens, tracing: present, truncation: present,
    tool_choice: z.union([z.enum(['auto', 'none', 'required']), object({ type: z.literal('function'), name: id })]),
    audio: object({ input, output: object({ format, voice: id, speed: z.number() }) }),
  }),
  object({
    type: z.literal('transcription'), object: z.literal('realtime.transcription_session'), id, audio: object({ input }),
  }),
]);

// ---- Items

const ofItem = { id, object: z.literal('realtime.item'), status: z.enum(['in_progress', 'completed', 'incomplete']) };
const written = (type) => object({ type: z.literal(type), text });
const message = (role, parts) =>
  object({ ...ofItem, type: z.literal('message'), role: z.literal(role), content: z.array(z.union(parts)) });
const item = z.union([
  message('user', [written('input_text'), object({ type: z.literal('input_audio'), transcript: text.nullable() })]),
  message('assistant', [written('output_text'), object({ type: z.literal('output_audio'), transcript: text })]),
  message('system', [written('input_text')]),
  object({ ...ofItem, type: z.literal('function_call'), call_id: id, name: id, arguments: text }),
  object({ ...ofItem, type: z.literal('function_call_output'), call_id: id, output: text }),
]);
const placed = { item, previous_item_id: id.nullable() };

// ---- Responses

const failure = { type: id, code: id.nullable(), message: text, param: text.nullable() };
const usage = object({
  total_tokens: count, input_tokens: count, output_tokens: count,
  input_token_details: object({ text_tokens: count, audio_tokens: count, cached_tokens: count }),
  output_token_details: object({ text_tokens: count, audio_tokens: count }),
});
const details = z.discriminatedUnion('type', [
  object({ type: z.literal('cancelled'), reason: z.enum(['turn_detected', 'client_cancelled']) }),
  object({ type: z.literal('incomplete'), reason: z.enum(['max_output_tokens', 'content_filter']) }),
  object({ type: z.literal('failed'), error: object({ type: id, code: id }) }),
]);
const response = {
  id, object: z.literal('realtime.response'), conversation_id: id.nullable(), output: z.array(item),
  output_modalities: modalities, audio: object({ output: object({ format, voice: id }) }),
  metadata: object({}).nullable(), max_output_tokens: maxTokens,
};
const ofResponse = { response_id: id, output_index: count };
const inItem = { ...ofResponse, item_id: id };
const inPart = { ...inItem, content_index: z.literal(0) };
const part = z.discriminatedUnion('type', [
  object({ type: z.literal('audio'), transcript: text }),
  object({ type: z.literal('text'), text }),
]);
const inUser = { item_id: id, content_index: z.literal(0) };
const cast = { directory: text, characters: z.array(object({ name: id })) };

const shapes = {
  'error': { error: object({ ...failure, event_id: id.nullable() }) },
  'session.created': { session },
  'session.updated': { session },
  'conversation.item.added': placed,
  'conversation.item.done': placed,
  'conversation.item.retrieved': { item },
  'conversation.item.deleted': { item_id: id },
  'conversation.item.truncated': { ...inUser, audio_end_ms: count },
  'conversation.item.input_audio_transcription.delta': { ...inUser, delta: text },
  'conversation.item.input_audio_transcription.completed': {
    ...inUser, transcript: text, usage: object({ type: z.literal('duration'), seconds: z.number() }),
  },
  'conversation.item.input_audio_transcription.failed': { ...inUser, error: object(failure) },
  'input_audio_buffer.speech_started': { item_id: id, audio_start_ms: count },
  'input_audio_buffer.speech_stopped': { item_id: id, audio_end_ms: count },
  'input_audio_buffer.committed': { item_id: id, previous_item_id: id.nullable() },
  'input_audio_buffer.cleared': {},
  'input_audio_buffer.timeout_triggered': { item_id: id, audio_start_ms: count, audio_end_ms: count },
  'response.created': {
    response: object({ ...response, status: z.literal('in_progress'), status_details: z.null(), usage: z.null() }),
  },
  'response.done': {
    response: object({
      ...response, status: z.enum(['completed', 'cancelled', 'incomplete', 'failed']), status_details: details.nullable(), usage,
    }),
  },
  'response.output_item.added': { ...ofResponse, item },
  'response.output_item.done': { ...ofResponse, item },
  'response.content_part.added': { ...inPart, part },
  'response.content_part.done': { ...inPart, part },
  'response.output_audio.delta': { ...inPart, delta: z.base64().min(1) },
  'response.output_audio.done': inPart,
  'response.output_audio_transcript.delta': { ...inPart, delta: text },
  'response.output_audio_transcript.done': { ...inPart, transcript: text },
  'response.output_text.delta': { ...inPart, delta: text },
  'response.output_text.done': { ...inPart, text },
  'response.function_call_arguments.delta': { ...inItem, call_id: id, delta: text },
  'response.function_call_arguments.done': { ...inItem, call_id: id, name: id, arguments: text },
  // Not OpenAI's: told only to who asks for it.
  'session.characters.reloaded': cast,
  'session.characters.listed': cast,
};

const events = new Map(Object.entries(shapes).map(([type, fields]) => [type, object({ event_id: id, ...fields })]));

/** What is wrong with the shape of an event; empty: nothing. */
export function shapeFaults(event) {
  const shape = events.get(event.type);
  if (!shape) return [`${event.type} is no event of this interface`];
  const { error } = shape.safeParse(event);
  return (error?.issues ?? []).map((issue) => `${event.type}: ${issue.path.join('.')}: ${issue.message}`);
}
