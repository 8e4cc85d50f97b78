/** A server with the scripted agent, and an issuer that makes as many users as a test wants. */
import type { Limits, UserId } from "@throughline/protocol";
import { ServerProcess, type ServerSettings } from "./server-process.ts";
import { type DeviceOptions, TestDevice } from "./test-device.ts";
import { TokenIssuer } from "./token-issuer.ts";

export class ScriptedWorld implements AsyncDisposable {
  readonly server: ServerProcess;
  readonly issuer: TokenIssuer;
  readonly #tokens = new Map<string, Promise<string>>();

  private constructor(server: ServerProcess, issuer: TokenIssuer) {
    this.server = server;
    this.issuer = issuer;
  }

  static async start(
    limits: Partial<Limits> = {},
    env: Readonly<Record<string, string>> = {},
    more: Pick<ServerSettings, "dataDirectory"> = {},
  ): Promise<ScriptedWorld> {
    const issuer = await TokenIssuer.start();
    const issuers = [issuer.settings];
    const server = await ServerProcess.start({ agent: "scripted", limits, env, issuers, ...more });
    return new ScriptedWorld(server, issuer);
  }

  /** Signed once for each user, for longer than any test: one that connects often is not to be about signing. */
  async credential(user: string): Promise<{ readonly bearer: string }> {
    const token = this.#tokens.get(user) ?? this.issuer.token(user, { expiresIn: 86_400 });
    this.#tokens.set(user, token);
    return { bearer: await token };
  }

  userId(user: string): UserId {
    return `${this.issuer.name}:${user}` as UserId;
  }

  async webSocket(user: string, options?: DeviceOptions) {
    return TestDevice.webSocket(this.server, await this.credential(user), options);
  }

  async sse(user: string, options?: DeviceOptions) {
    return TestDevice.sse(this.server, await this.credential(user), options);
  }

  async get(user: string, path: string): Promise<Response> {
    const { bearer } = await this.credential(user);
    return fetch(`${this.server.url}${path}`, { headers: { authorization: `Bearer ${bearer}` } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.issuer[Symbol.asyncDispose]();
  }
}
