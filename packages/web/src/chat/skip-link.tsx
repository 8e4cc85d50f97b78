export const composerId = "composer";

/** The first thing that the keyboard reaches. A button, for a link would take the place of the thread in the address. */
export function SkipLink() {
  return (
    <button type="button" className="skip-link" onClick={() => document.getElementById(composerId)?.focus()}>
      Skip to the message field
    </button>
  );
}
