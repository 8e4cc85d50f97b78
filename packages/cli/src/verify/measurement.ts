/** Takes many journeys of many test users through one deployment, and keeps what each of them showed. */
import { type CredentialSource, type Person, signInPeople } from "./credentials.ts";
import { Deployment } from "./deployment.ts";
import { type Disturbance, Journey, type JourneyFacts, type JourneyKind, journeyKinds } from "./journey.ts";
import { CredentialEnd, type FailureLine, JourneyFailure, MeasureError } from "./measure-error.ts";
import { type NoteEffects, tryNotes } from "./note-effects.ts";
import { Observer } from "./observer.ts";
import { type Effect, OwnDeployment } from "./own-deployment.ts";
import { choosePrompts, type Prompts } from "./prompts.ts";
import { TestUser } from "./test-user.ts";
import { wishPrompts } from "./wish.ts";

export interface MeasurementOptions {
  /** Undefined: a server of its own is started. */
  readonly url: string | undefined;
  readonly credentials: CredentialSource;
  /** Undefined: `freeJourneys`, or `paidJourneys` where an answer costs money. */
  readonly journeys: number | undefined;
  /** At most; as many journeys go on at once. */
  readonly users: number | undefined;
  readonly timeoutMs: number;
  readonly prompt: string | undefined;
  readonly onProgress: (done: number, planned: number, failed: number) => void;
  /** One line about what begins. */
  readonly onNote: (text: string) => void;
  /** Aborts to end early with what there is. */
  readonly signal: AbortSignal;
}

export interface JourneyResult {
  readonly number: number;
  readonly kind: JourneyKind;
  readonly user: string;
  readonly durationMs: number;
  readonly failure: { readonly line: FailureLine; readonly reason: string } | undefined;
  readonly facts: JourneyFacts;
}

export interface Measurement {
  readonly url: string;
  readonly isOwn: boolean;
  /** Who answers. */
  readonly agent: string;
  readonly asksForTool: boolean;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly users: number;
  readonly planned: number;
  readonly journeys: readonly JourneyResult[];
  readonly observer: Observer;
  readonly kills: number;
  /** What the tool wrote; undefined when the tools are not ours. */
  readonly effects: readonly Effect[] | undefined;
  /** What notes show of effects, for each user who tried. */
  readonly noteEffects: readonly NoteEffects[];
  /** Waited because of rate limits. */
  readonly heldBackMs: number;
  /** What stays in the deployment. */
  readonly left: readonly string[];
  /** Why fewer journeys were made than planned. */
  readonly incomplete: string | undefined;
}

const ownUsers = 12;
/** Two sign-ins each stay below what one address may do in a minute. */
const foreignUsers = 6;
const freeJourneys = 740;
/** Answers of a language model cost money. */
const paidJourneys = 40;
/** One journey in so many kills the server. */
const journeysPerKill = 40;
/** After so many failures in a row there is nothing more to learn. */
const failuresInRowMax = 20;
/** For what is left to be removed when it was broken off. */
const cleanUpMs = 5_000;

/** Rejects with a `MeasureError` when there is nothing that could be measured. */
export async function measure(options: MeasurementOptions): Promise<Measurement> {
  if (options.url !== undefined) return new Run(options, options.url, undefined).go();
  await using own = await OwnDeployment.start();
  return await new Run(options, own.url, own).go();
}

class Run {
  readonly #options: MeasurementOptions;
  readonly #own: OwnDeployment | undefined;
  readonly #observer = new Observer();
  /** Aborts at the first of: the one who asked breaks off, too many failures. */
  readonly #stop = new AbortController();
  readonly #deployment: Deployment;
  readonly #results: JourneyResult[] = [];
  readonly #counts = new Map<JourneyKind, number>(journeyKinds.map((kind) => [kind, 0]));
  readonly #disturbance: Disturbance;
  #started = 0;
  #failuresInRow = 0;
  #incomplete: string | undefined;

