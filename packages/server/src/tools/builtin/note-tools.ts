import type { Limits } from "@throughline/protocol";
import { z } from "zod";
import { type AnyTool, defineTool } from "../tool.ts";
import type { NoteStore } from "./note-store.ts";

const title = z.string().trim().min(1).max(120);

export function noteTools(notes: NoteStore, limits: Limits): readonly AnyTool[] {
  return [
    defineTool({
      name: "note_save",
      description: "Saves a note of the user under a title; a note with the same title is replaced.",
      input: z.strictObject({ title, text: z.string().max(limits.noteCharactersMax) }),
      output: z.object({ title: z.string(), replaced: z.boolean() }),
      once: "idempotent",
      execute: async (note, { userId, idempotencyKey }) => notes.save(userId, note, idempotencyKey),
    }),
    defineTool({
      name: "note_list",
      description: "Lists the titles of the user's notes.",
      input: z.strictObject({}),
      output: z.object({ titles: z.array(z.string()) }),
      once: "idempotent",
      execute: async (_input, { userId }) => ({ titles: notes.list(userId) }),
    }),
    defineTool({
      name: "note_read",
      description: "Reads a note of the user by its title.",
      input: z.strictObject({ title }),
      output: z.object({ title: z.string(), text: z.string() }),
      once: "idempotent",
      execute: async (input, { userId }) => notes.read(userId, input.title),
    }),
    defineTool({
      name: "note_delete",
      description: "Deletes a note of the user by its title. The user is asked first.",
      input: z.strictObject({ title }),
      output: z.object({ title: z.string() }),
      once: "idempotent",
      // Nothing brings a deleted note back.
      approval: "always",
      execute: async (input, { userId, idempotencyKey }) => notes.delete(userId, input.title, idempotencyKey),
    }),
  ];
}
