import { CodedError } from "../base/coded-error.ts";
import type { DocumentStore } from "../tools/builtin/document-store.ts";
import type { UserRoute } from "./http-app.ts";

const textTypes = /^text\/(plain|markdown)\b/;

/** Upload, list and removal of the documents that the default agent searches for their owner. */
export function documentRoutes(documents: DocumentStore, documentBytesMax: number): readonly UserRoute[] {
  return [
    {
      method: "GET",
      path: "/v1/documents",
      handle: async (identity) => Response.json({ documents: documents.list(identity.userId) }),
    },
    {
      method: "PUT",
      path: "/v1/documents/:name",
      async handle(identity, request, { name = "" }) {
        if (!textTypes.test(request.headers.get("content-type") ?? "")) {
          throw new CodedError("invalid_data", "unable to store the document; it must be text/plain or text/markdown");
        }
        const text = await readText(request, documentBytesMax);
        return Response.json(documents.put(identity.userId, name, text));
      },
    },
    {
      method: "DELETE",
      path: "/v1/documents/:name",
      async handle(identity, _request, { name = "" }) {
        if (documents.delete(identity.userId, name)) return new Response(null, { status: 204 });
        throw new CodedError("not_found", "unable to find a document of this name");
      },
    },
  ];
}

/** The body as UTF-8; refused as soon as it is larger than `bytesMax`, or when it is not UTF-8. */
async function readText(request: Request, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > bytesMax) {
      throw new CodedError("too_large", `unable to store the document; it exceeds documentBytesMax ${bytesMax}`);
    }
    parts.push(part);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    throw new CodedError("invalid_data", "unable to store the document; it is not UTF-8 text");
  }
}
