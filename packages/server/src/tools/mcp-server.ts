import { Client, fromJsonSchema, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import type { JsonValue } from "@throughline/protocol";
import { type AnyTool, defineTool, ToolFailure, type ToolOnce, type ToolSchema } from "./tool.ts";

/** How a server of the Model Context Protocol is reached: as a program of ours, or at an address. */
export type McpConnection =
  | { readonly command: string; readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> }
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>> };

export type McpServerOptions = McpConnection & {
  /** Before every tool's name: `<name>_<tool>`. 1 to 24 characters [A-Za-z0-9-]. */
  readonly name: string;
  /** By the server's own tool names. What is not named is `idempotent` only if the server says so. */
  readonly once?: Readonly<Record<string, ToolOnce>>;
  readonly approval?: Readonly<Record<string, "never" | "always">>;
};

export interface McpServer {
  readonly tools: readonly AnyTool[];
  close(): Promise<void>;
}

const clientInfo = { name: "throughline", version: "0.1.0" };

/**
 * Makes the tools of an MCP server tools of ours, so that their calls go through the dispatcher like any other. Rejects
 * when the server cannot be reached at start-up. One that dies later fails its calls visibly and is connected to again by
 * the next one.
 */
export async function mountMcpServer(options: McpServerOptions): Promise<McpServer> {
  if (!/^[A-Za-z0-9-]{1,24}$/.test(options.name)) {
    throw new TypeError(`unable to mount "${options.name}"; a name has 1 to 24 characters [A-Za-z0-9-]`);
  }
  const connection = new McpLink(options);
  const client = await connection.client();
  const listed: Awaited<ReturnType<Client["listTools"]>>["tools"] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    listed.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);

  const tools = listed.map((tool) => {
    const { annotations } = tool;
    const repeatable = annotations?.idempotentHint === true || annotations?.readOnlyHint === true;
    return defineTool<Record<string, unknown>, JsonValue>({
      name: `${options.name}_${tool.name.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`,
      description: tool.description ?? tool.title ?? tool.name,
      input: fromJsonSchema(tool.inputSchema as Parameters<typeof fromJsonSchema>[0]) as unknown as ToolSchema<
        Record<string, unknown>
      >,
      once: options.once?.[tool.name] ?? (repeatable ? "idempotent" : "at-most-once"),
      approval: options.approval?.[tool.name] ?? "never",
      execute: (input, { signal }) => connection.call(tool.name, input, signal),
    });
  });
  return { tools, close: () => connection.close() };
}

/** The one connection to a server, made again when it is gone. */
class McpLink {
  readonly #options: McpServerOptions;
  #client: Promise<Client> | undefined;

  constructor(options: McpServerOptions) {
    this.#options = options;
  }

  client(): Promise<Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async call(name: string, input: Record<string, unknown>, signal: AbortSignal): Promise<JsonValue> {
    let client: Client;
    try {
      client = await this.client();
    } catch (error) {
      throw new ToolFailure(`unable to call ${name}; ${this.#options.name} cannot be reached`, { cause: error });
    }
    // The dispatcher has the deadline; the signal carries it. The SDK's own would cut long calls short.
    const timeout = 2 ** 31 - 1;
    const result = await client.callTool({ name, arguments: input }, { signal, timeout });
    if (result.isError === true) throw new ToolFailure(textOf(result.content) || `unable to call ${name}; it failed`);
    return (result.structuredContent ?? { content: result.content }) as JsonValue;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.close();
  }

  async #connect(): Promise<Client> {
    const client = new Client(clientInfo);
    const gone = () => {
      this.#client = undefined;
    };
    client.onclose = gone;
    try {
      await client.connect(transportTo(this.#options));
      return client;
    } catch (error) {
      gone();
      throw error;
    }
  }
}

function transportTo(connection: McpConnection): StdioClientTransport | StreamableHTTPClientTransport {
  if ("url" in connection) {
    const { url, headers = {} } = connection;
    return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  }
  const { command, args = [], env } = connection;
  // What it writes to standard error is its own business; its environment is the safe default and what it was given.
  return new StdioClientTransport({ command, args: [...args], ...(env && { env }), stderr: "ignore" });
}

function textOf(content: readonly { readonly type: string; readonly text?: unknown }[]): string {
  return content
    .flatMap((part) => (part.type === "text" && typeof part.text === "string" ? [part.text] : []))
    .join("\n");
}
