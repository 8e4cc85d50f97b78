import type { LimitName } from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";

/**
 * The body of a request, of whatever length it says that it has, or none. Throws `too_large` as soon as more than `bytesMax`
 * have come.
 *
 * @param limit what `bytesMax` is the value of, for the message.
 */
export async function readBody(request: Request, bytesMax: number, limit?: LimitName): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const said = Number(request.headers.get("content-length"));
  if (said > bytesMax) throw tooLarge(bytesMax, limit);
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > bytesMax) throw tooLarge(bytesMax, limit);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(bytesMax: number, limit: LimitName | undefined): CodedError {
  const most = limit === undefined ? `${bytesMax} bytes` : `${limit} ${bytesMax}`;
  return new CodedError("too_large", `unable to read the request; its body exceeds ${most}`);
}
