import { join } from "node:path";
import { readLater } from "./checked-file.ts";
import { pathsIn } from "./list-files.ts";

type Content = Promise<Buffer<ArrayBuffer> | undefined>;

/** What takes its time outside of this thread: whoever has other things to do begins it first. */
export interface Begun {
  /** Of one root. */
  readonly paths: Promise<readonly string[]>;
  /** Files of one cache, unless nothing is kept. */
  readonly facts: Content;
  readonly program: Content;
}

export function begin(root: string, { cacheFolder }: { readonly cacheFolder?: string }): Begun {
  const paths = pathsIn(root);
  // Not before git is done, which is needed first. Whoever wants no paths after all is told of no failure either.
  const reading = paths
    .catch(() => undefined)
    .then(() => (cacheFolder === undefined ? undefined : beginReading(cacheFolder)));
  return { paths, facts: reading.then((begun) => begun?.facts), program: reading.then((begun) => begun?.program) };
}

export function beginReading(cacheFolder: string): Pick<Begun, "facts" | "program"> {
  return { facts: readLater(factsFile(cacheFolder)), program: readLater(programFile(cacheFolder)) };
}

export function factsFile(cacheFolder: string): string {
  return join(cacheFolder, "facts.bin");
}

export function programFile(cacheFolder: string): string {
  return join(cacheFolder, "program.bin");
}
