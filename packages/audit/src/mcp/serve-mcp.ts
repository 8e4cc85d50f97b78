import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";
import { check, who } from "../check.ts";
import { type AuditConfig, nothingDeclared } from "../config/audit-config.ts";
import type { ReadOptions } from "../files/read-all-facts.ts";
import { planText } from "../plan/plan-text.ts";
import { reportMarkdown } from "../report/report-markdown.ts";

export interface McpOptions extends ReadOptions {
  readonly root: string;
  /** Read anew for each call: an agent may change it. Undefined when there is none. */
  config(): AuditConfig | undefined;
  /** `YYYY-MM-DD` */
  today(): string;
}

/** Answers coding agents on standard input and output until the input ends: who does something, what is wrong, what to do. */
export async function serveMcp(options: McpOptions): Promise<void> {
  const server = new McpServer({ name: "throughline-audit", version: "0.1.0" });
  const { root } = options;
  const annotations = { readOnlyHint: true, openWorldHint: false };
  server.registerTool(
    "who",
    {
      description:
        "Who does this already? Ask before writing a second implementation. Best answers first, with use sites.",
      inputSchema: z.object({
        words: z.string().min(1).max(200).describe("what is done, such as: broadcast user event"),
      }),
      annotations,
    },
    async ({ words }) => {
      const answers = await who(root, options.config() ?? nothingDeclared, words.split(/\s+/), options);
      return text(
        answers.length === 0 ? "Nobody in production seems to do that." : JSON.stringify(answers, undefined, 1),
      );
    },
  );
  server.registerTool(
    "check",
    {
      description:
        "Measures the declared responsibilities: compliance, who goes around the owner, rivals, with their lines.",
      inputSchema: z.object({}),
      annotations,
    },
    async () => {
      const config = options.config();
      return config === undefined
        ? undeclared()
        : text(reportMarkdown(await check(root, config, options.today(), options)));
    },
  );
  server.registerTool(
    "plan",
    {
      description: "The way to one owner of a declared responsibility, in phases with their sites.",
      inputSchema: z.object({ id: z.string().min(1).max(64).describe("id of a declared responsibility") }),
      annotations,
    },
    async ({ id }) => {
      const config = options.config();
      if (config === undefined) return undeclared();
      const { responsibilities } = await check(root, config, options.today(), options);
      const responsibility = responsibilities.find((one) => one.id === id);
      if (responsibility !== undefined) return text(planText(responsibility));
      const known = responsibilities.map((one) => one.id).join(", ") || "none";
      return { ...text(`There is no responsibility ${id}; declared are: ${known}`), isError: true };
    },
  );
  const transport = new StdioServerTransport();
  const ended = new Promise<void>((resolve) => process.stdin.once("end", resolve));
  await server.connect(transport);
  await ended;
  await server.close();
}

function undeclared() {
  return { ...text("Nothing is declared: there is no audit.config.json. `audit init` proposes one."), isError: true };
}

function text(content: string) {
  return { content: [{ type: "text" as const, text: content }] };
}
