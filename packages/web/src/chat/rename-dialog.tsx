import { useClient } from "@throughline/client/react";
import { useRef } from "react";
import { Dialog } from "../dialog.tsx";

interface RenameDialogProps {
  readonly title: string;
  /** Undefined: it keeps its title. */
  onAnswer(title: string | undefined): void;
}

export function RenameDialog({ title, onAnswer }: RenameDialogProps) {
  const titleCharactersMax = useClient().limits?.titleCharactersMax;
  const field = useRef<HTMLInputElement>(null);
  const close = (answer: string) => {
    const text = field.current?.value.trim() ?? "";
    onAnswer(answer === "rename" && text !== "" && text !== title ? text : undefined);
  };
  return (
    <Dialog label="Rename the conversation" onClose={close}>
      <form method="dialog">
        <label className="field">
          Title
          <input
            ref={field}
            defaultValue={title}
            maxLength={titleCharactersMax}
            required
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
        <div className="dialog-actions">
          <button type="submit" className="primary" value="rename">
            Rename
          </button>
          <button type="submit" formNoValidate>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
