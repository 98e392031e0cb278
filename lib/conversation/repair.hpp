#pragma once

#include <vector>

#include "conversation/chat_message.hpp"

namespace unmuted {

/// Makes of any messages a conversation that the strictest language model takes. What comes back:
///
/// - **System.** One system message at the most, the first; it is not blank.
/// - **Roles.** A user's message is the first after it. Users and assistants alternate, where an assistant's
///   tool calls, their results and what it says then are one turn of its; so no two messages of one role
///   stand side by side but results, and no user's message follows a result: an assistant that was
///   interrupted there acknowledges first. The last message is the user's or a result: something to answer.
///   (The chat templates of Mistral and Gemma refuse everything else.)
/// - **Calls.** Each has an id of its own, nine letters and digits, a name of 1 to 64 letters, digits, `_`
/// and
///   `-`, and for its arguments the text of a JSON object. (llama.cpp and vLLM parse the arguments of the
///   whole history again, Mistral measures the ids, gateways to Anthropic compare them, OpenAI the names.)
/// - **Results.** Directly behind their calls, in the order of these: one for each call, none without.
/// - **Text.** No message is blank; only one with calls may have none at all.
///
/// What is right already stays as it is, so that repairing twice is repairing once, and messages that are
/// added at the end leave those before them the same: a model server can keep what it has computed.
std::vector<ChatMessage> repaired(std::vector<ChatMessage> messages);

}  // namespace unmuted
