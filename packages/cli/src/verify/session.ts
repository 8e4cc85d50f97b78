import type { Credential } from "./credentials.ts";
import type { Answer, Deployment } from "./deployment.ts";
import { MeasureError } from "./measure-error.ts";

export interface Account {
  readonly email: string;
  readonly password: string;
}

/** A session of better-auth with email and password, carried by its cookie. */
export class Session implements Credential {
  readonly #deployment: Deployment;
  readonly #account: Account;
  /** Label of the user. */
  readonly #user: string;
  #cookie = "";

  private constructor(deployment: Deployment, account: Account, user: string) {
    this.#deployment = deployment;
    this.#account = account;
    this.#user = user;
  }

  /** Makes the account. Rejects with a `MeasureError` where that is refused. */
  static async signUp(deployment: Deployment, account: Account, user: string): Promise<Session> {
    const session = new Session(deployment, account, user);
    const answer = await session.#post(deployment, "sign-up/email", { ...account, name: "throughline verify" });
    if (answer.status !== 200) {
      throw refusal("unable to sign a test user up", answer, "; where sign-up is closed, give --account or --token");
    }
    session.#cookie = cookieOf(answer);
    return session;
  }

  /** Rejects with a `MeasureError` where that is refused. */
  static async signIn(deployment: Deployment, account: Account, user: string): Promise<Session> {
    const session = new Session(deployment, account, user);
    await session.renew();
    return session;
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    return { cookie: this.#cookie, origin: this.#deployment.url };
  }

  async renew(): Promise<void> {
    const answer = await this.#post(this.#deployment, "sign-in/email", this.#account);
    if (answer.status !== 200) throw refusal(`unable to sign in as ${this.#account.email}`, answer);
    if (this.#cookie !== "") await this.end(this.#deployment);
    this.#cookie = cookieOf(answer);
  }

  async end(deployment: Deployment): Promise<void> {
    await this.#post(deployment, "sign-out", {}, { cookie: this.#cookie });
  }

  #post(deployment: Deployment, route: string, body: object, cookie: Readonly<Record<string, string>> = {}) {
    const headers = { origin: deployment.url, ...cookie };
    return deployment.ask(`/api/auth/${route}`, { method: "POST", body, headers, user: this.#user });
  }
}

function refusal(what: string, { status, json, text }: Answer, advice = ""): MeasureError {
  const reason = typeof json.detail === "string" ? json.detail : json.message;
  const said = typeof reason === "string" ? reason : text.slice(0, 200);
  return new MeasureError(`${what}; ${status} ${said}${advice}`);
}

function cookieOf({ headers }: Answer): string {
  return headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}
