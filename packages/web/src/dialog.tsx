import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";

interface DialogProps {
  readonly label: string;
  /**
   * Comes after the dialog has closed and the focus is back where it was. `answer`: the value of the button that closed it;
   * empty when it was closed in another way.
   */
  onClose(answer: string): void;
  readonly children: ReactNode;
}

/** A modal dialog, open from when it is rendered. Forms with `method="dialog"` close it, and so does Escape. */
export function Dialog({ label, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  // The dialog has no padding of its own, so a click on the element itself is one beside its content.
  const closeBeside = (event: MouseEvent) => {
    if (event.target === dialog.current) dialog.current?.close();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has Escape
    <dialog
      ref={dialog}
      className="dialog"
      aria-label={label}
      onClose={(event) => onClose(event.currentTarget.returnValue)}
      onClick={closeBeside}
    >
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
