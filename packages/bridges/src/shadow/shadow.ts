/** Which implementation. */
export type Side = "old" | "new";

/** What was seen of one side: an event that reached a recipient, for a message. */
interface Sighting {
  readonly recipient: string;
  readonly type: string;
  readonly content: string;
}

interface Traffic {
  readonly userId: string;
  overflowed: boolean;
  readonly sides: Readonly<Record<Side, Sighting[]>>;
}

/** How one message fared on the new side, beside the old one. */
export interface Difference {
  readonly messageId: string;
  /**
   * `lost`, `added`: a recipient got an event on one side only. `repeated`: more often on the new side. `reordered`: the same
   * events in another order. `leaked`: somebody got an event of another user's message; said of either side.
   */
  readonly kind: "lost" | "added" | "repeated" | "reordered" | "leaked";
  readonly side: Side;
  readonly recipient: string;
  readonly type: string;
}

export interface ShadowReport {
  readonly messages: number;
  /** Messages without a difference. */
  readonly equal: number;
  readonly differences: readonly Difference[];
  /** Events of messages that nobody announced, or that were forgotten: a leak may be among them. */
  readonly unattributed: number;
  /** Messages with more than `sightingsMax` events on a side: their comparison says nothing. */
  readonly overflowed: number;
  /** Messages that were forgotten before they were compared, because more than `messagesMax` were held. */
  readonly dropped: number;
}

export interface ShadowOptions {
  /** What of an event has to be equal, besides its type. Default: nothing; ids, times and wording differ. */
  content?(event: { readonly type: string }): string;
  /** Types that are not compared, such as heartbeats. */
  readonly ignore?: ReadonlySet<string>;
  /** Messages that are held for comparison. Default 10,000; the oldest is dropped, and counted. */
  readonly messagesMax?: number;
  /** Events of one message on one side that are held. Default 10,000. */
  readonly sightingsMax?: number;
}

/**
 * Compares two implementations on copies of the same traffic. It sees and never sends: whoever is live is decided elsewhere.
 * Tell it of each message once, and of each event that reached a recipient on either side.
 */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #traffic = new Map<string, Traffic>();
  #dropped = 0;
  #unattributed = 0;

  constructor(options: ShadowOptions = {}) {
    this.#options = options;
  }

  message(messageId: string, userId: string): void {
    if (this.#traffic.has(messageId)) return;
    const { messagesMax = 10_000 } = this.#options;
    if (this.#traffic.size >= messagesMax) {
      const oldest = this.#traffic.keys().next();
      if (!oldest.done) this.#traffic.delete(oldest.value);
      this.#dropped += 1;
    }
    this.#traffic.set(messageId, { userId, overflowed: false, sides: { old: [], new: [] } });
  }

  /** `recipient`: the user of the connection that got it, not the one it was meant for. */
  saw(side: Side, messageId: string, recipient: string, event: { readonly type: string }): void {
    if (this.#options.ignore?.has(event.type)) return;
    const content = this.#options.content?.(event) ?? "";
    const traffic = this.#traffic.get(messageId);
    if (traffic === undefined) this.#unattributed += 1;
    else if (traffic.sides[side].length >= (this.#options.sightingsMax ?? 10_000)) traffic.overflowed = true;
    else traffic.sides[side].push({ recipient, type: event.type, content });
  }

  report(): ShadowReport {
    const differences: Difference[] = [];
    let [equal, overflowed] = [0, 0];
    for (const [messageId, traffic] of this.#traffic) {
      if (traffic.overflowed) {
        overflowed += 1;
        continue;
      }
      const found = compare(messageId, traffic);
      if (found.length === 0) equal += 1;
      differences.push(...found);
    }
    return {
      messages: this.#traffic.size,
      equal,
      differences,
      dropped: this.#dropped,
      unattributed: this.#unattributed,
      overflowed,
    };
  }
}

function compare(messageId: string, { userId, sides }: Traffic): Difference[] {
  const differences: Difference[] = [];
  for (const side of ["old", "new"] as const) {
    for (const { recipient, type } of sides[side]) {
      if (recipient !== userId) differences.push({ messageId, kind: "leaked", side, recipient, type });
    }
  }
  const recipients = new Set([...sides.old, ...sides.new].map(({ recipient }) => recipient));
  for (const recipient of recipients) {
    const of = (side: Side) => sides[side].filter((sighting) => sighting.recipient === recipient);
    differences.push(...compareSequences(messageId, recipient, of("old"), of("new")));
  }
  return differences;
}

function compareSequences(
  messageId: string,
  recipient: string,
  before: readonly Sighting[],
  after: readonly Sighting[],
): Difference[] {
  const [old, fresh] = [count(before), count(after)];
  const differences: Difference[] = [];
  for (const key of new Set([...old.keys(), ...fresh.keys()])) {
    const [was, is] = [old.get(key)?.number ?? 0, fresh.get(key)?.number ?? 0];
    if (was === is) continue;
    const type = (old.get(key) ?? fresh.get(key))?.type ?? "";
    const kind = is < was ? "lost" : was === 0 ? "added" : "repeated";
    differences.push({ messageId, kind, side: "new", recipient, type });
  }
  // Of what both have, the order counts too, whatever else differs.
  const common = (sightings: readonly Sighting[]) => {
    const left = new Map([...old].map(([key, { number }]) => [key, Math.min(number, fresh.get(key)?.number ?? 0)]));
    return sightings.filter((sighting) => {
      const number = left.get(keyOf(sighting)) ?? 0;
      left.set(keyOf(sighting), number - 1);
      return number > 0;
    });
  };
  const [was, is] = [common(before), common(after)];
  const moved = was.find((sighting, index) => keyOf(sighting) !== keyOf(is[index] ?? sighting));
  if (moved === undefined) return differences;
  return [...differences, { messageId, kind: "reordered", side: "new", recipient, type: moved.type }];
}

function keyOf({ type, content }: Sighting): string {
  return JSON.stringify([type, content]);
}

function count(
  sightings: readonly Sighting[],
): ReadonlyMap<string, { readonly type: string; readonly number: number }> {
  const counts = new Map<string, { type: string; number: number }>();
  for (const sighting of sightings) {
    const entry = counts.get(keyOf(sighting)) ?? { type: sighting.type, number: 0 };
    entry.number += 1;
    counts.set(keyOf(sighting), entry);
  }
  return counts;
}
