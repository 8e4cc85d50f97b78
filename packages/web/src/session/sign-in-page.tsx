import { type FormEvent, useId, useState } from "react";
import { ThemeButton } from "../theme-button.tsx";
import { type Account, signIn, signUp } from "./session.ts";

interface SignInPageProps {
  readonly notice: string | undefined;
  onSignedIn(account: Account): void;
}

export function SignInPage({ notice, onSignedIn }: SignInPageProps) {
  const [isNew, setIsNew] = useState(false);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const errorId = useId();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const credentials = { email: text("email"), password: text("password") };
    setBusy(true);
    setError(undefined);
    try {
      onSignedIn(await (isNew ? signUp({ ...credentials, name: text("name") }) : signIn(credentials)));
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <div className="sign-in-theme">
        <ThemeButton />
      </div>
      <form className="sign-in-card" onSubmit={submit} aria-describedby={error === undefined ? undefined : errorId}>
        <img src="/icon.svg" alt="" width="44" height="44" />
        <h1>Throughline</h1>
        <p className="muted">{isNew ? "Make an account on this server." : "Sign in to your conversations."}</p>
        {notice !== undefined && <p role="status">{notice}</p>}
        {isNew && (
          <label>
            Name
            <input name="name" autoComplete="name" required maxLength={100} />
          </label>
        )}
        <label>
          Email
          <input name="email" type="email" autoComplete="email" required />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autoComplete={isNew ? "new-password" : "current-password"}
            required
            minLength={8}
            maxLength={128}
          />
        </label>
        <p id={errorId} className="form-error" role="alert">
          {error}
        </p>
        <button type="submit" className="primary" disabled={busy}>
          {isNew ? "Create account" : "Sign in"}
        </button>
        <button type="button" className="link-button" onClick={() => setIsNew(!isNew)}>
          {isNew ? "I have an account" : "Create an account"}
        </button>
      </form>
    </main>
  );
}