  constructor(options: MeasurementOptions, url: string, own: OwnDeployment | undefined) {
    this.#options = options;
    this.#own = own;
    const { signal } = this.#stop;
    this.#deployment = new Deployment({ url, observer: this.#observer, timeoutMs: options.timeoutMs, signal });
    this.#disturbance = killing(own);
    const breakOff = () => this.#breakOff("it was broken off");
    if (options.signal.aborted) breakOff();
    options.signal.addEventListener("abort", breakOff, { once: true });
  }

  async go(): Promise<Measurement> {
    const { onNote, credentials, prompt } = this.#options;
    const startedAt = new Date();
    const began = performance.now();
    const count = this.#options.users ?? (this.#own === undefined ? foreignUsers : ownUsers);
    onNote(`Signing ${count} test users in at ${this.#deployment.url}`);
    const people = await signInPeople(this.#deployment, credentials, count);
    const users = await this.#introduce(people);
    const model = await this.#model(users);
    const prompts = this.#own === undefined ? choosePrompts(prompt, model.description) : wishPrompts;
    const planned = this.#options.journeys ?? (prompts.isFree ? freeJourneys : paidJourneys);
    onNote(`${planned} journeys of ${users.length} users; ${prompts.describes} answers`);
    await Promise.all(users.map((user) => this.#travel(user, users, prompts, planned)));
    const noteEffects = prompts.hasNotes ? await this.#tryNotes(users) : [];
    const left = await this.#cleanUp(users);
    return {
      url: this.#deployment.url,
      isOwn: this.#own !== undefined,
      agent: String(model.agent ?? "unknown"),
      asksForTool: prompts.short("", 0).asksForTool,
      startedAt,
      durationMs: performance.now() - began,
      users: users.length,
      planned,
      journeys: this.#results,
      observer: this.#observer,
      kills: this.#own?.kills ?? 0,
      effects: this.#own?.effects(),
      noteEffects,
      heldBackMs: this.#deployment.heldBackMs,
      left,
      incomplete: this.#incomplete,
    };
  }

  /** Finds out whether the credentials let in, and who is who. */
  async #introduce(people: readonly Person[]): Promise<readonly TestUser[]> {
    const users = people.map((person) => new TestUser(this.#deployment, person));
    for (const { devices } of users) {
      try {
        await Promise.all(devices.map((device) => device.connect()));
      } catch (error) {
        if (error instanceof JourneyFailure) throw new MeasureError(`unable to connect; ${error.message}`);
        throw error;
      } finally {
        for (const device of devices) device.leave();
      }
    }
    return users;
  }

  async #model([user]: readonly TestUser[]): Promise<Readonly<Record<string, unknown>>> {
    const headers = await user?.person.credentials[0].headers();
    return (await this.#deployment.ask("/v1/model", { headers: headers ?? {} })).json;
  }

  async #travel(user: TestUser, users: readonly TestUser[], prompts: Prompts, planned: number): Promise<void> {
    const parts = { deployment: this.#deployment, own: this.#own, prompts, disturbance: this.#disturbance };
    while (this.#started < planned && !this.#stop.signal.aborted) {
      const number = this.#started;
      this.#started += 1;
      const others = users.filter((other) => other !== user && other.target !== undefined);
      const other = others[number % Math.max(others.length, 1)];
      const kind = this.#nextKind(other !== undefined);
      const journey = new Journey(parts, { user, other, kind, number });
      const began = performance.now();
      const failure = await failureOf(journey);
      if (failure instanceof CredentialEnd) this.#breakOff(failure.message);
      if (this.#stop.signal.aborted || failure instanceof CredentialEnd) return;
      const { facts } = journey;
      this.#add({ number, kind, user: user.label, durationMs: performance.now() - began, failure, facts }, planned);
    }
  }

  #add(result: JourneyResult, planned: number): void {
    this.#results.push(result);
    this.#failuresInRow = result.failure === undefined ? 0 : this.#failuresInRow + 1;
    const failed = this.#results.filter(({ failure }) => failure !== undefined).length;
    this.#options.onProgress(this.#results.length, planned, failed);
    if (this.#failuresInRow >= failuresInRowMax) this.#breakOff(`${failuresInRowMax} journeys in a row failed`);
  }

  /** The kind that had the fewest turns, of those that can be had. */
  #nextKind(hasOther: boolean): JourneyKind {
    const mayKill = this.#own !== undefined && (this.#counts.get("kill") ?? 0) * journeysPerKill < this.#started;
    const kinds = journeyKinds.filter((kind) => (kind === "kill" ? mayKill : kind !== "hostile" || hasOther));
    const turns = (kind: JourneyKind) => (kind === "kill" ? 0 : (this.#counts.get(kind) ?? 0));
    const next = kinds.reduce((least, kind) => (turns(kind) < turns(least) ? kind : least));
    this.#counts.set(next, (this.#counts.get(next) ?? 0) + 1);
    return next;
  }

  async #tryNotes(users: readonly TestUser[]): Promise<readonly NoteEffects[]> {
    if (this.#stop.signal.aborted) return [];
    const effects = await Promise.all(users.map(tryNotes));
    return this.#stop.signal.aborted ? [] : effects;
  }

  #breakOff(reason: string): void {
    this.#incomplete ??= reason;
    this.#stop.abort(new MeasureError(`unable to go on; ${reason}`));
  }

  /** Removes what can be removed, and says what cannot. */
  async #cleanUp(users: readonly TestUser[]): Promise<readonly string[]> {
    if (this.#own !== undefined) return [];
    const { url, timeoutMs } = this.#deployment;
    const signal = AbortSignal.timeout(this.#incomplete === undefined ? timeoutMs : cleanUpMs);
    const broom = new Deployment({ url, observer: this.#observer, timeoutMs, signal });
    const left: string[] = [];
    for (const user of users) {
      const { person, threads } = user;
      const name = person.leftBehind ?? person.label;
      try {
        for (const threadId of threads) if (await deleteThread(broom, person, threadId)) threads.delete(threadId);
        for (const credential of person.credentials) await credential.end(broom);
      } catch (error) {
        if (!(error instanceof CredentialEnd)) left.push(`perhaps sessions of ${name}`);
      }
      left.push(...[...threads].map((threadId) => `thread ${threadId} of ${name}`));
      if (person.leftBehind !== undefined) left.push(`account ${person.leftBehind}`);
    }
    this.#deployment.heldBackMs += broom.heldBackMs;
    return left;
  }
}

async function deleteThread(broom: Deployment, person: Person, threadId: string): Promise<boolean> {
  const headers = await person.credentials[0].headers();
  const body = { id: `verify-delete-${threadId}`, type: "thread.delete", data: { threadId } };
  const { status } = await broom.ask("/v1/commands", { method: "POST", headers, body });
  // What was acknowledged and never stored needs no deleting.
  return status === 200 || status === 404;
}

async function failureOf(journey: Journey): Promise<JourneyResult["failure"] | CredentialEnd> {
  try {
    await journey.go();
    return undefined;
  } catch (error) {
    if (error instanceof JourneyFailure) return { line: error.line, reason: error.message };
    if (error instanceof CredentialEnd) return error;
    if (error instanceof MeasureError) return { line: "reliability", reason: error.message };
    throw error;
  }
}

function killing(own: OwnDeployment | undefined): Disturbance {
  let until = 0;
  let last = Promise.resolve();
  let waiting = 0;
  return {
    get until() {
      return waiting > 0 ? Number.POSITIVE_INFINITY : until;
    },
    kill: () => {
      waiting += 1;
      const turn = last.then(async () => {
        const killedAt = performance.now();
        await own?.killAndRestart();
        until = performance.now();
        waiting -= 1;
        return killedAt;
      });
      last = turn.then(
        () => undefined,
        () => undefined,
      );
      return turn;
    },
  };
}
