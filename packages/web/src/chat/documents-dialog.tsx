import { type ChangeEvent, type RefObject, useCallback, useEffect, useState } from "react";
import { deleteDocument, listDocuments, type StoredDocument, uploadDocument } from "./documents.ts";

/** The user's own documents, which the agent can search. */
export function DocumentsDialog({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  const [documents, setDocuments] = useState<readonly StoredDocument[]>([]);
  const [error, setError] = useState<string>();

  const attempt = useCallback(async (work: () => Promise<void>) => {
    setError(undefined);
    try {
      await work();
      setDocuments(await listDocuments());
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  }, []);
  useEffect(() => void attempt(async () => undefined), [attempt]);

  const upload = (event: ChangeEvent<HTMLInputElement>) => {
    const input = event.currentTarget;
    const files = [...(input.files ?? [])];
    void attempt(async () => {
      for (const file of files) await uploadDocument(file);
    }).finally(() => {
      input.value = "";
    });
  };

  return (
    <dialog ref={dialog} className="dialog documents" aria-label="Documents">
      <h2>Documents</h2>
      <p className="muted">Text and Markdown files that the agent can search for you. Nobody else can.</p>
      {error !== undefined && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
      <ul>
        {documents.map(({ name, bytes }) => (
          <li key={name}>
            <span>{name}</span>
            <span className="muted">{Math.ceil(bytes / 1_024)} KiB</span>
            <button
              type="button"
              className="icon-button"
              aria-label={`Remove ${name}`}
              onClick={() => void attempt(() => deleteDocument(name))}
            >
              <span aria-hidden="true">✕</span>
            </button>
          </li>
        ))}
      </ul>
      <div className="dialog-actions">
        <label className="file-button">
          Add files
          <input type="file" accept=".txt,.md,text/plain,text/markdown" multiple onChange={upload} />
        </label>
        <button type="button" className="primary" onClick={() => dialog.current?.close()}>
          Done
        </button>
      </div>
    </dialog>
  );
}
