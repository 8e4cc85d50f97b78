/**
 * Looks for a planted bug in a process that has it: the first seed whose history breaks the invariant that the bug breaks.
 * In a worker thread, because a module is loaded once for each.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { PlantedBug } from "./planted-bugs.ts";

export interface Hunt {
  readonly bug: PlantedBug;
  readonly from: number;
  readonly through: number;
}

/** Undefined: nothing was found. */
export type Prey = { readonly seed: number; readonly rule: string; readonly message: string } | undefined;

const packages = new URL("../../../packages/", import.meta.url);

/**
 * From now on these files are loaded as the bug has them. Throws when a text is not there exactly once; returns what tells
 * which of the files nobody has loaded.
 */
function plant({ name, edits }: PlantedBug): () => readonly string[] {
  const sources = new Map<string, string>();
  for (const { file, text, replacement } of edits) {
    const url = new URL(file, packages).href;
    const source = sources.get(url) ?? readFileSync(new URL(url), "utf8");
    const places = source.split(text).length - 1;
    if (places !== 1) throw new Error(`unable to plant "${name}"; its text occurs ${places} times in ${file}`);
    sources.set(
      url,
      source.replace(text, () => replacement),
    );
  }
  const planted = new Set<string>();
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const source = sources.get(url);
      if (source === undefined) return loaded;
      planted.add(url);
      return { ...loaded, source };
    },
  });
  return () => [...sources.keys()].filter((url) => !planted.has(url));
}

async function hunt({ bug, from, through }: Hunt): Promise<Prey> {
  const unplanted = plant(bug);
  const { judge } = await import("../judge.ts");
  const { planOf } = await import("../plan.ts");
  if (unplanted().length > 0) throw new Error(`unable to plant "${bug.name}"; nobody loads ${unplanted().join(", ")}`);
  for (let seed = from; seed <= through; seed += 1) {
    const { findings } = await judge(planOf(seed));
    const found = findings.find(({ invariant }) => invariant === bug.invariant);
    if (found !== undefined) return { seed, rule: found.rule, message: found.message };
  }
  return undefined;
}

parentPort?.postMessage(await hunt(workerData as Hunt));
