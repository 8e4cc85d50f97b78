import { z } from "zod";
import { type AnyTool, defineTool, ToolFailure } from "../tool.ts";
import type { DocumentStore } from "./document-store.ts";

const matchesMax = 20;
const matchesDefault = 5;
/** Of a document that is read whole; more would fill a model's memory with one call. */
const readCharactersMax = 40_000;

export function documentTools(documents: DocumentStore): readonly AnyTool[] {
  return [
    defineTool({
      name: "search_documents",
      description: "Searches the documents that the user has uploaded for passages with all the given words.",
      input: z.strictObject({
        query: z.string().min(1).max(200),
        limit: z.int().min(1).max(matchesMax).optional(),
      }),
      output: z.object({ matches: z.array(z.object({ name: z.string(), passage: z.string() })) }),
      once: "idempotent",
      async execute({ query, limit }, { userId }) {
        return { matches: documents.search(userId, query, limit ?? matchesDefault) };
      },
    }),
    defineTool({
      name: "read_document",
      description: "Reads a document that the user has uploaded, by its name.",
      input: z.strictObject({ name: z.string().min(1).max(120) }),
      output: z.object({ name: z.string(), text: z.string(), truncated: z.boolean() }),
      once: "idempotent",
      async execute({ name }, { userId }) {
        const text = documents.read(userId, name);
        if (text === undefined) throw new ToolFailure(`unable to find a document "${name}"`);
        return { name, text: text.slice(0, readCharactersMax), truncated: text.length > readCharactersMax };
      },
    }),
  ];
}
