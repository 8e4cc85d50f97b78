import { checkedBody, headerBytes, writeCheckedFile } from "./checked-file.ts";

type Part = Buffer<ArrayBuffer>;

/** An index, and what lies behind it, to be taken in the order in which it was written. */
export interface Parts<Index> {
  readonly index: Index;
  /** Tells this writing of the file from all others. */
  readonly id: string;
  next(bytes: number): Part;
}

const alignment = 4;

/** Parts where numbers may lie in a checked file, behind an index of them; its id, or undefined when it could not be written. */
export function writeParts(
  path: string,
  title: string,
  index: unknown,
  parts: readonly ArrayBufferView<ArrayBuffer>[],
): string | undefined {
  const text = Buffer.from(JSON.stringify(index));
  const padded = Buffer.alloc(aligned(text.length + 1), " ");
  text.copy(padded);
  padded[padded.length - 1] = 0x0a;
  const header = writeCheckedFile(path, title, [padded, ...parts.map(bytesOf).flatMap(padding)]);
  return header === undefined ? undefined : idOf(header);
}

/** Title and checksum. */
function idOf(header: string): string {
  return header.trimEnd();
}

/** Undefined when it is damaged or was written under another title. */
export function partsOf<Index>(content: Buffer<ArrayBuffer>, title: string): Parts<Index> | undefined {
  const body = checkedBody(content, title);
  if (body === undefined) return undefined;
  let at = body.indexOf("\n") + 1;
  return {
    index: JSON.parse(body.toString("utf8", 0, at)) as Index,
    id: idOf(content.toString("latin1", 0, headerBytes)),
    next(bytes) {
      const part = body.subarray(at, at + bytes);
      at += aligned(bytes);
      return part;
    },
  };
}

export function numbersIn({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  return new Int32Array(buffer, byteOffset, byteLength / Int32Array.BYTES_PER_ELEMENT);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function aligned(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

/** A part, and what is between it and the next. */
function padding(part: Uint8Array): readonly Uint8Array[] {
  const rest = aligned(part.length) - part.length;
  return rest === 0 ? [part] : [part, new Uint8Array(rest)];
}
