import { useState } from "react";
import { Icon } from "../icon.tsx";
import type { StoredDocument } from "./documents.ts";

interface DocumentItemProps {
  readonly document: StoredDocument;
  readonly disabled: boolean;
  onDelete(): void;
}

export function DocumentItem({ document, disabled, onDelete }: DocumentItemProps) {
  const [asks, setAsks] = useState(false);
  const { name, bytes, uploadedAt } = document;
  return (
    <li data-document={name}>
      <Icon name="file" />
      <span className="document-name">
        {name}
        <span className="muted">
          {Math.ceil(bytes / 1_024)} KiB, {new Date(uploadedAt).toLocaleDateString()}
        </span>
      </span>
      {asks ? (
        <>
          <button type="button" className="danger" disabled={disabled} onClick={onDelete}>
            Delete
          </button>
          {/* biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed */}
          <button type="button" autoFocus onClick={() => setAsks(false)}>
            Keep
          </button>
        </>
      ) : (
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete ${name}`}
          title="Delete"
          disabled={disabled}
          onClick={() => setAsks(true)}
        >
          <Icon name="trash" />
        </button>
      )}
    </li>
  );
}
