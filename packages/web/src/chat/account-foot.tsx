import { useState } from "react";
import { Icon } from "../icon.tsx";
import type { Account } from "../session/session.ts";
import { DocumentsDialog } from "./documents-dialog.tsx";

interface AccountFootProps {
  readonly account: Account;
  onSignOut(): void;
}

export function AccountFoot({ account, onSignOut }: AccountFootProps) {
  const [showsDocuments, setShowsDocuments] = useState(false);
  return (
    <footer className="sidebar-foot">
      <button type="button" className="row-button" onClick={() => setShowsDocuments(true)}>
        <Icon name="file" />
        Documents
      </button>
      <div className="account">
        <span className="account-initial" aria-hidden="true">
          {(Array.from(account.name)[0] ?? "?").toUpperCase()}
        </span>
        <span className="account-name" title={account.email}>
          {account.name}
        </span>
        <button type="button" className="quiet-button" onClick={onSignOut}>
          <Icon name="sign-out" />
          Sign out
        </button>
      </div>
      {showsDocuments && <DocumentsDialog onClose={() => setShowsDocuments(false)} />}
    </footer>
  );
}
