import { type ChangeEvent, useCallback, useEffect, useState } from "react";
import { Dialog } from "../dialog.tsx";
import { DocumentItem } from "./document-item.tsx";
import { deleteDocument, listDocuments, type StoredDocument, uploadDocument } from "./documents.ts";

type DocumentsState = "loading" | "absent" | readonly StoredDocument[];

/** The user's own documents, which the agent can search. */
export function DocumentsDialog({ onClose }: { onClose(): void }) {
  const [documents, setDocuments] = useState<DocumentsState>("loading");
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<string>();

  const attempt = useCallback(async (doing: string, work: () => Promise<void>) => {
    setBusy(doing);
    setError(undefined);
    try {
      await work();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
    try {
      setDocuments((await listDocuments()) ?? "absent");
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
    setBusy(undefined);
  }, []);
  useEffect(() => void attempt("Loading …", async () => undefined), [attempt]);

  const upload = (event: ChangeEvent<HTMLInputElement>) => {
    const files = [...(event.currentTarget.files ?? [])];
    event.currentTarget.value = "";
    void attempt(`Storing ${files.map(({ name }) => name).join(", ")} …`, async () => {
      for (const file of files) await uploadDocument(file);
    });
  };
  const remove = (name: string) => void attempt(`Deleting ${name} …`, () => deleteDocument(name));

  return (
    <Dialog label="Documents" onClose={onClose}>
      <h2>Documents</h2>
      <p className="muted">Text and Markdown files that the agent can search for you, and for nobody else.</p>
      {documents === "absent" && <p className="callout">The agent of this server keeps no documents.</p>}
      {typeof documents === "object" && documents.length === 0 && (
        <p className="callout">None yet. Add one, then ask: “search my documents for invoice”.</p>
      )}
      {typeof documents === "object" && documents.length > 0 && (
        <ul className="documents">
          {documents.map((document) => (
            <DocumentItem
              key={document.name}
              document={document}
              disabled={busy !== undefined}
              onDelete={() => remove(document.name)}
            />
          ))}
        </ul>
      )}
      <p className="muted" role="status">
        {busy}
      </p>
      <p className="form-error" role="alert">
        {error}
      </p>
      <form method="dialog" className="dialog-actions">
        <button type="submit" className="primary">
          Done
        </button>
        {documents !== "absent" && (
          <label className="file-button">
            Add files
            <input
              type="file"
              accept=".txt,.md,.markdown,text/plain,text/markdown"
              multiple
              disabled={busy !== undefined}
              onChange={upload}
            />
          </label>
        )}
      </form>
    </Dialog>
  );
}
