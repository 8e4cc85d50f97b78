import { useCallback, useEffect, useState } from "react";
import { ChatPage } from "./chat/chat-page.tsx";
import { type Account, readSession } from "./session/session.ts";
import { SignInPage } from "./session/sign-in-page.tsx";

type SessionState =
  | { readonly kind: "unknown" }
  | { readonly kind: "signed-out"; readonly notice?: string }
  | { readonly kind: "signed-in"; readonly account: Account }
  | { readonly kind: "unreachable" };

const retryDelayMs = 2_000;

export function App() {
  const [session, setSession] = useState<SessionState>({ kind: "unknown" });

  useEffect(() => {
    if (session.kind !== "unknown" && session.kind !== "unreachable") return;
    const read = () => {
      readSession().then(
        (account) => setSession(account === undefined ? { kind: "signed-out" } : { kind: "signed-in", account }),
        () => setSession({ kind: "unreachable" }),
      );
    };
    const timer = setTimeout(read, session.kind === "unknown" ? 0 : retryDelayMs);
    return () => clearTimeout(timer);
  }, [session]);

  const onSignedIn = useCallback((account: Account) => setSession({ kind: "signed-in", account }), []);
  const onSignedOut = useCallback((notice?: string) => {
    setSession({ kind: "signed-out", ...(notice === undefined ? {} : { notice }) });
  }, []);

  switch (session.kind) {
    case "unknown":
      return <p className="page-notice late">Loading …</p>;
    case "unreachable":
      return (
        <p className="page-notice" role="status">
          The server cannot be reached. Trying again …
        </p>
      );
    case "signed-out":
      return <SignInPage notice={session.notice} onSignedIn={onSignedIn} />;
    case "signed-in":
      return <ChatPage key={session.account.id} account={session.account} onSignedOut={onSignedOut} />;
  }
}
