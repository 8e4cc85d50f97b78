/** A model that answers at once: what it costs to pass an answer on is all that is left. */
import { startChatCompletionsServer } from "../tests/support/chat-completions-server.ts";

const server = await startChatCompletionsServer({
  script: () => ({
    actions: [
      { text: "Hello" },
      { text: " there" },
      { finish: "stop" },
      { usage: { inputTokens: 1, outputTokens: 2 } },
      "end",
    ],
  }),
});
process.send?.({ modelUrl: server.baseUrl });
