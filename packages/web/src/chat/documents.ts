import type { Problem } from "@throughline/protocol";

export interface StoredDocument {
  readonly name: string;
  readonly bytes: number;
  readonly uploadedAt: string;
}

/** Undefined where the server's agent keeps no documents. */
export async function listDocuments(): Promise<readonly StoredDocument[] | undefined> {
  const response = await fetch("/v1/documents");
  if (response.status === 404) return undefined;
  const { documents } = (await accepted(response)) as { documents: readonly StoredDocument[] };
  return documents;
}

export async function uploadDocument(file: File): Promise<void> {
  const type = /\.(md|markdown)$/i.test(file.name) ? "text/markdown" : "text/plain";
  await accepted(await fetch(pathOf(file.name), { method: "PUT", headers: { "content-type": type }, body: file }));
}

export async function deleteDocument(name: string): Promise<void> {
  await accepted(await fetch(pathOf(name), { method: "DELETE" }));
}

function pathOf(name: string): string {
  return `/v1/documents/${encodeURIComponent(name)}`;
}

async function accepted(response: Response): Promise<unknown> {
  const body: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (response.ok) return body;
  throw new Error((body as Problem | undefined)?.detail ?? `The server says ${response.status}.`);
}
