/** What the local assistant says about itself and its tools, and how it recognizes that it is asked. */
import type { LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import type { Intent, IntentReader } from "./intent.ts";

type Topic = Extract<Intent, { kind: "speech" }>["topic"];

const topics: readonly (readonly [Topic, RegExp])[] = [
  [
    "greeting",
    /^(?:hi|hello|hey|hiya|howdy|moin|hallo|servus|greetings|good (?:morning|afternoon|evening|day))(?: (?:there|you|all|again|everyone|assistant|throughline))*$/i,
  ],
  [
    "thanks",
    /^(?:many )?(?:thanks|thank you|thx|cheers|great|perfect|nice|well done|good job)(?: (?:a lot|so much|very much|again|you))?$/i,
  ],
  ["farewell", /^(?:bye|goodbye|good night|see you|ciao|tschüss)(?: (?:then|later|soon|bye))?$/i],
  [
    "identity",
    /^(?:who|what)(?:'s| are| is) (?:you|this|throughline|your name)$|^(?:are|is) (?:you|this) .*\b(?:model|chatgpt|llm|ai|bot|robot|human|real)$|^(?:which|what) (?:language )?(?:model|llm)\b.*$/i,
  ],
  [
    "help",
    /^(?:help|commands|examples|how (?:do|does|can) (?:this|you|it|i)\b.*|what (?:else )?(?:can|do) (?:you|i) (?:do|ask|know|say)\b.*)$/i,
  ],
  ["tools", /^(?:which |what |list |show )?(?:your |the |all )*tools(?: (?:do you have|are there|can you use))?$/i],
];

export const readSpeech: IntentReader = (text) => {
  const bare = text.replace(/[\s.!?,:;]+$/, "");
  const topic = topics.find(([, pattern]) => pattern.test(bare))?.[0];
  return topic === undefined ? undefined : { kind: "speech", topic };
};

const switchOn =
  "To talk to a language model, start the server with `OPENAI_API_KEY`, `ANTHROPIC_API_KEY` or `OPENAI_BASE_URL` " +
  "(Ollama, LM Studio, vLLM and others) set.";

interface Ability {
  /** Undefined: needs no tool. */
  readonly tool: string | undefined;
  readonly line: string;
}

const abilities: readonly Ability[] = [
  { tool: "calculate", line: 'calculate: "what is 15% of 80", "sqrt(2) × 10"' },
  { tool: "convert_units", line: 'convert units: "10 km in miles"' },
  { tool: "world_clock", line: 'tell the time: "what time is it in Tokyo and Lisbon"' },
  { tool: "parse_date", line: 'work out dates: "what date is next Friday"' },
  {
    tool: "note_save",
    line: 'keep notes: "note groceries: milk and eggs", "my notes", "read note groceries", "delete note groceries"',
  },
  {
    tool: "search_documents",
    line: 'search the documents you have uploaded: "search my documents for invoice", "read document report.txt"',
  },
  {
    tool: undefined,
    line:
      'talk for a while, so that you can stop me, reload the page or kill the server meanwhile: "count to 200", ' +
      '"count to 50 slowly", "tell me a long story"',
  },
  { tool: undefined, line: "call any tool by hand: `/tool name key=value`; `/tools` lists them" },
];

export function speak(topic: Topic, tools: readonly LanguageModelV4FunctionTool[]): string {
  switch (topic) {
    case "greeting":
      return (
        "Hello! I am Throughline's local assistant: no language model, just a few rules and real tools. " +
        `Try "what time is it in Tokyo and what is 12 × 7", or \`/help\`. ${switchOn}`
      );
    case "thanks":
      return "You are welcome.";
    case "farewell":
      return "Goodbye. Everything said here is kept, on every device of yours.";
    case "identity":
      return (
        "I am Throughline's local assistant. I am no language model: I recognize a few kinds of requests by rules, and " +
        `answer the same message the same way every time. ${switchOn}`
      );
    case "help":
      return `${abilityList(tools)}\n\nI am no language model. ${switchOn}`;
    case "tools":
      return toolList(tools);
  }
}

/** For a message that no reader knows. */
export function speakFallback(tools: readonly LanguageModelV4FunctionTool[]): string {
  const sorry = "I did not understand that: I am no language model, and know only a few kinds of requests.";
  return `${sorry}\n\n${abilityList(tools)}\n\n${switchOn}`;
}

function abilityList(tools: readonly LanguageModelV4FunctionTool[]): string {
  const offered = new Set(tools.map((tool) => tool.name));
  const lines = abilities.filter(({ tool }) => tool === undefined || offered.has(tool)).map(({ line }) => `- ${line}`);
  return `I can\n\n${lines.join("\n")}`;
}

function toolList(tools: readonly LanguageModelV4FunctionTool[]): string {
  if (tools.length === 0) return "No tools are offered here.";
  const lines = tools.map((tool) => {
    const { properties = {}, required = [] } = tool.inputSchema;
    const inputs = Object.entries(properties).map(([name, schema]) => {
      const { type: given } = schema as { readonly type?: unknown };
      const type = typeof given === "string" ? `: ${given}` : "";
      return `\`${name}${required.includes(name) ? "" : "?"}${type}\``;
    });
    const described = tool.description === undefined ? "" : ` — ${tool.description.split(/(?<=\.)\s/)[0]}`;
    return `- **${tool.name}**${described} ${inputs.length === 0 ? "No input." : `Input: ${inputs.join(", ")}.`}`;
  });
  return `Offered tools, each callable by hand as \`/tool name key=value\`:\n\n${lines.join("\n")}`;
}
