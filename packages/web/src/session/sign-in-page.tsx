import { type FormEvent, useId, useRef, useState } from "react";
import { ThemeButton } from "../theme-button.tsx";
import { type Account, signIn, signUp } from "./session.ts";

interface SignInPageProps {
  readonly notice: string | undefined;
  onSignedIn(account: Account): void;
}

const passwordCharactersMin = 8;

export function SignInPage({ notice, onSignedIn }: SignInPageProps) {
  const [isNew, setIsNew] = useState(false);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  const errorId = useId();
  const hintId = useId();

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
      email.current?.focus();
    }
  };
  const change = () => {
    setIsNew(!isNew);
    setError(undefined);
  };

  return (
    <main className="sign-in">
      <title>{isNew ? "Create an account · Throughline" : "Sign in · Throughline"}</title>
      <div className="sign-in-theme">
        <ThemeButton />
      </div>
      <form className="sign-in-card" onSubmit={submit} aria-describedby={error === undefined ? undefined : errorId}>
        <header>
          <img src="/icon.svg" alt="" width="40" height="40" />
          <h1>Throughline</h1>
          <p className="muted">{isNew ? "Make an account on this server." : "Sign in to your conversations."}</p>
        </header>
        {notice !== undefined && (
          <p className="callout" role="status">
            {notice}
          </p>
        )}
        {isNew && (
          <label className="field">
            Name
            <input name="name" autoComplete="name" required maxLength={100} />
          </label>
        )}
        <label className="field">
          Email
          <input ref={email} name="email" type="email" autoComplete="email" required />
        </label>
        <label className="field">
          Password
          <input
            name="password"
            type="password"
            autoComplete={isNew ? "new-password" : "current-password"}
            required
            minLength={isNew ? passwordCharactersMin : undefined}
            maxLength={128}
            aria-describedby={isNew ? hintId : undefined}
          />
        </label>
        {isNew && (
          <p id={hintId} className="field-hint">
            At least {passwordCharactersMin} characters.
          </p>
        )}
        <p id={errorId} className="form-error" role="alert">
          {error}
        </p>
        <button type="submit" className="primary" disabled={busy}>
          {isNew ? "Create account" : "Sign in"}
        </button>
        <button type="button" className="link-button" onClick={change}>
          {isNew ? "I have an account" : "Create an account"}
        </button>
      </form>
    </main>
  );
}
