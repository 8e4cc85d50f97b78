import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Bridges } from "@throughline/bridges";
import { UsageError } from "./exit.ts";

/** What `throughline doctor --bridges` says of one bridge. */
export interface BridgeFinding {
  readonly name: string;
  readonly owner: string;
  readonly until: string;
  readonly replaces: string;
  readonly expired: boolean;
  /** Calls since the server started, by call site; undefined: no server was asked. */
  readonly sites: Readonly<Record<string, number>> | undefined;
}

/** Rejects with a `UsageError` when the file declares no bridges, or the server does not answer. */
export async function inspectBridges(file: string, url: string | undefined): Promise<readonly BridgeFinding[]> {
  const bridges = await readBridges(file);
  const uses = url === undefined ? undefined : await readUses(url);
  const expired = new Set(bridges.expired());
  return Object.entries(bridges.entries).map(([name, entry]) => ({
    name,
    ...entry,
    expired: expired.has(name),
    sites:
      uses && Object.fromEntries(uses.filter((use) => use.bridge === name).map(({ site, count }) => [site, count])),
  }));
}

async function readBridges(file: string): Promise<Bridges> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`unable to read the bridges; there is no file ${file}`);
  const loaded: { readonly bridges?: unknown; readonly default?: unknown } = await import(pathToFileURL(path).href);
  const bridges = loaded.bridges ?? loaded.default;
  if (bridges instanceof Bridges) return bridges;
  throw new UsageError(
    `unable to read the bridges; ${file} exports none as \`bridges\`; make them with \`defineBridges\``,
  );
}

interface Use {
  readonly bridge: string;
  readonly site: string;
  readonly count: number;
}

const linePattern = /^(?:throughline_)?bridge_calls(?:_total)?\{([^}]*)\} (\d+(?:\.\d+)?)/;
const labelPattern = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Out of the Prometheus text of a running server. */
async function readUses(url: string): Promise<readonly Use[]> {
  const response = await fetch(new URL("/metrics", url)).catch((error: Error) => {
    throw new UsageError(`unable to ask ${url}; ${error.message}`);
  });
  if (!response.ok) throw new UsageError(`unable to ask ${url}; it says ${response.status}`);
  const sums = new Map<string, Use>();
  for (const line of (await response.text()).split("\n")) {
    const match = linePattern.exec(line);
    if (match === null) continue;
    const labels = Object.fromEntries(
      [...(match[1] as string).matchAll(labelPattern)].map(([, name, value]) => [name, value]),
    );
    const { bridge = "", site = "" } = labels;
    const key = `${bridge} ${site}`;
    sums.set(key, { bridge, site, count: (sums.get(key)?.count ?? 0) + Number(match[2]) });
  }
  return [...sums.values()].sort((left, right) => right.count - left.count || (left.site < right.site ? -1 : 1));
}

/** Lines for people: each bridge, then the call sites that are left. */
export function bridgeLines(findings: readonly BridgeFinding[]): readonly string[] {
  return findings.flatMap(({ name, owner, until, replaces, expired, sites }) => {
    const head = `${expired ? "EXPIRED" : "ok     "}  ${name}  until ${until}, owner ${owner}, replaces ${replaces}`;
    if (sites === undefined) return [head];
    const left = Object.entries(sites);
    if (left.length === 0) return [head, "           no call since the server started"];
    return [head, ...left.map(([site, count]) => `           ${count} × ${site}`)];
  });
}
