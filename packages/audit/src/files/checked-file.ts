import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";

/** Enough for a title and a checksum; a multiple of four, so that numbers may follow. */
const headerBytes = 128;

/** What `writeCheckedFile` wrote under this title; undefined when it is missing, damaged or somebody else's. */
export function readCheckedFile(path: string, title: string): Buffer<ArrayBuffer> | undefined {
  let content: Buffer<ArrayBuffer>;
  try {
    content = readFileSync(path);
  } catch {
    return undefined;
  }
  const body = content.subarray(headerBytes);
  return content.toString("latin1", 0, headerBytes) === headerOf(title, crc32(body)) ? body : undefined;
}

/** Replaces the file in one step. A cache that cannot be written only costs time, so that is no failure. */
export function writeCheckedFile(path: string, title: string, parts: readonly Uint8Array[]): void {
  // A name of its own: two runs may write at once, and whoever renames last wins with a whole file.
  const unfinished = `${path}.${process.pid}.${Date.now()}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch {
    // Read-only folders are common in builds.
    return;
  }
  try {
    const checksum = parts.reduce((sum, part) => crc32(part, sum), 0);
    writeFileSync(unfinished, Buffer.concat([Buffer.from(headerOf(title, checksum), "latin1"), ...parts]));
    renameSync(unfinished, path);
  } catch {
    rmSync(unfinished, { force: true });
  }
}

function headerOf(title: string, checksum: number): string {
  return `${title} ${checksum.toString(16)}`.padEnd(headerBytes - 1).concat("\n");
}
