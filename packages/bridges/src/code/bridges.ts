import { BridgeRefusal } from "./bridge-refusal.ts";
import { callSite } from "./call-site.ts";
import type { Outcome } from "./outcome.ts";

/** One place in older code that is still served, who removes it, and until when. */
export interface BridgeEntry {
  /** Who is asked when it is still there. */
  readonly owner: string;
  /** Last day, `YYYY-MM-DD` in UTC. */
  readonly until: string;
  /** What it stands in for: a module, class or file of the older code. */
  readonly replaces: string;
}

/** Adds one to a counter of `/metrics`; `ThroughlineServer.count` is one. */
export type Count = (name: string, description: string, labels: Readonly<Record<string, string>>) => void;

/** Labels besides those of the bridge: `site`, where the older code is, and `outcome`. */
export const callsMetric = { name: "bridge_calls", description: "Calls of older code that went through a bridge" };

/** Call sites that are told apart; more are counted together, because labels must not grow. */
const sitesMax = 500;

/**
 * The bridges of a program, in one place in code, where a build can look at them: `throughline doctor --bridges <file>`
 * fails from the day after a bridge's last.
 */
export class Bridges {
  readonly entries: Readonly<Record<string, BridgeEntry>>;
  readonly #now: () => Date;
  readonly #sites = new Set<string>();
  #count: Count = () => undefined;

  constructor(entries: Readonly<Record<string, BridgeEntry>>, now: () => Date) {
    this.entries = entries;
    this.#now = now;
  }

  /** Counts uses from here on. */
  report(count: Count): void {
    this.#count = count;
  }

  /** Names of the bridges whose last day is over. */
  expired(): readonly string[] {
    const today = this.#now().toISOString().slice(0, 10);
    return Object.keys(this.entries).filter((name) => (this.entries[name] as BridgeEntry).until < today);
  }

  /**
   * For the constructors of bridges. Throws a `BridgeRefusal` when there is no such bridge. One whose last day is over still
   * opens: it is a build that has to fail, not a restart at night.
   */
  open(name: string): OpenBridge {
    const entry = Object.hasOwn(this.entries, name) ? this.entries[name] : undefined;
    if (entry === undefined) {
      const known = Object.keys(this.entries).join(", ");
      throw new BridgeRefusal(
        "owned_elsewhere",
        `unable to open bridge ${name}; it is not declared`,
        `declared are: ${known}`,
      );
    }
    const { owner, until } = entry;
    const labels = { bridge: name, owner, until };
    return {
      labels,
      call: () => {
        // Now, because after the first `await` the caller is no longer on the stack.
        const site = this.#siteLabel(callSite());
        return (outcome) => {
          this.#count(callsMetric.name, callsMetric.description, { ...labels, site, outcome });
        };
      },
    };
  }

  #siteLabel(site: string): string {
    if (this.#sites.has(site)) return site;
    if (this.#sites.size >= sitesMax) return "other";
    this.#sites.add(site);
    return site;
  }
}

/** Counts a call, by the place in the older code that made it. */
export type Used = (outcome: Outcome["kind"]) => void;

/** A bridge that may be used. */
export interface OpenBridge {
  /** Of the metric that counts its uses. */
  readonly labels: { readonly bridge: string; readonly owner: string; readonly until: string };
  /** At the beginning of each call of older code; what it returns counts the call once it is known how it ended. */
  call(): Used;
}

const datePattern = /^\d{4}-\d{2}-\d{2}$/;

/** Declares the bridges of a program. Throws a `TypeError` for an entry without an owner, or a date that is none. */
export function defineBridges(
  entries: Readonly<Record<string, BridgeEntry>>,
  now: () => Date = () => new Date(),
): Bridges {
  for (const [name, { owner, until, replaces }] of Object.entries(entries)) {
    if (owner === "" || replaces === "")
      throw new TypeError(`unable to define bridge ${name}; it needs an owner and what it replaces`);
    if (!datePattern.test(until) || Number.isNaN(Date.parse(until))) {
      throw new TypeError(`unable to define bridge ${name}; until "${until}" is no date YYYY-MM-DD`);
    }
  }
  return new Bridges(entries, now);
}
