/** Everything that the judges of a measurement have in common: what belongs to whom, what was found, how much was seen. */
import { Marks } from "./marks.ts";

/**
 * `leak`: something of another user. `illegal`: what the protocol does not allow. `duplicate`: an event, or the effect of a
 * command, twice. `loss`: what was stored or acknowledged and never came. `disorder`: it came after what follows it.
 * `difference`: two devices, or a device and the stored state, do not say the same.
 */
export type FindingKind = "leak" | "illegal" | "duplicate" | "loss" | "disorder" | "difference";

export interface Finding {
  readonly kind: FindingKind;
  /** Label of the user. */
  readonly user: string;
  readonly detail: string;
}

/** Findings of one kind that are kept in words; all are counted. */
const wordsMax = 50;

export class Observer {
  readonly marks = new Marks();
  readonly seen = { frames: 0, events: 0, bodies: 0 };
  /** The ledger of tool calls as events tell it: each call with its outcome, `executing` while there is none. */
  readonly calls = new Map<string, string>();
  readonly #findings: Finding[] = [];
  readonly #counts = new Map<FindingKind, number>();
  readonly #countsOfUsers = new Map<string, number>();
  /** What users have said themselves, and so may be told again: ids of others in hostile requests. */
  readonly #said = new Set<string>();

  add(kind: FindingKind, user: string, detail: string): void {
    const count = this.count(kind) + 1;
    this.#counts.set(kind, count);
    this.#countsOfUsers.set(user, this.countOf(user) + 1);
    if (count <= wordsMax) this.#findings.push({ kind, user, detail });
  }

  count(kind: FindingKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  findings(kind?: FindingKind): readonly Finding[] {
    return kind === undefined ? this.#findings : this.#findings.filter((found) => found.kind === kind);
  }

  /** All that was found about a user so far. */
  countOf(user: string): number {
    return this.#countsOfUsers.get(user) ?? 0;
  }

  say(user: string, mark: string): void {
    this.#said.add(`${user} ${mark}`);
  }

  /** Looks for marks of others in what is no event: an answer over HTTP, a reply, a welcome. */
  readAnswer(user: string, text: string, where: string): void {
    for (const { mark, owner } of this.marks.foreignIn(text, user)) {
      if (!this.#said.has(`${user} ${mark}`)) this.add("leak", user, `${where} shows ${mark} of ${owner}`);
    }
  }

  /** The body of an answer over HTTP. */
  readBody(user: string, text: string, where: string): void {
    this.seen.bodies += 1;
    this.readAnswer(user, text, where);
  }
}
