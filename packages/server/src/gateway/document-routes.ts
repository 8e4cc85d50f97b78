import { CodedError } from "../base/coded-error.ts";
import type { DocumentStore } from "../tools/builtin/document-store.ts";
import type { UserRoute } from "./http-app.ts";
import { readBody } from "./read-body.ts";

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
        const text = readText(await readBody(request, documentBytesMax, "documentBytesMax"));
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

function readText(body: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new CodedError("invalid_data", "unable to store the document; it is not UTF-8 text");
  }
}
