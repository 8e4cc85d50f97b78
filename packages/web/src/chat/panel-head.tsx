import { Icon } from "../icon.tsx";
import { ConnectionIndicator } from "./connection-indicator.tsx";
import { sidebarId } from "./sidebar-id.ts";
import type { Model } from "./use-model.ts";

interface PanelHeadProps {
  readonly title: string;
  readonly model: Model | undefined;
}

export function PanelHead({ title, model }: PanelHeadProps) {
  return (
    <header className="panel-head">
      <button
        type="button"
        className="icon-button drawer-button"
        aria-label="Show conversations"
        popoverTarget={sidebarId}
      >
        <Icon name="menu" />
      </button>
      <div className="panel-title">
        <h1 className="clipped" title={title}>
          {title}
        </h1>
        <p className="model-line clipped" title={model?.description}>
          {model?.description}
        </p>
      </div>
      <ConnectionIndicator />
    </header>
  );
}
