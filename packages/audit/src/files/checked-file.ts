import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  read,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";

/** Enough for a title and a checksum; a multiple of four, so that numbers may follow. */
export const headerBytes = 128;

/** What `writeCheckedFile` wrote under this title; undefined when it is missing, damaged or somebody else's. */
export function readCheckedFile(path: string, title: string): Buffer<ArrayBuffer> | undefined {
  try {
    return checkedBody(readFileSync(path), title);
  } catch {
    return undefined;
  }
}

/** The file as it is, for `checkedBody`: read in one go by another thread while this one goes on; undefined when it cannot be read. */
export function readLater(path: string): Promise<Buffer<ArrayBuffer> | undefined> {
  return new Promise((resolve) => {
    let file: number | undefined;
    const end = (content: Buffer<ArrayBuffer> | undefined) => {
      if (file !== undefined) closeSync(file);
      resolve(content);
    };
    try {
      file = openSync(path, "r");
      const content = Buffer.allocUnsafeSlow(fstatSync(file).size);
      read(file, content, 0, content.length, 0, (error, bytes) => {
        end(error === null ? content.subarray(0, bytes) : undefined);
      });
    } catch {
      end(undefined);
    }
  });
}

/** What is in the whole of a file, if it is undamaged and was written under this title. */
export function checkedBody(content: Buffer<ArrayBuffer>, title: string): Buffer<ArrayBuffer> | undefined {
  const body = content.subarray(headerBytes);
  return content.toString("latin1", 0, headerBytes) === headerOf(title, crc32(body)) ? body : undefined;
}

/**
 * Replaces the file in one step. Returns its header, which tells it from others; undefined when it cannot be written: a cache only saves
 * time, so that is no failure.
 */
export function writeCheckedFile(path: string, title: string, parts: readonly Uint8Array[]): string | undefined {
  // A name of its own: two runs may write at once, and whoever renames last wins with a whole file.
  const unfinished = `${path}.${process.pid}.${Date.now()}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch {
    // Read-only folders are common in builds.
    return undefined;
  }
  try {
    const checksum = parts.reduce((sum, part) => crc32(part, sum), 0);
    const header = headerOf(title, checksum);
    writeFileSync(unfinished, Buffer.concat([Buffer.from(header, "latin1"), ...parts]));
    renameSync(unfinished, path);
    return header;
  } catch {
    rmSync(unfinished, { force: true });
    return undefined;
  }
}

function headerOf(title: string, checksum: number): string {
  return `${title} ${checksum.toString(16)}`.padEnd(headerBytes - 1).concat("\n");
}
