import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wireBridge } from "@throughline/bridges";
import { type AgentDefinition, createServer, type ThroughlineServer, type UserPort } from "@throughline/server";
import { bridges } from "./bridges.ts";
import { OldTab } from "./old-tab.ts";

export interface Person {
  readonly userId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For older code of the same process. */
  readonly port: UserPort;
  /** A tab of the old front end. */
  tab(): Promise<OldTab>;
}

/** A server in this process, in a folder of its own, with the bridges switched on. */
export class World implements AsyncDisposable {
  readonly server: ThroughlineServer;
  readonly #folder: string;
  readonly #tabs: OldTab[] = [];

  private constructor(server: ThroughlineServer, folder: string) {
    this.server = server;
    this.#folder = folder;
  }

  static async open(agent: AgentDefinition): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "throughline-migration-"));
    const secret = "only for this example, at least 32 characters";
    const server = await createServer({
      dataDirectory: folder,
      secret,
      port: 0,
      agent,
      wires: [wireBridge(bridges.open("old-clients"))],
    });
    await server.listen();
    bridges.report(server.count);
    return new World(server, folder);
  }

  async person(name: string): Promise<Person> {
    const { url } = this.server;
    const response = await fetch(`${url}/api/auth/sign-up/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ name, email: `${name}@example.com`, password: "correct horse battery" }),
    });
    if (!response.ok) throw new Error(`unable to sign ${name} up; the server says ${response.status}`);
    const cookie = response.headers.getSetCookie().map((line) => line.split(";")[0]);
    const headers = { cookie: cookie.join("; "), origin: url };
    const port = await this.server.userPort(new Headers(headers));
    return {
      userId: port.userId,
      headers,
      port,
      tab: async () => {
        const tab = await OldTab.open(url, headers);
        this.#tabs.push(tab);
        return tab;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tab of this.#tabs) await tab.close();
    await this.server.close();
    rmSync(this.#folder, { recursive: true });
  }
}
